#include "packed.metal"

// qlinear_add: y = r + x w', of one row, w [M, K] packed.
template <typename T, typename S, uint bits>
[[kernel]] void qlinear_add(
    device const T* x [[buffer(0)]],
    device const T* r [[buffer(1)]],
    device const uint* words [[buffer(2)]],
    device const S* scales [[buffer(3)]],
    device const S* biases [[buffer(4)]],
    device T* y [[buffer(5)]],
    constant QLinear& p [[buffer(6)]],
    PRODUCT_PARAMETERS) {
  constexpr uint M = outputs<1>();
  threadgroup float parts[SPLIT * M];
  const Packed<S, bits> w = {words, scales, biases, p.m, p.k, group_shift(p.group), powers(p)};
  const Place place = {index, lane, simd, simds};
  products<1, M, 1>(parts, x, &w, 1, uint2(0, group.y * M), place);
  const uint m = group.y * M + index;
  if (index < M && m < p.m) {
    y[m] = T(float(r[m]) + total(parts, index, M, place));
  }
}
INSTANTIATE_PACKED("qlinear_add", qlinear_add)
