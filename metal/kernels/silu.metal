// silu: y = x sigmoid(x).
struct SiLU {
  uint size;
  static float of(float x, constant SiLU& ) { return x * logistic(x); }
};
INSTANTIATE_UNARY("silu", SiLU)
