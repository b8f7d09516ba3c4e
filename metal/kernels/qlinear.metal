#include "packed.metal"

// qlinear: y [N, M] = x [N, K] w' + bias, w [M, K] packed in values of bits with a scale and a bias for each group. Few rows go by simdgroups
// that each make some columns, many by tiles. Activations are never quantized, so exact changes nothing.
template <uint rows, typename T, typename S, uint bits>
void qlinear_rows(threadgroup float* parts, device const T* x, Packed<S, bits> w, Bias bias, device T* y, uint n, uint2 at, Place place) {
  constexpr uint M = outputs<rows>();
  products<rows, M, 1>(parts, x, &w, n, at, place);
  const uint r = at.x + place.index / M;
  const uint m = at.y + place.index % M;
  if (place.index < rows * M && r < n && m < w.rows) {
    y[size_t(r) * w.rows + m] = T(total(parts, place.index, rows * M, place) + bias.of(m));
  }
}

// PackedSide is the side of a product that loads SIDE rows of a packed matrix from begin on.
template <typename S, uint bits>
struct PackedSide {
  Packed<S, bits> w;
  uint begin;

  template <typename C>
  void load(threadgroup C* tile, uint k, uint index) {
    const uint per = 64 / bits;
    for (uint n = 0; n < SIDE * DEPTH / per / TILE_THREADS; n++) {
      const uint i = index + n * TILE_THREADS;
      const uint row = i / (DEPTH / per);
      const uint column = i % (DEPTH / per) * per;
      const size_t at = size_t(min(begin + row, w.rows - 1)) * w.k + k + column; // what comes of rows past the end is not written
      const float scale = float(w.scales[at >> w.shift]);
      const float bias = float(w.biases[at >> w.shift]);
      float v[per];
      lift<bits>(*(device const uint2*)(w.words + at * bits / 32), w.power.lift, v);
      for (uint j = 0; j < per; j += 4) {
        const float4 f = float4(v[j], v[j + 1], v[j + 2], v[j + 3]) * scale + bias;
        *(threadgroup vec<C, 4>*)(tile + row * (DEPTH + PAD) + column + j) = narrow<C>(f);
      }
    }
  }
};

template <typename T, typename S, uint bits>
void qlinear_tile(threadgroup float4* memory, device const T* x, Packed<S, bits> w, Bias bias, device T* y, uint n, uint2 at, uint simd,
                  uint index) {
  const Side<T, false> left = {{x, n, w.k, w.k}, at.x};
  const PackedSide<S, bits> right = {w, at.y};
  threadgroup const float* result = multiply<typename Tiled<T>::type, false, false>(memory, left, right, w.k, simd, index);
  write_tile(y, result, uint2(n, w.rows), at, bias, index);
}

#define MATRIX_PARAMETERS                                                                                     \
  device const T *x [[buffer(0)]], device const uint *words [[buffer(1)]], device const S *scales [[buffer(2)]], \
      device const S *biases [[buffer(3)]]
#define TILE_PARAMETERS                                                                                       \
  uint2 tile [[threadgroup_position_in_grid]], uint index [[thread_index_in_threadgroup]],                    \
      uint simd [[simdgroup_index_in_threadgroup]]

template <typename T, typename S, uint bits, uint rows>
[[kernel]] void qlinear(
    MATRIX_PARAMETERS,
    device T* y [[buffer(4)]],
    constant QLinear& p [[buffer(5)]],
    PRODUCT_PARAMETERS) {
  threadgroup float parts[SPLIT * rows * outputs<rows>()];
  const Packed<S, bits> w = {words, scales, biases, p.m, p.k, group_shift(p.group), powers(p)};
  const Bias bias = {nullptr, false};
  qlinear_rows<rows>(parts, x, w, bias, y, p.n, uint2(group.x * rows, group.y * outputs<rows>()), {index, lane, simd, simds});
}

template <typename T, typename S, uint bits, uint rows>
[[kernel]] void qlinear_bias(
    MATRIX_PARAMETERS,
    device const float* b [[buffer(4)]],
    device T* y [[buffer(5)]],
    constant QLinear& p [[buffer(6)]],
    PRODUCT_PARAMETERS) {
  threadgroup float parts[SPLIT * rows * outputs<rows>()];
  const Packed<S, bits> w = {words, scales, biases, p.m, p.k, group_shift(p.group), powers(p)};
  const Bias bias = {b, true};
  qlinear_rows<rows>(parts, x, w, bias, y, p.n, uint2(group.x * rows, group.y * outputs<rows>()), {index, lane, simd, simds});
}

template <typename T, typename S, uint bits>
[[kernel]] void qlinear_mm(
    MATRIX_PARAMETERS,
    device T* y [[buffer(4)]],
    constant QLinear& p [[buffer(5)]],
    TILE_PARAMETERS) {
  threadgroup float4 memory[tile_memory<T>()];
  const Packed<S, bits> w = {words, scales, biases, p.m, p.k, group_shift(p.group), powers(p)};
  const Bias bias = {nullptr, false};
  qlinear_tile(memory, x, w, bias, y, p.n, tile * SIDE, simd, index);
}

template <typename T, typename S, uint bits>
[[kernel]] void qlinear_mm_bias(
    MATRIX_PARAMETERS,
    device const float* b [[buffer(4)]],
    device T* y [[buffer(5)]],
    constant QLinear& p [[buffer(6)]],
    TILE_PARAMETERS) {
  threadgroup float4 memory[tile_memory<T>()];
  const Packed<S, bits> w = {words, scales, biases, p.m, p.k, group_shift(p.group), powers(p)};
  const Bias bias = {b, true};
  qlinear_tile(memory, x, w, bias, y, p.n, tile * SIDE, simd, index);
}

#define INSTANTIATE_FORMS(T, S, bits, name)                          \
  INSTANTIATE(name "_mv", qlinear<T, S, bits, 1>)                    \
  INSTANTIATE(name "_mv4", qlinear<T, S, bits, 4>)                   \
  INSTANTIATE(name "_mm", qlinear_mm<T, S, bits>)                    \
  INSTANTIATE(name "_mv_bias", qlinear_bias<T, S, bits, 1>)          \
  INSTANTIATE(name "_mv4_bias", qlinear_bias<T, S, bits, 4>)         \
  INSTANTIATE(name "_mm_bias", qlinear_mm_bias<T, S, bits>)
#define INSTANTIATE_SCALES(S, bits, name)                            \
  INSTANTIATE_FORMS(float, S, bits, name "_f32")                     \
  INSTANTIATE_FORMS(half, S, bits, name "_f16")                      \
  BFLOAT(INSTANTIATE_FORMS(bfloat, S, bits, name "_bf16"))
INSTANTIATE_SCALES(float, 4, "qlinear_4_f32")
INSTANTIATE_SCALES(half, 4, "qlinear_4_f16")
BFLOAT(INSTANTIATE_SCALES(bfloat, 4, "qlinear_4_bf16"))
INSTANTIATE_SCALES(float, 8, "qlinear_8_f32")
INSTANTIATE_SCALES(half, 8, "qlinear_8_f16")
BFLOAT(INSTANTIATE_SCALES(bfloat, 8, "qlinear_8_bf16"))
