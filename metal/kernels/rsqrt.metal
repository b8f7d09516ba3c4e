// rsqrt: y = 1 / sqrt(x + eps).
struct Rsqrt {
  uint size;
  float eps;
  static float of(float x, constant Rsqrt& p) { return precise::rsqrt(x + p.eps); }
};
INSTANTIATE_UNARY("rsqrt", Rsqrt)
