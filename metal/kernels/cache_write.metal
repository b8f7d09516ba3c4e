// cache_write: row n of x [N, C] goes to position pos[n] of sequence seq[n] in the cache [S, M, C], four numbers a thread; rows whose
// sequence is negative go nowhere.
struct CacheWrite {
  uint n, c, m, s;
};

template <typename T, typename U>
[[kernel]] void cache_write(
    device const U* cache [[buffer(0)]], // the same memory as y
    device const T* x [[buffer(1)]],
    device const int* seq [[buffer(2)]],
    device const int* pos [[buffer(3)]],
    device U* y [[buffer(4)]],
    constant CacheWrite& p [[buffer(5)]],
    uint id [[thread_position_in_grid]]) {
  const Quad q = Quad(id, p.c);
  if (q.row < p.n && seq[q.row] >= 0) {
    const size_t at = size_t(seq[q.row]) * p.m + size_t(pos[q.row]);
    store4(y + at * p.c, q.i, p.c, load4(x + size_t(q.row) * p.c, q.i, p.c));
  }
}
INSTANTIATE_FLOAT_WITH("cache_write_f32", cache_write, float)
INSTANTIATE_FLOAT_WITH("cache_write_f16", cache_write, half)
