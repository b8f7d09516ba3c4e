// layernorm: y = (x - mean) / sqrt(variance + eps) w + b, for each row of x [N, C]. A row is read once where it fits in registers.
struct LayerNorm {
  uint n, c;
  float eps;
};

// squares4 adds up the squares of the numbers i to i+3 of a row of n.
inline float squares4(float4 v, uint i, uint n) {
  float sum = 0.0f;
  for (uint k = 0; k < 4; k++) {
    sum += i + k < n ? v[k] * v[k] : 0.0f;
  }
  return sum;
}

template <typename T, bool wide>
[[kernel]] void layernorm(
    device const T* x [[buffer(0)]],
    device const float* w [[buffer(1)]],
    device const float* b [[buffer(2)]],
    device T* y [[buffer(3)]],
    constant LayerNorm& p [[buffer(4)]],
    TEAM_PARAMETERS) {
  threadgroup float sums[SIMD];
  threadgroup float squares[SIMD];
  Team<wide> team(group, lane, simd, simds);
  if (team.row >= p.n) {
    return;
  }
  x += size_t(team.row) * p.c;
  y += size_t(team.row) * p.c;
  const uint rest = team.begin + KEPT * team.stride;
  float4 kept[KEPT];
  keep(kept, x, p.c, team);
  float sum = 0.0f;
  for (uint k = 0; k < KEPT; k++) {
    sum += dot(kept[k], float4(1.0f));
  }
  for (uint i = rest; i < p.c; i += team.stride) {
    sum += dot(load4(x, i, p.c), float4(1.0f));
  }
  const float mean = team.sum(sum, sums) / float(p.c);
  sum = 0.0f;
  for (uint k = 0; k < KEPT; k++) {
    sum += squares4(kept[k] - mean, team.begin + k * team.stride, p.c);
  }
  for (uint i = rest; i < p.c; i += team.stride) {
    sum += squares4(load4(x, i, p.c) - mean, i, p.c);
  }
  const float r = precise::rsqrt(team.sum(sum, squares) / float(p.c) + p.eps);
  for (uint k = 0; k < KEPT; k++) {
    const uint i = team.begin + k * team.stride;
    if (i < p.c) {
      store4(y, i, p.c, (kept[k] - mean) * r * load4(w, i, p.c) + load4(b, i, p.c));
    }
  }
  for (uint i = rest; i < p.c; i += team.stride) {
    store4(y, i, p.c, (load4(x, i, p.c) - mean) * r * load4(w, i, p.c) + load4(b, i, p.c));
  }
}
INSTANTIATE_ROWS("layernorm", layernorm)
