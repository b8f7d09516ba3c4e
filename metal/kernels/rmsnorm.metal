// rmsnorm: y = x / sqrt(mean of x^2 + eps) w, for each row of x [N, C]. A row is read once where it fits in registers.
struct RMSNorm {
  uint n, c;
  float eps;
};

template <typename T, bool wide>
[[kernel]] void rmsnorm(
    device const T* x [[buffer(0)]],
    device const float* w [[buffer(1)]],
    device T* y [[buffer(2)]],
    constant RMSNorm& p [[buffer(3)]],
    TEAM_PARAMETERS) {
  threadgroup float scratch[SIMD];
  Team<wide> team(group, lane, simd, simds);
  if (team.row >= p.n) {
    return;
  }
  x += size_t(team.row) * p.c;
  y += size_t(team.row) * p.c;
  const uint rest = team.begin + KEPT * team.stride;
  float4 kept[KEPT];
  keep(kept, x, p.c, team);
  float squares = 0.0f;
  for (uint k = 0; k < KEPT; k++) {
    squares += dot(kept[k], kept[k]);
  }
  for (uint i = rest; i < p.c; i += team.stride) {
    const float4 v = load4(x, i, p.c);
    squares += dot(v, v);
  }
  const float r = precise::rsqrt(team.sum(squares, scratch) / float(p.c) + p.eps);
  for (uint k = 0; k < KEPT; k++) {
    const uint i = team.begin + k * team.stride;
    if (i < p.c) {
      store4(y, i, p.c, kept[k] * r * load4(w, i, p.c));
    }
  }
  for (uint i = rest; i < p.c; i += team.stride) {
    store4(y, i, p.c, load4(x, i, p.c) * r * load4(w, i, p.c));
  }
}
INSTANTIATE_ROWS("rmsnorm", rmsnorm)
