// linear: y [N, M] = x [N, K] w' + bias, w [M, K]. Few rows go by simdgroups that each make some columns, many by tiles.
struct Linear {
  uint n, k, m, bias, exact;
};

constant constexpr uint OUTPUTS = 4; // columns of y that a simdgroup makes

// Product multiplies rows of x by OUTPUTS rows of w, the lanes of a simdgroup taking four numbers each at a time.
template <uint rows, typename T, typename W>
struct Product {
  float sums[OUTPUTS][rows];
  device const T* x[rows];
  device const W* w[OUTPUTS];

  // Past the last row of a matrix, the last takes its place, and its product is not written.
  Product(device const T* xs, device const W* ws, uint2 at, constant Linear& p) {
    for (uint n = 0; n < rows; n++) {
      x[n] = xs + size_t(min(at.x + n, p.n - 1)) * p.k;
    }
    for (uint m = 0; m < OUTPUTS; m++) {
      w[m] = ws + size_t(min(at.y + m, p.m - 1)) * p.k;
      for (uint n = 0; n < rows; n++) {
        sums[m][n] = 0.0f;
      }
    }
  }

  // steps adds the products of the numbers at i, and every 4 SIMD from there, of steps in flight at once.
  template <uint steps>
  void add(uint i) {
    vec<W, 4> v[steps][OUTPUTS];
    for (uint s = 0; s < steps; s++) {
      for (uint m = 0; m < OUTPUTS; m++) {
        v[s][m] = narrow<W>(load4(w[m] + i + s * 4 * SIMD));
      }
    }
    for (uint s = 0; s < steps; s++) {
      for (uint n = 0; n < rows; n++) {
        const float4 u = load4(x[n] + i + s * 4 * SIMD);
        for (uint m = 0; m < OUTPUTS; m++) {
          sums[m][n] += dot(float4(v[s][m]), u);
        }
      }
    }
  }

  void add_one(uint i) {
    for (uint n = 0; n < rows; n++) {
      for (uint m = 0; m < OUTPUTS; m++) {
        sums[m][n] += float(x[n][i]) * float(w[m][i]);
      }
    }
  }
};

template <uint rows, typename T, typename W>
void linear_rows(device const T* x, device const W* w, Bias bias, device T* y, constant Linear& p, uint2 at, uint lane) {
  Product<rows, T, W> product(x, w, at, p);
  if (p.k % 4 == 0) {
    uint i = 4 * lane;
    for (; i + 12 * SIMD < p.k; i += 16 * SIMD) {
      product.template add<4>(i);
    }
    for (; i < p.k; i += 4 * SIMD) {
      product.template add<1>(i);
    }
  } else {
    for (uint i = lane; i < p.k; i += SIMD) {
      product.add_one(i);
    }
  }
  for (uint m = 0; m < OUTPUTS; m++) {
    for (uint n = 0; n < rows; n++) {
      const float sum = simd_sum(product.sums[m][n]);
      if (lane == 0 && at.x + n < p.n && at.y + m < p.m) {
        y[size_t(at.x + n) * p.m + at.y + m] = T(sum + bias.of(at.y + m));
      }
    }
  }
}

template <typename T, typename W>
void linear_tile(threadgroup float4* memory, device const T* x, device const W* w, Bias bias, device T* y, constant Linear& p, uint2 at,
                 uint simd, uint index) {
  const Side<T, false> left = {{x, p.n, p.k, p.k}, at.x};
  const Side<W, false> right = {{w, p.m, p.k, p.k}, at.y};
  threadgroup const float* result = multiply<typename Tiled<T>::type, false, false>(memory, left, right, p.k, simd, index);
  write_tile(y, result, uint2(p.n, p.m), at, bias, index);
}

#define PRODUCT_PARAMETERS                                                                                    \
  uint2 group [[threadgroup_position_in_grid]], uint lane [[thread_index_in_simdgroup]],                      \
      uint simd [[simdgroup_index_in_threadgroup]], uint simds [[simdgroups_per_threadgroup]]
#define TILE_PARAMETERS                                                                                       \
  uint2 tile [[threadgroup_position_in_grid]], uint index [[thread_index_in_threadgroup]],                    \
      uint simd [[simdgroup_index_in_threadgroup]]

template <typename T, typename W, uint rows>
[[kernel]] void linear(
    device const T* x [[buffer(0)]],
    device const W* w [[buffer(1)]],
    device T* y [[buffer(2)]],
    constant Linear& p [[buffer(3)]],
    PRODUCT_PARAMETERS) {
  const Bias bias = {nullptr, false};
  linear_rows<rows>(x, w, bias, y, p, uint2(group.x * rows, (group.y * simds + simd) * OUTPUTS), lane);
}

template <typename T, typename W, uint rows>
[[kernel]] void linear_bias(
    device const T* x [[buffer(0)]],
    device const W* w [[buffer(1)]],
    device const float* b [[buffer(2)]],
    device T* y [[buffer(3)]],
    constant Linear& p [[buffer(4)]],
    PRODUCT_PARAMETERS) {
  const Bias bias = {b, true};
  linear_rows<rows>(x, w, bias, y, p, uint2(group.x * rows, (group.y * simds + simd) * OUTPUTS), lane);
}

template <typename T, typename W>
[[kernel]] void linear_mm(
    device const T* x [[buffer(0)]],
    device const W* w [[buffer(1)]],
    device T* y [[buffer(2)]],
    constant Linear& p [[buffer(3)]],
    TILE_PARAMETERS) {
  threadgroup float4 memory[tile_memory<T>()];
  const Bias bias = {nullptr, false};
  linear_tile(memory, x, w, bias, y, p, tile * SIDE, simd, index);
}

template <typename T, typename W>
[[kernel]] void linear_mm_bias(
    device const T* x [[buffer(0)]],
    device const W* w [[buffer(1)]],
    device const float* b [[buffer(2)]],
    device T* y [[buffer(3)]],
    constant Linear& p [[buffer(4)]],
    TILE_PARAMETERS) {
  threadgroup float4 memory[tile_memory<T>()];
  const Bias bias = {b, true};
  linear_tile(memory, x, w, bias, y, p, tile * SIDE, simd, index);
}

#define INSTANTIATE_LINEAR(W, T, name)                         \
  INSTANTIATE(name "_mv", linear<T, W, 1>)                     \
  INSTANTIATE(name "_mv4", linear<T, W, 4>)                    \
  INSTANTIATE(name "_mm", linear_mm<T, W>)                     \
  INSTANTIATE(name "_mv_bias", linear_bias<T, W, 1>)           \
  INSTANTIATE(name "_mv4_bias", linear_bias<T, W, 4>)          \
  INSTANTIATE(name "_mm_bias", linear_mm_bias<T, W>)
#define INSTANTIATE_LINEARS(W, name)                           \
  INSTANTIATE_LINEAR(W, float, name "_f32")                    \
  INSTANTIATE_LINEAR(W, half, name "_f16")                     \
  BFLOAT(INSTANTIATE_LINEAR(W, bfloat, name "_bf16"))
INSTANTIATE_LINEARS(float, "linear_f32")
INSTANTIATE_LINEARS(half, "linear_f16")
BFLOAT(INSTANTIATE_LINEARS(bfloat, "linear_bf16"))
