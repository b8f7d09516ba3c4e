// sigmoid: y = 1 / (1 + e^-x).
struct Sigmoid {
  uint size;
  static float of(float x, constant Sigmoid& ) { return logistic(x); }
};
INSTANTIATE_UNARY("sigmoid", Sigmoid)
