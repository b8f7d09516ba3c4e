// qembedding: row n of y [N, C] is row ids[n] of a packed matrix [V, C], four numbers a thread.
struct QEmbedding {
  uint n, c, v, group;
};

template <typename T, typename S, uint bits>
[[kernel]] void qembedding(
    device const int* ids [[buffer(0)]],
    device const uint* w [[buffer(1)]],
    device const S* scales [[buffer(2)]],
    device const S* biases [[buffer(3)]],
    device T* y [[buffer(4)]],
    constant QEmbedding& p [[buffer(5)]],
    uint id [[thread_position_in_grid]]) {
  const Quad q = Quad(id, p.c);
  if (q.row < p.n) {
    const size_t row = size_t(ids[q.row]);
    const size_t g = row * (p.c / p.group) + q.i / p.group;
    const float4 v = unpack4<bits>(w + row * (p.c * bits / 32), q.i);
    store4(y + size_t(q.row) * p.c + q.i, v * float(scales[g]) + float(biases[g]));
  }
}
INSTANTIATE_PACKED("qembedding", qembedding)
