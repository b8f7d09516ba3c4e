// argmax: the index of the largest number of each row of x [N, C], the first of them if there are several.
template <typename T, bool wide>
[[kernel]] void argmax(
    device const T* x [[buffer(0)]],
    device int* y [[buffer(1)]],
    constant Rows& p [[buffer(2)]],
    TEAM_PARAMETERS) {
  threadgroup float tops[SIMD];
  threadgroup uint firsts[SIMD];
  Team<wide> team(group, lane, simd, simds);
  if (team.row >= p.n) {
    return;
  }
  x += size_t(team.row) * p.c;
  float top = LOWEST;
  uint at = team.begin;
  for (uint i = team.begin; i < p.c; i += team.stride) {
    const float4 v = load4(x, i, p.c, LOWEST);
    for (uint k = 0; k < 4; k++) {
      if (v[k] > top) {
        top = v[k];
        at = i + k;
      }
    }
  }
  const float largest = team.top(top, tops);
  at = team.least(top == largest ? at : p.c, firsts);
  if (team.first()) {
    y[team.row] = int(at);
  }
}
INSTANTIATE_ROWS("argmax", argmax)
