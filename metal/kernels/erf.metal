// erf: the error function, by its series below 1 (Abramowitz and Stegun, Handbook of Mathematical Functions, 7.1.5), by 1 - erfc from there on.
struct Erf {
  uint size;
  static float of(float x, constant Erf&) {
    if (abs(x) >= 1.0f) {
      const float y = 1.0f - complement(abs(x));
      return x < 0.0f ? -y : y;
    }
    const float z = x * x; // the coefficients are (-1)^n / (n! (2n + 1))
    float s = -1.0f / 6894720.0f;
    s = fma(s, z, 1.0f / 685440.0f);
    s = fma(s, z, -1.0f / 75600.0f);
    s = fma(s, z, 1.0f / 9360.0f);
    s = fma(s, z, -1.0f / 1320.0f);
    s = fma(s, z, 1.0f / 216.0f);
    s = fma(s, z, -1.0f / 42.0f);
    s = fma(s, z, 1.0f / 10.0f);
    s = fma(s, z, -1.0f / 3.0f);
    s = fma(s, z, 1.0f);
    return 1.1283791671f * x * s; // 2 / sqrt(pi)
  }
};
INSTANTIATE_UNARY("erf", Erf)
