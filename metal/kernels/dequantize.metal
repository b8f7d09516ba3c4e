// dequantize: y [M, K] = scale q + bias of each group of a packed matrix, four numbers a thread.
struct Dequantize {
  uint m, k, group;
};

template <typename T, typename S, uint bits>
[[kernel]] void dequantize(
    device const uint* w [[buffer(0)]],
    device const S* scales [[buffer(1)]],
    device const S* biases [[buffer(2)]],
    device T* y [[buffer(3)]],
    constant Dequantize& p [[buffer(4)]],
    uint id [[thread_position_in_grid]]) {
  const Quad q = Quad(id, p.k);
  if (q.row < p.m) {
    const size_t g = size_t(q.row) * (p.k / p.group) + q.i / p.group;
    const float4 v = unpack4<bits>(w + size_t(q.row) * (p.k * bits / 32), q.i);
    store4(y + size_t(q.row) * p.k + q.i, v * float(scales[g]) + float(biases[g]));
  }
}
INSTANTIATE_PACKED("dequantize", dequantize)
