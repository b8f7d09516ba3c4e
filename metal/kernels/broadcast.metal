// broadcast: y[i] = x[i / inner mod xsize], four numbers a thread.
struct Broadcast {
  uint size, xsize, inner;
};

template <typename T>
[[kernel]] void broadcast(
    device const T* x [[buffer(0)]],
    device T* y [[buffer(1)]],
    constant Broadcast& p [[buffer(2)]],
    uint id [[thread_position_in_grid]]) {
  const uint i = 4 * id;
  if (i + 4 <= p.size) {
    float4 v;
    for (uint k = 0; k < 4; k++) {
      v[k] = float(x[(i + k) / p.inner % p.xsize]);
    }
    store4(y + i, v);
    return;
  }
  for (uint k = i; k < p.size; k++) {
    y[k] = x[k / p.inner % p.xsize];
  }
}
INSTANTIATE_FLOAT("broadcast", broadcast)
