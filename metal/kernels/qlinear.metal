// qlinear: y [N, M] = x [N, K] w' + bias, w [M, K] packed in values of bits with a scale and a bias for each group. Few rows go by simdgroups
// that each make some columns, many by tiles. Activations are never quantized, so exact changes nothing.
struct QLinear {
  uint n, k, m, group, bias, exact;
};

constant constexpr uint OUTPUTS = 4; // columns of y that a simdgroup makes

inline uint group_shift(uint group) { // groups are 32, 64 or 128
  return group == 32 ? 5 : group == 64 ? 6 : 7;
}

// lift_power is 150 << 23, for exact is 0 or 1. Where compilers know the number, they make it anew for each value instead of keeping it.
inline uint lift_power(constant QLinear& p) {
  return (150 + (p.exact >> 1)) << 23;
}

// Packed is a matrix [M, K]. 64 bits hold values of one group.
template <typename S, uint bits>
struct Packed {
  device const uint* words;
  device const S* scales;
  device const S* biases;
  uint rows, k, shift;
  uint power; // for lift
};

// Product multiplies rows of x by OUTPUTS rows of w. Each lane takes PER values at a time: the sum of (scale q + bias) x over them is
// scale (sum of q x) + bias (sum of x).
template <uint rows, typename T, typename S, uint bits>
struct Product {
  static constant constexpr uint PER = 64 / bits;
  float sums[OUTPUTS][rows];
  device const T* x[rows];
  device const uint* words[OUTPUTS];
  device const S* scales[OUTPUTS];
  device const S* biases[OUTPUTS];
  uint shift, power;

  // Past the last row of a matrix, the last takes its place, and its product is not written.
  Product(device const T* xs, Packed<S, bits> w, uint2 at, uint n) {
    shift = w.shift;
    power = w.power;
    for (uint r = 0; r < rows; r++) {
      x[r] = xs + size_t(min(at.x + r, n - 1)) * w.k;
    }
    for (uint m = 0; m < OUTPUTS; m++) {
      const size_t row = min(at.y + m, w.rows - 1);
      words[m] = w.words + row * (w.k * bits / 32);
      scales[m] = w.scales + row * (w.k >> shift);
      biases[m] = w.biases + row * (w.k >> shift);
      for (uint r = 0; r < rows; r++) {
        sums[m][r] = 0.0f;
      }
    }
  }

  // add takes the values at i, and every PER SIMD from there, of steps in flight at once.
  template <uint steps>
  void add(uint i) {
    uint2 q[steps][OUTPUTS];
    S scale[steps][OUTPUTS];
    S bias[steps][OUTPUTS];
    for (uint s = 0; s < steps; s++) {
      const uint g = (i + s * PER * SIMD) >> shift;
      for (uint m = 0; m < OUTPUTS; m++) {
        q[s][m] = *(device const uint2*)(words[m] + i * bits / 32 + s * 2 * SIMD);
        scale[s][m] = scales[m][g];
        bias[s][m] = biases[m][g];
      }
    }
    for (uint s = 0; s < steps; s++) {
      for (uint r = 0; r < rows; r++) {
        float4 u[PER / 4];
        float4 total = float4(0.0f);
        for (uint k = 0; k < PER / 4; k++) {
          u[k] = load4(x[r] + i + s * PER * SIMD + 4 * k);
          total += u[k];
        }
        const float all = total.x + total.y + total.z + total.w;
        for (uint m = 0; m < OUTPUTS; m++) {
          float v[PER];
          lift<bits>(q[s][m], power, v);
          float sum = 0.0f;
          for (uint k = 0; k < PER; k++) {
            sum += v[k] * u[k / 4][k % 4];
          }
          sums[m][r] += float(scale[s][m]) * sum + float(bias[s][m]) * all;
        }
      }
    }
  }
};

template <uint rows, typename T, typename S, uint bits>
void qlinear_rows(device const T* x, Packed<S, bits> w, Bias bias, device T* y, uint n, uint2 at, uint lane) {
  Product<rows, T, S, bits> product(x, w, at, n);
  const uint per = 64 / bits;
  uint i = per * lane;
  for (; i + per * SIMD < w.k; i += 2 * per * SIMD) {
    product.template add<2>(i);
  }
  if (i < w.k) {
    product.template add<1>(i);
  }
  for (uint m = 0; m < OUTPUTS; m++) {
    for (uint r = 0; r < rows; r++) {
      const float sum = simd_sum(product.sums[m][r]);
      if (lane == 0 && at.x + r < n && at.y + m < w.rows) {
        y[size_t(at.x + r) * w.rows + at.y + m] = T(sum + bias.of(at.y + m));
      }
    }
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
      lift<bits>(*(device const uint2*)(w.words + at * bits / 32), w.power, v);
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
#define PRODUCT_PARAMETERS                                                                                    \
  uint2 group [[threadgroup_position_in_grid]], uint lane [[thread_index_in_simdgroup]],                      \
      uint simd [[simdgroup_index_in_threadgroup]], uint simds [[simdgroups_per_threadgroup]]
#define TILE_PARAMETERS                                                                                       \
  uint2 tile [[threadgroup_position_in_grid]], uint index [[thread_index_in_threadgroup]],                    \
      uint simd [[simdgroup_index_in_threadgroup]]

template <typename T, typename S, uint bits, uint rows>
[[kernel]] void qlinear(
    MATRIX_PARAMETERS,
    device T* y [[buffer(4)]],
    constant QLinear& p [[buffer(5)]],
    PRODUCT_PARAMETERS) {
  const Packed<S, bits> w = {words, scales, biases, p.m, p.k, group_shift(p.group), lift_power(p)};
  const Bias bias = {nullptr, false};
  qlinear_rows<rows>(x, w, bias, y, p.n, uint2(group.x * rows, (group.y * simds + simd) * OUTPUTS), lane);
}

template <typename T, typename S, uint bits, uint rows>
[[kernel]] void qlinear_bias(
    MATRIX_PARAMETERS,
    device const float* b [[buffer(4)]],
    device T* y [[buffer(5)]],
    constant QLinear& p [[buffer(6)]],
    PRODUCT_PARAMETERS) {
  const Packed<S, bits> w = {words, scales, biases, p.m, p.k, group_shift(p.group), lift_power(p)};
  const Bias bias = {b, true};
  qlinear_rows<rows>(x, w, bias, y, p.n, uint2(group.x * rows, (group.y * simds + simd) * OUTPUTS), lane);
}

template <typename T, typename S, uint bits>
[[kernel]] void qlinear_mm(
    MATRIX_PARAMETERS,
    device T* y [[buffer(4)]],
    constant QLinear& p [[buffer(5)]],
    TILE_PARAMETERS) {
  threadgroup float4 memory[tile_memory<T>()];
  const Packed<S, bits> w = {words, scales, biases, p.m, p.k, group_shift(p.group), lift_power(p)};
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
  const Packed<S, bits> w = {words, scales, biases, p.m, p.k, group_shift(p.group), lift_power(p)};
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
