// rope: rotates pairs of the first R numbers of each head of x [N, H, D] by the angles of the head's row of table [N, R], cosines then sines.
// Pair i is (i, R/2 + i), or (2i, 2i + 1) where interleaved. A thread has four pairs, or four of the numbers past R. In place, a thread reads
// what it writes, before.
struct Rope {
  uint n, h, d, r, interleaved, inverse;
};

template <typename T>
[[kernel]] void rope(
    device const T* x [[buffer(0)]],
    device const float* table [[buffer(1)]],
    device T* y [[buffer(2)]],
    constant Rope& p [[buffer(3)]],
    uint id [[thread_position_in_grid]]) {
  const uint pairs = p.r / 2;
  const uint quads = (pairs + 3) / 4;                   // of pairs
  const uint threads = quads + (p.d - p.r + 3) / 4;     // of a head
  const uint head = id / threads;
  if (head >= p.n * p.h) {
    return;
  }
  x += size_t(head) * p.d;
  y += size_t(head) * p.d;
  table += size_t(head / p.h) * p.r;
  if (id % threads >= quads) {
    const uint i = p.r + 4 * (id % threads - quads);
    for (uint k = i; k < min(i + 4, p.d); k++) {
      y[k] = x[k];
    }
    return;
  }
  const uint i = 4 * (id % threads);
  const float sign = p.inverse == 1 ? -1.0f : 1.0f;
  if (p.interleaved == 0 && p.d % 4 == 0 && pairs % 4 == 0) {
    const float4 a = load4(x + i), b = load4(x + pairs + i);
    const float4 c = load4(table + i), s = load4(table + pairs + i) * sign;
    store4(y + i, a * c - b * s);
    store4(y + pairs + i, b * c + a * s);
    return;
  }
  for (uint k = i; k < min(i + 4, pairs); k++) {
    const uint at = p.interleaved == 1 ? 2 * k : k;
    const uint other = p.interleaved == 1 ? 2 * k + 1 : pairs + k;
    const float a = float(x[at]), b = float(x[other]), c = table[k], s = table[pairs + k] * sign;
    y[at] = T(a * c - b * s);
    y[other] = T(b * c + a * s);
  }
}
INSTANTIATE_FLOAT("rope", rope)
