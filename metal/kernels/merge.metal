// merge: row n of y [N, C] is row index[n] of rows [R, C], or row n of x where the index is negative; four numbers a thread.
struct Merge {
  uint n, c, r;
};

template <typename T>
[[kernel]] void merge(
    device const T* x [[buffer(0)]],
    device const T* rows [[buffer(1)]],
    device const int* index [[buffer(2)]],
    device T* y [[buffer(3)]],
    constant Merge& p [[buffer(4)]],
    uint id [[thread_position_in_grid]]) {
  const Quad q = Quad(id, p.c);
  if (q.row < p.n) {
    const int r = index[q.row];
    const size_t row = size_t(q.row) * p.c;
    device const T* from = r >= 0 ? rows + size_t(r) * p.c : x + row;
    store4(y + row, q.i, p.c, load4(from, q.i, p.c));
  }
}
INSTANTIATE_FLOAT("merge", merge)
