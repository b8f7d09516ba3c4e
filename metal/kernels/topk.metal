// topk: the indices of the k largest numbers of each row of x [N, C], as y [N, K]: the largest first, of equals the first, and -1 where none
// is left. Each thread knows the best of its own numbers that is not in y yet; whoever had the best of all looks for its next.
struct TopK {
  uint n, c, k;
};

// Best is a number and its index, c where there is none.
struct Best {
  float v;
  uint i;
};

// after is the best of a thread's numbers that come after the last.
template <typename T>
Best after(Best last, device const T* x, uint c, Team<true> team) {
  Best best = {LOWEST, c};
  for (uint i = team.begin; i < c; i += team.stride) {
    const float4 v = load4(x, i, c, LOWEST);
    for (uint k = 0; k < 4; k++) {
      const bool later = v[k] < last.v || (v[k] == last.v && i + k > last.i);
      if (later && v[k] > best.v) {
        best.v = v[k];
        best.i = i + k;
      }
    }
  }
  return best;
}

template <typename T>
[[kernel]] void topk(
    device const T* x [[buffer(0)]],
    device int* y [[buffer(1)]],
    constant TopK& p [[buffer(2)]],
    TEAM_PARAMETERS) {
  threadgroup float tops[SIMD];
  threadgroup uint firsts[SIMD];
  Team<true> team(group, lane, simd, simds);
  x += size_t(team.row) * p.c;
  y += size_t(team.row) * p.k;
  Best best = {-LOWEST, 0};
  best = after(best, x, p.c, team);
  for (uint k = 0; k < p.k; k++) {
    const float top = team.top(best.v, tops);
    const uint first = team.least(best.v == top ? best.i : p.c, firsts);
    if (team.first()) {
      y[k] = first < p.c ? int(first) : -1;
    }
    if (best.i == first) {
      best = after(best, x, p.c, team);
    }
  }
}
INSTANTIATE_FLOAT("topk", topk)
