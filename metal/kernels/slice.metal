// slice: row n of y [N, C] is columns from to from + C of row n of x [N, W]; the inverse puts rows of x [N, C] there in y [N, W], which is 0
// elsewhere. Four numbers a thread.
struct Slice {
  uint n, c, w, from, inverse;
};

template <typename T>
[[kernel]] void slice(
    device const T* x [[buffer(0)]],
    device T* y [[buffer(1)]],
    constant Slice& p [[buffer(2)]],
    uint id [[thread_position_in_grid]]) {
  const uint width = p.inverse == 1 ? p.w : p.c; // of y
  const Quad q = Quad(id, width);
  if (q.row >= p.n) {
    return;
  }
  y += size_t(q.row) * width;
  if (p.inverse == 0) {
    x += size_t(q.row) * p.w + p.from;
    for (uint k = q.i; k < min(q.i + 4, p.c); k++) {
      y[k] = x[k];
    }
    return;
  }
  x += size_t(q.row) * p.c;
  for (uint k = q.i; k < min(q.i + 4, p.w); k++) {
    y[k] = k >= p.from && k < p.from + p.c ? x[k - p.from] : T(0.0f);
  }
}
INSTANTIATE_FLOAT("slice", slice)
