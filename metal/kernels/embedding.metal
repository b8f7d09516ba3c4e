// embedding: row n of y [N, C] is row ids[n] of w [V, C], four numbers a thread.
struct Embedding {
  uint n, c, v;
};

template <typename T, typename W>
[[kernel]] void embedding(
    device const int* ids [[buffer(0)]],
    device const W* w [[buffer(1)]],
    device T* y [[buffer(2)]],
    constant Embedding& p [[buffer(3)]],
    uint id [[thread_position_in_grid]]) {
  const Quad q = Quad(id, p.c);
  if (q.row < p.n) {
    store4(y + size_t(q.row) * p.c, q.i, p.c, load4(w + size_t(ids[q.row]) * p.c, q.i, p.c));
  }
}
INSTANTIATE_FLOAT_WITH("embedding_f32", embedding, float)
INSTANTIATE_FLOAT_WITH("embedding_f16", embedding, half)
BFLOAT(INSTANTIATE_FLOAT_WITH("embedding_bf16", embedding, bfloat))
