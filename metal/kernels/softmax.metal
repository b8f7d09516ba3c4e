// softmax: y = e^x / sum of e^x of each row of x [N, C].
template <typename T, bool wide>
[[kernel]] void softmax(
    device const T* x [[buffer(0)]],
    device T* y [[buffer(1)]],
    constant Rows& p [[buffer(2)]],
    TEAM_PARAMETERS) {
  threadgroup float tops[SIMD];
  threadgroup float sums[SIMD];
  Team<wide> team(group, lane, simd, simds);
  if (team.row >= p.n) {
    return;
  }
  x += size_t(team.row) * p.c;
  y += size_t(team.row) * p.c;
  Peak peak;
  for (uint i = team.begin; i < p.c; i += team.stride) {
    peak.take(load4(x, i, p.c, LOWEST));
  }
  peak.gather(team, tops, sums);
  for (uint i = team.begin; i < p.c; i += team.stride) {
    store4(y, i, p.c, precise::exp(load4(x, i, p.c) - peak.top) / peak.sum);
  }
}
INSTANTIATE_ROWS("softmax", softmax)
