// gelu_erf: y = x/2 (1 + erf(x/sqrt 2)) = max(x, 0) - |x|/2 erfc(|x|/sqrt 2), which keeps small values for x < 0.
struct GELUErf {
  uint size;
  static float of(float x, constant GELUErf& ) { return max(x, 0.0f) - 0.5f * abs(x) * complement(0.70710678f * abs(x)); }
};
INSTANTIATE_UNARY("gelu_erf", GELUErf)
