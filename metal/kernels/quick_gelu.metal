// quick_gelu: y = x sigmoid(1.702 x)  (Hendrycks and Gimpel, Gaussian Error Linear Units, 2016).
struct QuickGELU {
  uint size;
  static float of(float x, constant QuickGELU& ) { return x * logistic(1.702f * x); }
};
INSTANTIATE_UNARY("quick_gelu", QuickGELU)
