// matmul: y [N, M] = a [N, K] b [K, M] for each of a batch. a is given as [K, N] where across_a, b as [M, K] where not across_b.
struct MatMul {
  uint batch, n, k, m, trans_a, trans_b;
};

template <typename T, bool across_a, bool across_b>
[[kernel]] void matmul(
    device const T* a [[buffer(0)]],
    device const T* b [[buffer(1)]],
    device T* y [[buffer(2)]],
    constant MatMul& p [[buffer(3)]],
    uint3 tile [[threadgroup_position_in_grid]],
    uint index [[thread_index_in_threadgroup]],
    uint simd [[simdgroup_index_in_threadgroup]]) {
  typedef typename Tiled<T>::type C;
  threadgroup float4 memory[tile_memory<T>()];
  const uint2 at = tile.xy * SIDE;
  a += size_t(tile.z) * p.n * p.k;
  b += size_t(tile.z) * p.k * p.m;
  y += size_t(tile.z) * p.n * p.m;
  const Side<T, across_a> left = {{a, across_a ? p.k : p.n, across_a ? p.n : p.k, across_a ? p.n : p.k}, at.x};
  const Side<T, across_b> right = {{b, across_b ? p.k : p.m, across_b ? p.m : p.k, across_b ? p.m : p.k}, at.y};
  const Bias none = {nullptr, false};
  threadgroup const float* result = multiply<C, across_a, across_b>(memory, left, right, p.k, simd, index);
  write_tile(y, result, uint2(p.n, p.m), at, none, index);
}
#define INSTANTIATE_MATMUL(T, name)                       \
  INSTANTIATE(name "_nn", matmul<T, false, true>)         \
  INSTANTIATE(name "_nt", matmul<T, false, false>)        \
  INSTANTIATE(name "_tn", matmul<T, true, true>)          \
  INSTANTIATE(name "_tt", matmul<T, true, false>)
INSTANTIATE_MATMUL(float, "matmul_f32")
INSTANTIATE_MATMUL(half, "matmul_f16")
BFLOAT(INSTANTIATE_MATMUL(bfloat, "matmul_bf16"))
