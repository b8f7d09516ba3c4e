// masked_softmax: softmax of each row of x [N, C] over the columns that query row mod queries attends to, and 0 elsewhere: the last window
// (0: all) of the first length positions of its sequence of M, none if the sequence is negative.
struct MaskedSoftmax {
  uint n, c, queries, m, window;
};

// mask puts instead into the numbers i to i+3 that lie outside columns begin to end.
inline float4 mask(float4 v, uint i, uint begin, uint end, float instead) {
  for (uint k = 0; k < 4; k++) {
    v[k] = i + k >= begin && i + k < end ? v[k] : instead;
  }
  return v;
}

template <typename T, bool wide>
[[kernel]] void masked_softmax(
    device const T* x [[buffer(0)]],
    device const int* seq [[buffer(1)]],
    device const int* length [[buffer(2)]],
    device T* y [[buffer(3)]],
    constant MaskedSoftmax& p [[buffer(4)]],
    TEAM_PARAMETERS) {
  threadgroup float tops[SIMD];
  threadgroup float sums[SIMD];
  Team<wide> team(group, lane, simd, simds);
  if (team.row >= p.n) {
    return;
  }
  const uint query = team.row % p.queries;
  const uint last = uint(length[query]);
  const uint first = p.window > 0 && last > p.window ? last - p.window : 0;
  const uint base = uint(seq[query]) * p.m; // of no sequence, it lies past all columns
  x += size_t(team.row) * p.c;
  y += size_t(team.row) * p.c;
  Peak peak;
  for (uint i = team.begin; i < p.c; i += team.stride) {
    peak.take(mask(load4(x, i, p.c), i, base + first, base + last, LOWEST));
  }
  peak.gather(team, tops, sums);
  for (uint i = team.begin; i < p.c; i += team.stride) {
    const float4 v = precise::exp(load4(x, i, p.c) - peak.top) / peak.sum;
    store4(y, i, p.c, mask(v, i, base + first, base + last, 0.0f));
  }
}
INSTANTIATE_ROWS("masked_softmax", masked_softmax)
