#include "rotation.metal"

// rope: rotates pairs of the first R numbers of each head of x [N, H, D] by the angles of the head's row of table [N, R], cosines then sines.
// In place, too.
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
  Rotation rotation = {p.d, p.r, p.interleaved, p.inverse == 1 ? -1.0f : 1.0f};
  const uint head = id / rotation.threads();
  if (head < p.n * p.h) {
    rotation.turn(x + size_t(head) * p.d, table + size_t(head / p.h) * p.r, y + size_t(head) * p.d, id % rotation.threads());
  }
}
INSTANTIATE_FLOAT("rope", rope)
