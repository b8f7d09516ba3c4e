// mean: the mean of each row of x [N, C].
template <typename T, bool wide>
[[kernel]] void mean(
    device const T* x [[buffer(0)]],
    device T* y [[buffer(1)]],
    constant Rows& p [[buffer(2)]],
    TEAM_PARAMETERS) {
  threadgroup float scratch[SIMD];
  Team<wide> team(group, lane, simd, simds);
  if (team.row >= p.n) {
    return;
  }
  x += size_t(team.row) * p.c;
  float sum = 0.0f;
  for (uint i = team.begin; i < p.c; i += team.stride) {
    sum += dot(load4(x, i, p.c), float4(1.0f));
  }
  sum = team.sum(sum, scratch);
  if (team.first()) {
    y[team.row] = T(sum / float(p.c));
  }
}
INSTANTIATE_ROWS("mean", mean)
