// What the kernels share; this text stands before each of them. A kernel's buffers are its inputs, its output and its arguments.
// Buffers begin at multiples of 8 bytes. Sums are in f32 and always in the same order. A simdgroup is 32 threads.
#include <metal_stdlib>
#include <metal_simdgroup>
using namespace metal;

constant constexpr uint SIMD = 32;
constant constexpr float LOWEST = -3.402823466e+38f; // of f32: below every number, and finite, for fast arithmetic may not know infinity

// INSTANTIATE gives one instance of a kernel the name of its pipeline; the others one for each type of activations, and each form by rows.
#define INSTANTIATE(name, ...) template [[host_name(name)]] [[kernel]] decltype(__VA_ARGS__) __VA_ARGS__;
#if __METAL_VERSION__ >= 310
#define BFLOAT(...) __VA_ARGS__
#else
#define BFLOAT(...)
#endif
#define INSTANTIATE_FLOAT(name, function)      \
  INSTANTIATE(name "_f32", function<float>)    \
  INSTANTIATE(name "_f16", function<half>)     \
  BFLOAT(INSTANTIATE(name "_bf16", function<bfloat>))
#define INSTANTIATE_FLOAT_WITH(name, function, ...)         \
  INSTANTIATE(name "_f32", function<float, __VA_ARGS__>)    \
  INSTANTIATE(name "_f16", function<half, __VA_ARGS__>)     \
  BFLOAT(INSTANTIATE(name "_bf16", function<bfloat, __VA_ARGS__>))
#define INSTANTIATE_ROWS(name, function)                        \
  INSTANTIATE_FLOAT_WITH(name, function, false)                 \
  INSTANTIATE(name "_f32_wide", function<float, true>)          \
  INSTANTIATE(name "_f16_wide", function<half, true>)           \
  BFLOAT(INSTANTIATE(name "_bf16_wide", function<bfloat, true>))

// Rows of a cache may be whole numbers of 8 bits, with a scale behind them that they are to be multiplied by. kept_row is how far such a row
// of n numbers reaches, and row_scale its scale.
template <typename T>
uint kept_row(uint n) {
  return n + (sizeof(T) == 1 ? sizeof(float) : 0);
}
template <typename T>
float row_scale(device const T*, uint) {
  return 1.0f;
}
inline float row_scale(device const char* row, uint n) {
  return *(device const float*)(row + n);
}

// load4 reads four numbers in a row.
template <typename T>
float4 load4(device const T* x) {
  return float4(*(device const vec<T, 4>*)x);
}
inline float4 load4(device const float* x) { // a float4 would have to begin at a multiple of 16 bytes
  return float4(*(device const float2*)x, *(device const float2*)(x + 2));
}

// The numbers i to i+3 of a row of n, and fill past its end. i is a multiple of 4, and rows follow one another; n is one too where whole.
template <bool whole, typename T>
float4 load4(device const T* row, uint i, uint n, float fill) {
  if (whole) {
    return load4(row + i);
  }
  float4 v = float4(fill);
  for (uint k = 0; k < 4; k++) {
    if (i + k < n) {
      v[k] = float(row[i + k]);
    }
  }
  return v;
}
template <typename T>
float4 load4(device const T* row, uint i, uint n, float fill = 0.0f) {
  return n % 4 == 0 ? load4<true>(row, i, n, fill) : load4<false>(row, i, n, fill);
}

template <typename T>
void store4(device T* y, float4 v) {
  vec<T, 4> r;
  r.x = T(v.x);
  r.y = T(v.y);
  r.z = T(v.z);
  r.w = T(v.w);
  *(device vec<T, 4>*)y = r;
}
inline void store4(device float* y, float4 v) {
  *(device float2*)y = v.xy;
  *(device float2*)(y + 2) = v.zw;
}

template <bool whole, typename T>
void store4(device T* row, uint i, uint n, float4 v) {
  if (whole) {
    store4(row + i, v);
    return;
  }
  for (uint k = 0; k < 4; k++) {
    if (i + k < n) {
      row[i + k] = T(v[k]);
    }
  }
}
template <typename T>
void store4(device T* row, uint i, uint n, float4 v) {
  if (n % 4 == 0) {
    store4<true>(row, i, n, v);
  } else {
    store4<false>(row, i, n, v);
  }
}

// group_sum adds v over a threadgroup of simds simdgroups. No other call may use its scratch, a number for each simdgroup.
inline float group_sum(float v, threadgroup float* scratch, uint lane, uint simd, uint simds) {
  v = simd_sum(v);
  if (lane == 0) {
    scratch[simd] = v;
  }
  threadgroup_barrier(mem_flags::mem_threadgroup);
  return simd_sum(lane < simds ? scratch[lane] : 0.0f);
}

inline float group_max(float v, threadgroup float* scratch, uint lane, uint simd, uint simds) {
  v = simd_max(v);
  if (lane == 0) {
    scratch[simd] = v;
  }
  threadgroup_barrier(mem_flags::mem_threadgroup);
  return simd_max(lane < simds ? scratch[lane] : LOWEST);
}

inline uint group_min(uint v, threadgroup uint* scratch, uint lane, uint simd, uint simds) {
  v = simd_min(v);
  if (lane == 0) {
    scratch[simd] = v;
  }
  threadgroup_barrier(mem_flags::mem_threadgroup);
  return simd_min(lane < simds ? scratch[lane] : 0xffffffffu);
}

#define TEAM_PARAMETERS                                                                                     \
  uint group [[threadgroup_position_in_grid]], uint lane [[thread_index_in_simdgroup]],                     \
      uint simd [[simdgroup_index_in_threadgroup]], uint simds [[simdgroups_per_threadgroup]]

// Team is the threads that share one row: a whole threadgroup where wide, else a simdgroup. A thread takes the numbers begin to begin+3
// of the row, and so on every stride. What the threads of a team hold is brought together by sum, top and least.
template <bool wide>
struct Team {
  uint row, begin, stride, lane, simd, simds;

  Team(uint group, uint lane, uint simd, uint simds) : lane(lane), simd(simd), simds(simds) {
    row = wide ? group : group * simds + simd;
    begin = 4 * (wide ? simd * SIMD + lane : lane);
    stride = 4 * SIMD * (wide ? simds : 1);
  }
  float sum(float v, threadgroup float* scratch) {
    return wide ? group_sum(v, scratch, lane, simd, simds) : simd_sum(v);
  }
  float top(float v, threadgroup float* scratch) {
    return wide ? group_max(v, scratch, lane, simd, simds) : simd_max(v);
  }
  uint least(uint v, threadgroup uint* scratch) {
    return wide ? group_min(v, scratch, lane, simd, simds) : simd_min(v);
  }
  bool first() { // one thread of the team
    return begin == 0;
  }
};

// Kept is a row of n in registers, as far as it fits, with 0 past its end. The launch gives a thread no more, up to 16384 numbers.
template <bool wide, bool whole>
struct Kept {
  static constexpr constant uint size = wide ? 4 : 8;
  float4 v[size];

  template <typename T>
  Kept(device const T* row, uint n, Team<wide> team) {
    for (uint k = 0; k < size; k++) {
      const uint i = team.begin + k * team.stride;
      v[k] = i < n ? load4<whole>(row, i, n, 0.0f) : float4(0.0f);
    }
  }
};

// Peak is the largest of some numbers and the sum of e^(x - top), of those so far.
struct Peak {
  float top = LOWEST;
  float sum = 0.0f;

  void take(float4 v) {
    const float m = max(top, max(max(v.x, v.y), max(v.z, v.w)));
    sum = sum * precise::exp(top - m) + dot(precise::exp(v - m), float4(1.0f));
    top = m;
  }
  // gather is the Peak of all that a team has taken.
  template <bool wide>
  void gather(Team<wide> team, threadgroup float* tops, threadgroup float* sums) {
    const float m = team.top(top, tops);
    sum = team.sum(sum * precise::exp(top - m), sums);
    top = m;
  }
};

// Arguments of ops on rows, N of C numbers.
struct Rows {
  uint n, c;
};

// logistic is 1 / (1 + e^-x), without overflow.
inline float logistic(float x) {
  const float e = precise::exp(-abs(x));
  return (x < 0.0f ? e : 1.0f) / (1.0f + e);
}

// complement is erfc(z) for z >= 0, with relative error below 1.2e-7 (Numerical Recipes, 2nd edition, 6.2).
inline float complement(float z) {
  const float t = 1.0f / (1.0f + 0.5f * z);
  float p = 0.17087277f;
  p = fma(p, t, -0.82215223f);
  p = fma(p, t, 1.48851587f);
  p = fma(p, t, -1.13520398f);
  p = fma(p, t, 0.27886807f);
  p = fma(p, t, -0.18628806f);
  p = fma(p, t, 0.09678418f);
  p = fma(p, t, 0.37409196f);
  p = fma(p, t, 1.00002368f);
  p = fma(p, t, -1.26551223f);
  return t * precise::exp(p - z * z);
}

// unpack4 is four packed values of bits each, from the one at i, a multiple of 4, of the row w.
template <uint bits>
float4 unpack4(device const uint* w, uint i) {
  const uint q = w[i * bits / 32] >> (i * bits % 32);
  const uint mask = (1u << bits) - 1;
  return float4(float(q & mask), float(q >> bits & mask), float(q >> 2 * bits & mask), float(q >> 3 * bits & mask));
}

// unary runs the ops y = f(x), four numbers a thread. F is the op's arguments, with f as of.
template <typename T, typename F>
[[kernel]] void unary(
    device const T* x [[buffer(0)]],
    device T* y [[buffer(1)]],
    constant F& p [[buffer(2)]],
    uint id [[thread_position_in_grid]]) {
  const uint i = 4 * id;
  if (i + 4 <= p.size) {
    const float4 v = load4(x + i);
    store4(y + i, float4(F::of(v.x, p), F::of(v.y, p), F::of(v.z, p), F::of(v.w, p)));
    return;
  }
  for (uint k = i; k < p.size; k++) {
    y[k] = T(F::of(float(x[k]), p));
  }
}
#define INSTANTIATE_UNARY(name, F) INSTANTIATE_FLOAT_WITH(name, unary, F)

// binary runs the ops y = f(a, b), four numbers a thread; b repeats. b of another type than a is f32.
struct Binary {
  uint size, bsize;
};

template <typename T, typename U, typename F>
[[kernel]] void binary(
    device const T* a [[buffer(0)]],
    device const U* b [[buffer(1)]],
    device T* y [[buffer(2)]],
    constant Binary& p [[buffer(3)]],
    uint id [[thread_position_in_grid]]) {
  const uint i = 4 * id;
  const uint j = i % p.bsize;
  if (i + 4 <= p.size && (p.bsize % 4 == 0 || p.bsize == p.size)) {
    store4(y + i, F::of(load4(a + i), load4(b + j)));
    return;
  }
  for (uint k = i; k < min(i + 4, p.size); k++) {
    y[k] = T(F::of(float4(float(a[k])), float4(float(b[k % p.bsize]))).x);
  }
}
#define INSTANTIATE_BINARY(name, F)                                 \
  INSTANTIATE(name "_f32", binary<float, float, F>)                 \
  INSTANTIATE(name "_f16", binary<half, half, F>)                   \
  INSTANTIATE(name "_f32_f16", binary<half, float, F>)              \
  BFLOAT(INSTANTIATE(name "_bf16", binary<bfloat, bfloat, F>)       \
         INSTANTIATE(name "_f32_bf16", binary<bfloat, float, F>))

// INSTANTIATE_PACKED is for kernels of the type of activations, that of scales, and the bits of a packed value.
#define INSTANTIATE_PACKED(name, function)                                \
  INSTANTIATE_FLOAT_WITH(name "_4_f32", function, float, 4)               \
  INSTANTIATE_FLOAT_WITH(name "_4_f16", function, half, 4)                \
  BFLOAT(INSTANTIATE_FLOAT_WITH(name "_4_bf16", function, bfloat, 4))     \
  INSTANTIATE_FLOAT_WITH(name "_8_f32", function, float, 8)               \
  INSTANTIATE_FLOAT_WITH(name "_8_f16", function, half, 8)                \
  BFLOAT(INSTANTIATE_FLOAT_WITH(name "_8_bf16", function, bfloat, 8))

// Quad is where a thread of id finds its four numbers, where each row of n takes as many threads as it needs.
struct Quad {
  uint row, i;

  Quad(uint id, uint n) {
    const uint threads = (n + 3) / 4;
    row = id / threads;
    i = 4 * (id - row * threads);
  }
};

// Span is the positions that query i of attention sees, begin to end: those of spans, which has n ends and then, if from is set, n beginnings.
// A query past the last, of no sequence, or of one that the cache has not, sees none.
struct Span {
  int begin, end;

  Span(device const int* seqs, device const int* spans, uint i, uint n, uint sequences, uint from) {
    const bool sees = i < n && uint(seqs[i]) < sequences;
    end = sees ? spans[i] : 0;
    begin = sees && from > 0 ? spans[n + i] : 0;
  }
};

// Products of matrices are made of tiles. 128 threads make SIDE x SIDE numbers of the result, from DEPTH columns of both sides at a time,
// which wait in threadgroup memory: as half where activations are half, as float else, for bfloat has too few digits and no matrices of
// its own in Metal 3.0. PAD keeps the rows of a tile from meeting in the same banks.
constant constexpr uint SIDE = 64;
constant constexpr uint DEPTH = 32;
constant constexpr uint PAD = 8;
constant constexpr uint TILE_THREADS = 128;
constant constexpr uint TILE = SIDE * (DEPTH + PAD); // numbers of the larger of the two layouts

template <typename T>
struct Tiled {
  typedef float type;
};
template <>
struct Tiled<half> {
  typedef half type;
};
template <typename T> // the float4 of threadgroup memory that a kernel for activations T needs: two tiles, or the result
constexpr uint tile_memory() {
  return sizeof(typename Tiled<T>::type) == 4 ? 2 * TILE / 4 : SIDE * SIDE / 4;
}

template <typename C>
vec<C, 4> narrow(float4 v) {
  vec<C, 4> r;
  r.x = C(v.x);
  r.y = C(v.y);
  r.z = C(v.z);
  r.w = C(v.w);
  return r;
}

// Matrix is rows of numbers, stride apart.
template <typename S>
struct Matrix {
  device const S* at;
  uint rows, cols, stride;
};

// load_tile copies height x width numbers of m from row and col on, 0 outside m, to rows of width + PAD. Where rows are made of fours, all
// threads read, so that no branch keeps one read waiting for another.
template <uint height, uint width, typename C, typename S>
void load_tile(threadgroup C* tile, Matrix<S> m, uint row, uint col, uint index) {
  const bool fours = m.cols % 4 == 0 && m.stride % 4 == 0;
  for (uint n = 0; n < height * width / 4 / TILE_THREADS; n++) {
    const uint i = index + n * TILE_THREADS;
    const uint r = row + i / (width / 4);
    const uint c = col + i % (width / 4) * 4;
    device const S* from = m.at + size_t(min(r, m.rows - 1)) * m.stride;
    float4 v = float4(0.0f);
    if (fours) {
      v = load4(from + min(c, m.cols - 4));
      v = r < m.rows && c < m.cols ? v * row_scale(from, m.cols) : float4(0.0f);
    } else {
      for (uint k = 0; k < 4; k++) {
        if (r < m.rows && c + k < m.cols) {
          v[k] = float(from[c + k]);
        }
      }
    }
    *(threadgroup vec<C, 4>*)(tile + i / (width / 4) * (width + PAD) + i % (width / 4) * 4) = narrow<C>(v);
  }
}

// Side is what one side of a product loads: SIDE rows of a matrix from begin on, or columns where across.
template <typename S, bool across>
struct Side {
  Matrix<S> m;
  uint begin;

  template <typename C>
  void load(threadgroup C* tile, uint k, uint index) {
    if (across) {
      load_tile<DEPTH, SIDE>(tile, m, k, begin, index);
    } else {
      load_tile<SIDE, DEPTH>(tile, m, begin, k, index);
    }
  }
};

// Sums is the part of a result that one simdgroup of four makes, 32 x 32 numbers.
struct Sums {
  simdgroup_float8x8 sums[4][4];
  uint row, col;

  Sums(uint simd) {
    row = simd / 2 * 32;
    col = simd % 2 * 32;
    for (uint i = 0; i < 4; i++) {
      for (uint j = 0; j < 4; j++) {
        sums[i][j] = make_filled_simdgroup_matrix<float, 8, 8>(0.0f);
      }
    }
  }

  // add multiplies tiles a and b, which lie as [SIDE, DEPTH], or across as [DEPTH, SIDE].
  template <bool across_a, bool across_b, typename C>
  void add(threadgroup const C* a, threadgroup const C* b) {
    const uint lda = (across_a ? SIDE : DEPTH) + PAD;
    const uint ldb = (across_b ? SIDE : DEPTH) + PAD;
    for (uint k = 0; k < DEPTH; k += 8) {
      simdgroup_matrix<C, 8, 8> left[4];
      simdgroup_matrix<C, 8, 8> right[4];
      for (uint i = 0; i < 4; i++) {
        simdgroup_load(left[i], a + (across_a ? k * lda + row + 8 * i : (row + 8 * i) * lda + k), lda, ulong2(0), across_a);
        simdgroup_load(right[i], b + (across_b ? k * ldb + col + 8 * i : (col + 8 * i) * ldb + k), ldb, ulong2(0), !across_b);
      }
      for (uint i = 0; i < 4; i++) {
        for (uint j = 0; j < 4; j++) {
          simdgroup_multiply_accumulate(sums[i][j], left[i], right[j], sums[i][j]);
        }
      }
    }
  }

  void store(threadgroup float* result) {
    for (uint i = 0; i < 4; i++) {
      for (uint j = 0; j < 4; j++) {
        simdgroup_store(sums[i][j], result + (row + 8 * i) * SIDE + col + 8 * j, SIDE);
      }
    }
  }
};

// multiply makes a tile of a b in memory, where all threads may then read it. depth is the inner extent.
template <typename C, bool across_a, bool across_b, typename A, typename B>
threadgroup float* multiply(threadgroup float4* memory, A a, B b, uint depth, uint simd, uint index) {
  threadgroup C* left = (threadgroup C*)memory;
  threadgroup C* right = left + TILE;
  Sums sums(simd);
  for (uint k = 0; k < depth; k += DEPTH) {
    a.load(left, k, index);
    b.load(right, k, index);
    threadgroup_barrier(mem_flags::mem_threadgroup);
    sums.add<across_a, across_b>((threadgroup const C*)left, (threadgroup const C*)right);
    threadgroup_barrier(mem_flags::mem_threadgroup);
  }
  threadgroup float* result = (threadgroup float*)memory;
  sums.store(result);
  threadgroup_barrier(mem_flags::mem_threadgroup);
  return result;
}

// Bias is what a product adds to column m of its result, nothing without one.
struct Bias {
  device const float* at;
  bool given;

  float of(uint m) {
    return given ? at[m] : 0.0f;
  }
};

// write_tile copies a tile from row and col on to y [rows, cols].
template <typename T>
void write_tile(device T* y, threadgroup const float* tile, uint2 size, uint2 at, Bias bias, uint index) {
  for (uint i = index; i < SIDE * SIDE; i += TILE_THREADS) {
    const uint r = at.x + i / SIDE;
    const uint c = at.y + i % SIDE;
    if (r < size.x && c < size.y) {
      y[size_t(r) * size.y + c] = T(tile[i] + bias.of(c));
    }
  }
}
