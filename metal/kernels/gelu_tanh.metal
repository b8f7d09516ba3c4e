// gelu_tanh: y = x/2 (1 + tanh u) = x sigmoid(2u) with u = sqrt(2/pi) (x + 0.044715 x^3)  (Hendrycks and Gimpel, Gaussian Error Linear Units, 2016).
struct GELUTanh {
  uint size;
  static float of(float x, constant GELUTanh& ) { return x * logistic(1.5957691216f * (x + 0.044715f * x * x * x)); }
};
INSTANTIATE_UNARY("gelu_tanh", GELUTanh)
