// layernorm: y = (x - mean) / sqrt(variance + eps) w + b, for each row of x [N, C]. A row is read once where it fits in registers.
struct LayerNorm {
  uint n, c;
  float eps;
};

// squares4 adds up the squares of the numbers i to i+3 of a row of n.
template <bool whole>
float squares4(float4 v, uint i, uint n) {
  if (whole) {
    return i < n ? dot(v, v) : 0.0f;
  }
  float sum = 0.0f;
  for (uint k = 0; k < 4; k++) {
    sum += i + k < n ? v[k] * v[k] : 0.0f;
  }
  return sum;
}

template <bool whole, typename T, bool wide>
void normalize(device const T* x, device const float* w, device const float* b, device T* y, constant LayerNorm& p,
               threadgroup float* sums, threadgroup float* squares, Team<wide> team) {
  Kept<wide, whole> row(x, p.c, team);
  const uint rest = team.begin + row.size * team.stride;
  float sum = 0.0f;
  for (uint k = 0; k < row.size; k++) {
    sum += dot(row.v[k], float4(1.0f));
  }
  for (uint i = rest; i < p.c; i += team.stride) {
    sum += dot(load4<whole>(x, i, p.c, 0.0f), float4(1.0f));
  }
  const float mean = team.sum(sum, sums) / float(p.c);
  sum = 0.0f;
  for (uint k = 0; k < row.size; k++) {
    sum += squares4<whole>(row.v[k] - mean, team.begin + k * team.stride, p.c);
  }
  for (uint i = rest; i < p.c; i += team.stride) {
    sum += squares4<whole>(load4<whole>(x, i, p.c, 0.0f) - mean, i, p.c);
  }
  const float r = precise::rsqrt(team.sum(sum, squares) / float(p.c) + p.eps);
  for (uint k = 0; k < row.size; k++) {
    const uint i = team.begin + k * team.stride;
    if (i < p.c) {
      store4<whole>(y, i, p.c, (row.v[k] - mean) * r * load4<whole>(w, i, p.c, 0.0f) + load4<whole>(b, i, p.c, 0.0f));
    }
  }
  for (uint i = rest; i < p.c; i += team.stride) {
    const float4 v = (load4<whole>(x, i, p.c, 0.0f) - mean) * r;
    store4<whole>(y, i, p.c, v * load4<whole>(w, i, p.c, 0.0f) + load4<whole>(b, i, p.c, 0.0f));
  }
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
  const size_t row = size_t(team.row) * p.c;
  if (p.c % 4 == 0) {
    normalize<true>(x + row, w, b, y + row, p, sums, squares, team);
  } else {
    normalize<false>(x + row, w, b, y + row, p, sums, squares, team);
  }
}
INSTANTIATE_ROWS("layernorm", layernorm)
