// silu_mul: y = a sigmoid(a) b, the gate of a SwiGLU block, four numbers a thread.
struct SiLUMul {
  uint size;
};

template <typename T>
[[kernel]] void silu_mul(
    device const T* a [[buffer(0)]],
    device const T* b [[buffer(1)]],
    device T* y [[buffer(2)]],
    constant SiLUMul& p [[buffer(3)]],
    uint id [[thread_position_in_grid]]) {
  const uint i = 4 * id;
  if (i + 4 <= p.size) {
    const float4 v = load4(a + i);
    store4(y + i, v * float4(logistic(v.x), logistic(v.y), logistic(v.z), logistic(v.w)) * load4(b + i));
    return;
  }
  for (uint k = i; k < p.size; k++) {
    const float v = float(a[k]);
    y[k] = T(v * logistic(v) * float(b[k]));
  }
}
INSTANTIATE_FLOAT("silu_mul", silu_mul)
