// mul_rows: each row of x [N, C] times its number in r [N], four numbers a thread.
template <typename T>
[[kernel]] void mul_rows(
    device const T* x [[buffer(0)]],
    device const T* r [[buffer(1)]],
    device T* y [[buffer(2)]],
    constant Rows& p [[buffer(3)]],
    uint id [[thread_position_in_grid]]) {
  const Quad q = Quad(id, p.c);
  if (q.row < p.n) {
    const size_t row = size_t(q.row) * p.c;
    store4(y + row, q.i, p.c, load4(x + row, q.i, p.c) * float(r[q.row]));
  }
}
INSTANTIATE_FLOAT("mul_rows", mul_rows)
