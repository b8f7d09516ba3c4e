// cast: y = x in another type, rounded to nearest even, four numbers a thread.
struct Cast {
  uint size, to;
};

template <typename T, typename U>
[[kernel]] void cast(
    device const T* x [[buffer(0)]],
    device U* y [[buffer(1)]],
    constant Cast& p [[buffer(2)]],
    uint id [[thread_position_in_grid]]) {
  const uint i = 4 * id;
  if (i + 4 <= p.size) {
    store4(y + i, load4(x + i));
    return;
  }
  for (uint k = i; k < p.size; k++) {
    y[k] = U(float(x[k]));
  }
}
INSTANTIATE("cast_f32_f16_f32", cast<float, half>)
INSTANTIATE("cast_f16_f32_f16", cast<half, float>)
BFLOAT(INSTANTIATE("cast_f32_bf16_f32", cast<float, bfloat>)
       INSTANTIATE("cast_bf16_f32_bf16", cast<bfloat, float>))
