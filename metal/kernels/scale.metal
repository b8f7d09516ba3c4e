// scale: y = x * factor.
struct Scale {
  uint size;
  float factor;
  static float of(float x, constant Scale& p) { return x * p.factor; }
};
INSTANTIATE_UNARY("scale", Scale)
