// sum_to: the sum of the rows of x [N, C], as [C]. A simdgroup has 32 columns of some of the rows; where C is 1 (the form all), x is one row.
template <typename T>
[[kernel]] void sum_to(
    device const T* x [[buffer(0)]],
    device T* y [[buffer(1)]],
    constant Rows& p [[buffer(2)]],
    TEAM_PARAMETERS) {
  threadgroup float sums[SIMD * SIMD];
  const uint column = group * SIMD + lane;
  float sum = 0.0f;
  if (column < p.c) {
    for (uint n = simd; n < p.n; n += simds) {
      sum += float(x[size_t(n) * p.c + column]);
    }
  }
  sums[simd * SIMD + lane] = sum;
  threadgroup_barrier(mem_flags::mem_threadgroup);
  if (simd == 0 && column < p.c) {
    sum = 0.0f;
    for (uint s = 0; s < simds; s++) {
      sum += sums[s * SIMD + lane];
    }
    y[column] = T(sum);
  }
}
INSTANTIATE_FLOAT("sum_to", sum_to)

template <typename T>
[[kernel]] void sum_all(
    device const T* x [[buffer(0)]],
    device T* y [[buffer(1)]],
    constant Rows& p [[buffer(2)]],
    TEAM_PARAMETERS) {
  threadgroup float scratch[SIMD];
  Team<true> team(group, lane, simd, simds);
  float sum = 0.0f;
  for (uint i = team.begin; i < p.n; i += team.stride) {
    sum += dot(load4(x, i, p.n), float4(1.0f));
  }
  sum = team.sum(sum, scratch);
  if (team.first()) {
    y[0] = T(sum);
  }
}
INSTANTIATE("sum_to_f32_all", sum_all<float>)
INSTANTIATE("sum_to_f16_all", sum_all<half>)
BFLOAT(INSTANTIATE("sum_to_bf16_all", sum_all<bfloat>))
