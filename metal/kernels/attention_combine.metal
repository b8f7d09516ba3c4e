// attention_combine: y [N, H, D] from parts [N, H, P, D+2] of attention_split. A threadgroup makes a row of D numbers.
struct AttentionCombine {
  uint rows, d, parts;
};

template <typename T, typename S>
[[kernel]] void attention_combine(
    device const S* parts [[buffer(0)]],
    device T* y [[buffer(1)]],
    constant AttentionCombine& p [[buffer(2)]],
    uint group [[threadgroup_position_in_grid]],
    uint index [[thread_index_in_threadgroup]],
    uint threads [[threads_per_threadgroup]],
    uint lane [[thread_index_in_simdgroup]]) {
  const uint stride = p.d + 2;
  parts += size_t(group) * p.parts * stride;
  float top = LOWEST;
  for (uint i = lane; i < p.parts; i += SIMD) {
    top = max(top, float(parts[i * stride + p.d + 1]) > 0.0f ? float(parts[i * stride + p.d]) : LOWEST);
  }
  top = simd_max(top);
  float total = 0.0f;
  for (uint i = lane; i < p.parts; i += SIMD) {
    const float sum = float(parts[i * stride + p.d + 1]);
    total += sum > 0.0f ? fast::exp(float(parts[i * stride + p.d]) - top) * sum : 0.0f;
  }
  total = simd_sum(total);
  for (uint column = index; column < p.d; column += threads) {
    float v = 0.0f;
    for (uint i = 0; i < p.parts; i++) {
      const float by = float(parts[i * stride + p.d + 1]) > 0.0f ? fast::exp(float(parts[i * stride + p.d]) - top) : 0.0f;
      v += by * float(parts[i * stride + column]);
    }
    y[size_t(group) * p.d + column] = T(total > 0.0f ? v / total : 0.0f);
  }
}
INSTANTIATE("attention_combine_f32", attention_combine<float, float>)
INSTANTIATE("attention_combine_f32_f16", attention_combine<half, float>)
INSTANTIATE("attention_combine_f16", attention_combine<half, half>)
BFLOAT(INSTANTIATE("attention_combine_f32_bf16", attention_combine<bfloat, float>)
       INSTANTIATE("attention_combine_bf16", attention_combine<bfloat, bfloat>))
