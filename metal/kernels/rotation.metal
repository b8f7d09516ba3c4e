// What the kernels share that rotate heads.

// Rotation turns pairs of the first r of the d numbers of a head by angles, a row of cosines and then sines. Pair i is (i, r/2 + i), or
// (2i, 2i + 1) where interleaved.
struct Rotation {
  uint d, r, interleaved;
  float sign; // of the angles

  uint quads() { // of pairs
    return (r / 2 + 3) / 4;
  }
  uint threads() { // of a head
    return quads() + (d - r + 3) / 4;
  }
  // turn is the work of one thread: four pairs, or four of the numbers past r. x may be y: a thread reads what it writes, before.
  template <typename T, typename U>
  void turn(device const T* x, device const float* angles, device U* y, uint thread_of) {
    const uint pairs = r / 2;
    if (thread_of >= quads()) {
      const uint i = r + 4 * (thread_of - quads());
      for (uint k = i; k < min(i + 4, d); k++) {
        y[k] = U(float(x[k]));
      }
      return;
    }
    const uint i = 4 * thread_of;
    if (interleaved == 0 && d % 4 == 0 && pairs % 4 == 0) {
      const float4 a = load4(x + i), b = load4(x + pairs + i);
      const float4 c = load4(angles + i), s = load4(angles + pairs + i) * sign;
      store4(y + i, a * c - b * s);
      store4(y + pairs + i, b * c + a * s);
      return;
    }
    for (uint k = i; k < min(i + 4, pairs); k++) {
      const uint at = interleaved == 1 ? 2 * k : k;
      const uint other = interleaved == 1 ? 2 * k + 1 : pairs + k;
      const float a = float(x[at]), b = float(x[other]), c = angles[k], s = angles[pairs + k] * sign;
      y[at] = U(a * c - b * s);
      y[other] = U(b * c + a * s);
    }
  }
};
