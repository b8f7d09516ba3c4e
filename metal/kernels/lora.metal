// lora: y [N, M] = y0 + scale (x a') b', x [N, K], a [R, K], b [M, R]. A threadgroup makes ROWS rows of 1024 columns, after it has made the
// rows' products with a, RANK of them at a time. y may lie in y0's memory.
struct LoRA {
  uint n, k, m, r;
  float scale;
};

constant constexpr uint ROWS = 4;
constant constexpr uint RANK = 32;
constant constexpr uint THREADS = 256;
constant constexpr uint COLUMNS = 4; // of a thread

template <typename T, typename W>
[[kernel]] void lora(
    device const T* y0 [[buffer(0)]],
    device const T* x [[buffer(1)]],
    device const W* a [[buffer(2)]],
    device const W* b [[buffer(3)]],
    device T* y [[buffer(4)]],
    constant LoRA& p [[buffer(5)]],
    uint2 group [[threadgroup_position_in_grid]],
    uint index [[thread_index_in_threadgroup]],
    uint lane [[thread_index_in_simdgroup]],
    uint simd [[simdgroup_index_in_threadgroup]]) {
  threadgroup float down[RANK][ROWS];
  const uint row = group.x * ROWS;
  const uint rows = min(ROWS, p.n - row);
  float sums[ROWS][COLUMNS] = {};
  for (uint begin = 0; begin < p.r; begin += RANK) {
    const uint ranks = min(RANK, p.r - begin);
    for (uint r = simd; r < ranks; r += THREADS / SIMD) {
      device const W* ar = a + size_t(begin + r) * p.k;
      float dots[ROWS] = {};
      for (uint i = 4 * lane; i < p.k; i += 4 * SIMD) {
        const float4 v = load4(ar, i, p.k);
        for (uint n = 0; n < ROWS; n++) {
          if (n < rows) {
            dots[n] += dot(v, load4(x + size_t(row + n) * p.k, i, p.k));
          }
        }
      }
      for (uint n = 0; n < ROWS; n++) {
        const float sum = simd_sum(dots[n]);
        if (lane == 0) {
          down[r][n] = p.scale * sum;
        }
      }
    }
    threadgroup_barrier(mem_flags::mem_threadgroup);
    for (uint c = 0; c < COLUMNS; c++) {
      const uint m = group.y * THREADS * COLUMNS + c * THREADS + index;
      if (m < p.m) {
        for (uint r = 0; r < ranks; r++) {
          const float v = float(b[size_t(m) * p.r + begin + r]);
          for (uint n = 0; n < ROWS; n++) {
            sums[n][c] += v * down[r][n];
          }
        }
      }
    }
    threadgroup_barrier(mem_flags::mem_threadgroup);
  }
  for (uint c = 0; c < COLUMNS; c++) {
    const uint m = group.y * THREADS * COLUMNS + c * THREADS + index;
    for (uint n = 0; n < ROWS; n++) {
      if (n < rows && m < p.m) {
        const size_t i = size_t(row + n) * p.m + m;
        y[i] = T(float(y0[i]) + sums[n][c]);
      }
    }
  }
}
INSTANTIATE_FLOAT_WITH("lora_f32", lora, float)
INSTANTIATE_FLOAT_WITH("lora_f16", lora, half)
BFLOAT(INSTANTIATE_FLOAT_WITH("lora_bf16", lora, bfloat))
