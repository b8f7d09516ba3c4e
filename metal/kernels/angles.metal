// angles: row n of y [N, R] is the cosines, then the sines, of the sum over axes a of pos[n, a] freqs[a], with pos [N, A] and freqs [A, R/2].
// An angle grows with the position, so that of each axis is kept as the sum of two f32 and brought to one turn by 2 pi in three parts (Cody
// and Waite, Software Manual for the Elementary Functions, 1980). Positions below 2^24 are exact.
struct Angles {
  uint n, a, r;
};

kernel void angles_f32(
    device const int* pos [[buffer(0)]],
    device const float* freqs [[buffer(1)]],
    device float* y [[buffer(2)]],
    constant Angles& p [[buffer(3)]],
    uint id [[thread_position_in_grid]]) {
  const uint pairs = p.r / 2;
  const uint n = id / pairs, i = id % pairs;
  if (n >= p.n) {
    return;
  }
  float sum = 0.0f;
  for (uint axis = 0; axis < p.a; axis++) {
    const float x = float(pos[size_t(n) * p.a + axis]), f = freqs[axis * pairs + i];
    const float angle = x * f;
    const float rest = fma(x, f, -angle); // what the product lost
    const float turns = rint(angle * 0.159154943f);
    float a = fma(-turns, 6.28318548f, angle); // exact
    a = fma(-turns, -1.74845553e-07f, a);
    sum += fma(-turns, -6.86049804e-15f, a) + rest;
  }
  device float* row = y + size_t(n) * p.r;
  row[i] = precise::cos(sum);
  row[pairs + i] = precise::sin(sum);
}
