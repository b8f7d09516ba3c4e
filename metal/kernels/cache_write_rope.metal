#include "rotation.metal"

// cache_write_rope: row n of x [N, H, D], rotated as by rope, goes to position pos[n] of sequence seq[n] in the cache [S, M, H, D]; rows whose
// sequence is negative go nowhere.
struct CacheWriteRope {
  uint n, h, d, r, interleaved, m, s;
};

template <typename T, typename U>
[[kernel]] void cache_write_rope(
    device const U* cache [[buffer(0)]], // the same memory as y
    device const T* x [[buffer(1)]],
    device const float* table [[buffer(2)]],
    device const int* seq [[buffer(3)]],
    device const int* pos [[buffer(4)]],
    device U* y [[buffer(5)]],
    constant CacheWriteRope& p [[buffer(6)]],
    uint id [[thread_position_in_grid]]) {
  Rotation rotation = {p.d, p.r, p.interleaved, 1.0f};
  const uint head = id / rotation.threads();
  const uint n = head / p.h;
  if (n < p.n && seq[n] >= 0) {
    const size_t at = size_t(seq[n]) * p.m + size_t(pos[n]);
    rotation.turn(x + size_t(head) * p.d, table + size_t(n) * p.r, y + (at * p.h + head % p.h) * p.d, id % rotation.threads());
  }
}
INSTANTIATE_FLOAT_WITH("cache_write_rope_f32", cache_write_rope, float)
INSTANTIATE_FLOAT_WITH("cache_write_rope_f16", cache_write_rope, half)
