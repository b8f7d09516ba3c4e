// What the kernels share that multiply few rows by packed matrices, values of bits with a scale and a bias for each group. A file asks for this
// text by an #include.
struct QLinear {
  uint n, k, m, group, bias, exact;
};

// Up to SPLIT simdgroups of a threadgroup share the columns of w and make the same numbers of y together, so that a short matrix keeps a GPU
// busy too.
constant constexpr uint SPLIT = 4;

// outputs is how many columns of y a threadgroup makes for each of its rows of x.
template <uint rows>
constexpr uint outputs() {
  return rows == 1 ? 8 : 4;
}

inline uint group_shift(uint group) { // groups are 32, 64 or 128
  return group == 32 ? 5 : group == 64 ? 6 : 7;
}

// Powers are what values are made numbers with: 2^23, for lift, and 1024 and 64 as two halves each, for Raised. exact is 0 or 1: where compilers
// know the numbers, they make them anew for each value instead of keeping them.
struct Powers {
  uint lift, low, high;
};
inline Powers powers(constant QLinear& p) {
  return {(150 + (p.exact >> 1)) << 23, 0x64006400u + (p.exact >> 1), 0x54005400u + (p.exact >> 2)};
}

// Packed is a matrix [M, K]. 64 bits hold values of one group.
template <typename S, uint bits>
struct Packed {
  device const uint* words;
  device const S* scales;
  device const S* biases;
  uint rows, k, shift;
  Powers power;
};

// lift takes the 64 / bits values out of q. It makes floats without a conversion, which is slow: as the low digits of a power of two, which
// is then taken away. power is 150 << 23, that is 2^23.
template <uint bits>
void lift(uint2 q, uint power, thread float* v) {
  for (uint i = 0; i < 64 / bits; i++) {
    const uint word = i < 32 / bits ? q.x : q.y;
    const uint part = i / (16 / bits) % 2 == 0 ? word : word >> 16;
    const uint low = bits * (i % (16 / bits)); // the value's first bit in part, which counts 1 in 2^(23 - low)
    const uint less = power - (low << 23);
    v[i] = as_type<float>((part & ((1u << bits) - 1) << low) | less) - as_type<float>(less);
  }
}

// Raised takes the values out of a word, in pairs: as the low digits of halves that are a power of two, without shifts or conversions of
// each. The pairs of eight values are (0, 4), (1, 5), (2, 6) and (3, 7), and those of four bytes (0, 2) and (1, 3). Values at even places
// are too large by 1024, and so are those at odd ones, or by 64 where they have 4 bits, for these lie four digits higher. Where activations
// are halves this is taken away from sums; where they are floats, it would cost too many digits there, and goes at once.
template <uint bits, bool exact>
struct Raised {
  half2 v[16 / bits];

  Raised(uint q, Powers power) {
    for (uint i = 0; i < 16 / bits; i++) {
      const bool high = bits == 4 && i % 2 == 1;
      const uint part = i / (8 / bits) == 0 ? q : q >> 8;
      const uint by = high ? power.high : power.low;
      v[i] = as_type<half2>((part & (bits == 8 ? 0x00ff00ffu : high ? 0x00f000f0u : 0x000f000fu)) | by);
      if (exact) {
        v[i] -= as_type<half2>(by);
      }
    }
  }
  // excess is what a sum of values times numbers is too large by, of the sums of the numbers at even and odd places.
  static float excess(float even, float odd) {
    return exact ? 0.0f : 1024.0f * even + (bits == 4 ? 64.0f : 1024.0f) * odd;
  }
};

// Product multiplies rows of x by M rows, of one matrix or half of them of each of two. A lane takes PER values at a time: the sum of
// (scale q + bias) x over them is scale (sum of q x) + bias (sum of x).
template <uint rows, uint M, uint matrices, typename T, typename S, uint bits>
struct Product {
  static constant constexpr uint PER = 64 / bits;
  static constant constexpr bool EXACT = sizeof(T) == 4;
  float sums[M][rows];
  device const T* x[rows];
  Packed<S, bits> w[matrices];
  uint word[M / matrices]; // the first of a row
  uint group[M / matrices];

  // Past the last row of a matrix, the last takes its place, and its product is not written.
  Product(device const T* xs, thread const Packed<S, bits>* ws, uint2 at, uint n) {
    for (uint i = 0; i < matrices; i++) {
      w[i] = ws[i];
    }
    for (uint r = 0; r < rows; r++) {
      x[r] = xs + size_t(min(at.x + r, n - 1)) * w[0].k;
    }
    for (uint m = 0; m < M / matrices; m++) {
      const uint row = min(at.y + m, w[0].rows - 1);
      word[m] = row * (w[0].k * bits / 32);
      group[m] = row * (w[0].k >> w[0].shift);
    }
    for (uint m = 0; m < M; m++) {
      for (uint r = 0; r < rows; r++) {
        sums[m][r] = 0.0f;
      }
    }
  }

  void add(uint i) {
    uint2 q[M];
    S scale[M];
    S bias[M];
    for (uint m = 0; m < M; m++) {
      const thread Packed<S, bits>& from = w[m * matrices / M];
      const uint g = group[m % (M / matrices)] + (i >> from.shift);
      q[m] = *(device const uint2*)(from.words + (word[m % (M / matrices)] + i * bits / 32));
      scale[m] = from.scales[g];
      bias[m] = from.biases[g];
    }
    vec<T, 4> v[rows][PER / 4];
    for (uint r = 0; r < rows; r++) {
      for (uint k = 0; k < PER / 4; k++) {
        v[r][k] = narrow<T>(load4(x[r] + i + 4 * k));
      }
    }
    for (uint r = 0; r < rows; r++) {
      float4 u[PER / 4];
      float4 total = float4(0.0f);
      for (uint k = 0; k < PER / 4; k++) {
        u[k] = float4(v[r][k]);
        total += u[k];
      }
      const float even = total.x + total.z;
      const float odd = total.y + total.w;
      for (uint m = 0; m < M; m++) {
        float sum = -Raised<bits, EXACT>::excess(even, odd);
        for (uint part = 0; part < 2; part++) {
          const Raised<bits, EXACT> raised(part == 0 ? q[m].x : q[m].y, w[0].power);
          for (uint k = 0; k < PER / 4; k++) {
            const uint low = part * PER / 2 + k;
            const uint high = low + PER / 4;
            sum += float(raised.v[k].x) * u[low / 4][low % 4] + float(raised.v[k].y) * u[high / 4][high % 4];
          }
        }
        sums[m][r] += float(scale[m]) * sum + float(bias[m]) * (even + odd);
      }
    }
  }
};

// Place is a thread's among those that make the same numbers of y.
struct Place {
  uint index, lane, simd, simds;
};

// products leaves in parts, for each simdgroup, its sums [rows, M] for the rows of x and of w from at on.
template <uint rows, uint M, uint matrices, typename T, typename S, uint bits>
void products(threadgroup float* parts, device const T* x, thread const Packed<S, bits>* w, uint n, uint2 at, Place place) {
  Product<rows, M, matrices, T, S, bits> product(x, w, at, n);
  const uint step = 64 / bits * SIMD; // of a simdgroup
  for (uint i = place.simd * step + 64 / bits * place.lane; i < w[0].k; i += place.simds * step) {
    product.add(i);
  }
  for (uint m = 0; m < M; m++) {
    for (uint r = 0; r < rows; r++) {
      const float sum = simd_sum(product.sums[m][r]);
      if (place.lane == 0) {
        parts[(place.simd * rows + r) * M + m] = sum;
      }
    }
  }
  threadgroup_barrier(mem_flags::mem_threadgroup);
}

// total is number i of size that the simdgroups have a part of.
inline float total(threadgroup const float* parts, uint i, uint size, Place place) {
  float sum = 0.0f;
  for (uint s = 0; s < place.simds; s++) {
    sum += parts[s * size + i];
  }
  return sum;
}

#define PRODUCT_PARAMETERS                                                                                    \
  uint2 group [[threadgroup_position_in_grid]], uint index [[thread_index_in_threadgroup]],                   \
      uint lane [[thread_index_in_simdgroup]], uint simd [[simdgroup_index_in_threadgroup]],                      \
      uint simds [[simdgroups_per_threadgroup]]
