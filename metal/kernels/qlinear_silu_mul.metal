#include "packed.metal"

// qlinear_silu_mul: y = silu(x gate') (x up'), of one row, both matrices [M, K] packed.
template <typename T, typename S, uint bits>
[[kernel]] void qlinear_silu_mul(
    device const T* x [[buffer(0)]],
    device const uint* gate [[buffer(1)]],
    device const S* gate_scales [[buffer(2)]],
    device const S* gate_biases [[buffer(3)]],
    device const uint* up [[buffer(4)]],
    device const S* up_scales [[buffer(5)]],
    device const S* up_biases [[buffer(6)]],
    device T* y [[buffer(7)]],
    constant QLinear& p [[buffer(8)]],
    PRODUCT_PARAMETERS) {
  constexpr uint M = outputs<1>();
  threadgroup float parts[SPLIT * M];
  const Packed<S, bits> w[2] = {{gate, gate_scales, gate_biases, p.m, p.k, group_shift(p.group), powers(p)},
                                {up, up_scales, up_biases, p.m, p.k, group_shift(p.group), powers(p)}};
  const Place place = {index, lane, simd, simds};
  products<1, M, 2>(parts, x, w, 1, uint2(0, group.y * M / 2), place);
  const uint m = group.y * M / 2 + index;
  if (index < M / 2 && m < p.m) {
    const float v = total(parts, index, M, place);
    y[m] = T(v * logistic(v) * total(parts, M / 2 + index, M, place));
  }
}
INSTANTIATE_PACKED("qlinear_silu_mul", qlinear_silu_mul)
