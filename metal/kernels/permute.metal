// permute: dimension d of y is dimension perm[d] of x, which has extents dims; one number a thread. All five dimensions count, those past
// the rank with extent 1.
struct Permute {
  uint rank;
  uint dims[5], perm[5];
};

template <typename T>
[[kernel]] void permute(
    device const T* x [[buffer(0)]],
    device T* y [[buffer(1)]],
    constant Permute& p [[buffer(2)]],
    uint id [[thread_position_in_grid]]) {
  uint stride[5]; // of the dimensions of x
  stride[4] = 1;
  for (uint d = 4; d > 0; d--) {
    stride[d - 1] = stride[d] * p.dims[d];
  }
  if (id >= stride[0] * p.dims[0]) {
    return;
  }
  uint from = 0, rest = id;
  for (uint d = 5; d-- > 0;) {
    const uint extent = p.dims[p.perm[d]];
    from += rest % extent * stride[p.perm[d]];
    rest /= extent;
  }
  y[id] = x[from];
}
INSTANTIATE_FLOAT("permute", permute)
