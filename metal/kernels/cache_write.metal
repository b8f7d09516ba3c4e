// cache_write: row n of x [N, C] goes to position pos[n] of sequence seq[n] in the cache [S, M, C], four numbers a thread; rows whose
// sequence is negative go nowhere.
struct CacheWrite {
  uint n, c, m, s, d;
};

template <typename T, typename U>
[[kernel]] void cache_write(
    device const U* cache [[buffer(0)]], // the same memory as y
    device const T* x [[buffer(1)]],
    device const int* seq [[buffer(2)]],
    device const int* pos [[buffer(3)]],
    device U* y [[buffer(4)]],
    constant CacheWrite& p [[buffer(5)]],
    uint id [[thread_position_in_grid]]) {
  const Quad q = Quad(id, p.c);
  if (q.row < p.n && seq[q.row] >= 0) {
    const size_t at = size_t(seq[q.row]) * p.m + size_t(pos[q.row]);
    store4(y + at * p.c, q.i, p.c, load4(x + size_t(q.row) * p.c, q.i, p.c));
  }
}
INSTANTIATE_FLOAT_WITH("cache_write_f32", cache_write, float)
INSTANTIATE_FLOAT_WITH("cache_write_f16", cache_write, half)

constant constexpr float AWAY = 1.0f + 1.0f / 4096.0f; // takes what lies half-way between two numbers away from zero, on every device

// A threadgroup is a simdgroup, and rounds the D numbers of one head to 8 bits. Their scale, the largest of them / 127 and rounded up to four
// digits, stands behind them. As bits, NaN is more than all numbers. Where the scale is 0 or no number, it alone
// counts.
template <typename T>
[[kernel]] void cache_write_i8(
    device const char* cache [[buffer(0)]], // the same memory as y
    device const T* x [[buffer(1)]],
    device const int* seq [[buffer(2)]],
    device const int* pos [[buffer(3)]],
    device char* y [[buffer(4)]],
    constant CacheWrite& p [[buffer(5)]],
    uint2 group [[threadgroup_position_in_grid]],
    uint lane [[thread_index_in_simdgroup]]) {
  if (seq[group.y] < 0) {
    return;
  }
  const uint digits = 0xfffff; // below the fourth
  x += size_t(group.y) * p.c + group.x * p.d;
  y += ((size_t(seq[group.y]) * p.m + size_t(pos[group.y])) * (p.c / p.d) + group.x) * kept_row<char>(p.d);
  uint most = 0;
  for (uint i = 4 * lane; i < p.d; i += 4 * SIMD) {
    const float4 v = load4(x + i);
    for (uint k = 0; k < 4; k++) {
      most = max(most, as_type<uint>(v[k]) & 0x7fffffffu);
    }
  }
  const float tight = as_type<float>(simd_max(most)) / 127.0f;
  const float scale = as_type<float>((as_type<uint>(tight) + digits) & ~digits);
  for (uint i = 4 * lane; i < p.d; i += 4 * SIMD) {
    store4(y + i, rint(load4(x + i) / scale * AWAY));
  }
  if (lane == 0) {
    *(device float*)(y + p.d) = scale;
  }
}
INSTANTIATE_FLOAT("cache_write_i8", cache_write_i8)
