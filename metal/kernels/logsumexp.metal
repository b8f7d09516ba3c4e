// logsumexp: y = top + log of the sum of e^(x - top) of each row of x [N, C], always in f32.
template <typename T, bool wide>
[[kernel]] void logsumexp(
    device const T* x [[buffer(0)]],
    device float* y [[buffer(1)]],
    constant Rows& p [[buffer(2)]],
    TEAM_PARAMETERS) {
  threadgroup float tops[SIMD];
  threadgroup float sums[SIMD];
  Team<wide> team(group, lane, simd, simds);
  if (team.row >= p.n) {
    return;
  }
  x += size_t(team.row) * p.c;
  Peak peak;
  for (uint i = team.begin; i < p.c; i += team.stride) {
    peak.take(load4(x, i, p.c, LOWEST));
  }
  peak.gather(team, tops, sums);
  if (team.first()) {
    y[team.row] = peak.top + precise::log(peak.sum);
  }
}
INSTANTIATE_ROWS("logsumexp", logsumexp)
