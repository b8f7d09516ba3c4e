// rmsnorm: y = x / sqrt(mean of x^2 + eps) (w + shift), for each row of x [N, C]. A row is read once where it fits in registers.
struct RMSNorm {
  uint n, c;
  float eps, shift;
};

template <bool whole, typename T, bool wide>
void rms_normalize(device const T* x, device const float* w, device T* y, constant RMSNorm& p, threadgroup float* scratch, Team<wide> team) {
  Kept<wide, whole> row(x, p.c, team);
  const uint rest = team.begin + row.size * team.stride;
  float squares = 0.0f;
  for (uint k = 0; k < row.size; k++) {
    squares += dot(row.v[k], row.v[k]);
  }
  for (uint i = rest; i < p.c; i += team.stride) {
    const float4 v = load4<whole>(x, i, p.c, 0.0f);
    squares += dot(v, v);
  }
  const float r = precise::rsqrt(team.sum(squares, scratch) / float(p.c) + p.eps);
  for (uint k = 0; k < row.size; k++) {
    const uint i = team.begin + k * team.stride;
    if (i < p.c) {
      store4<whole>(y, i, p.c, row.v[k] * r * (load4<whole>(w, i, p.c, 0.0f) + p.shift));
    }
  }
  for (uint i = rest; i < p.c; i += team.stride) {
    store4<whole>(y, i, p.c, load4<whole>(x, i, p.c, 0.0f) * r * (load4<whole>(w, i, p.c, 0.0f) + p.shift));
  }
}

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
  const size_t row = size_t(team.row) * p.c;
  if (p.c % 4 == 0) {
    rms_normalize<true>(x + row, w, y + row, p, scratch, team);
  } else {
    rms_normalize<false>(x + row, w, y + row, p, scratch, team);
  }
}
INSTANTIATE_ROWS("rmsnorm", rmsnorm)
