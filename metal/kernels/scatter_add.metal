// scatter_add: row r of y [R, C] is the sum of the rows n of x [N, C] with index[n] = r, four numbers a thread. Each thread looks through
// the whole index, so that the sums need no atomics and have one order.
struct ScatterAdd {
  uint n, c, r;
};

template <typename T>
[[kernel]] void scatter_add(
    device const T* x [[buffer(0)]],
    device const int* index [[buffer(1)]],
    device T* y [[buffer(2)]],
    constant ScatterAdd& p [[buffer(3)]],
    uint id [[thread_position_in_grid]]) {
  const Quad q = Quad(id, p.c);
  if (q.row >= p.r) {
    return;
  }
  float4 sum = float4(0.0f);
  for (uint n = 0; n < p.n; n++) {
    if (index[n] == int(q.row)) {
      sum += load4(x + size_t(n) * p.c, q.i, p.c);
    }
  }
  store4(y + size_t(q.row) * p.c, q.i, p.c, sum);
}
INSTANTIATE_FLOAT("scatter_add", scatter_add)
