// exp: y = e^x.
struct Exp {
  uint size;
  static float of(float x, constant Exp& ) { return precise::exp(x); }
};
INSTANTIATE_UNARY("exp", Exp)
