// attention: y [N, H, D] = softmax(scale q k') v over the positions that each query of q [N, H, D] sees in k and v [S, M, Hkv, D].
// In "flash", a threadgroup takes 32 queries of one head, and the positions in blocks; the weights never reach device memory. Queries of
// several sequences may stand in any order: those of each sequence in turn take part. In "row", a threadgroup takes one query, of any D.
struct Attention {
  uint n, h, hkv, d, m, s, from;
  float scale;
};

constant constexpr uint QUERIES = 32; // of a threadgroup: 8 for each of 4 simdgroups
constant constexpr uint STRIDE = 40;  // of the rows of a patch: 32 numbers and PAD
constant constexpr float SLACK = 8.0f; // how far scores may pass the number that they are taken relative to: e^8 is well within half

// Softmax is the state of a lane, which looks after 8 or 4 numbers of one of its simdgroup's 8 rows; 4 lanes share a row.
struct Softmax {
  float top = LOWEST;
  float sum = 0.0f;
  Span span;
  int seq;
};

// weigh turns the scores of 8 queries at width positions from `at` on, in patch, into weights, and returns by what earlier sums have to
// be multiplied: 1 as long as no score is SLACK above top, so that this is rare.
template <uint width, typename C>
float weigh(threadgroup float* patch, thread Softmax& row, int seq, int at, float scale, uint lane) {
  const uint each = width / 4;
  const int first = at + int(lane % 4 * each);
  threadgroup const float* scores = patch + lane / 4 * STRIDE + lane % 4 * each;
  float s[each];
  float top = LOWEST;
  for (uint i = 0; i < each; i++) {
    const bool sees = row.seq == seq && first + int(i) >= row.span.begin && first + int(i) < row.span.end;
    s[i] = sees ? scale * scores[i] : LOWEST;
    top = max(top, s[i]);
  }
  top = max(top, simd_shuffle_xor(top, 1));
  top = max(top, simd_shuffle_xor(top, 2));
  float before = 1.0f;
  if (top > row.top + SLACK) {
    before = fast::exp(row.top - top);
    row.top = top;
  }
  float sum = 0.0f;
  simdgroup_barrier(mem_flags::mem_threadgroup); // all have read: the weights take the place of the scores
  threadgroup C* weights = (threadgroup C*)patch + lane / 4 * STRIDE + lane % 4 * each;
  for (uint i = 0; i < each; i++) {
    const float w = s[i] > LOWEST ? fast::exp(s[i] - row.top) : 0.0f;
    weights[i] = C(w);
    sum += w;
  }
  sum += simd_shuffle_xor(sum, 1);
  sum += simd_shuffle_xor(sum, 2);
  row.sum = row.sum * before + sum;
  return before;
}

// scale_rows multiplies row r of sums by what lane 4 r says.
template <uint tiles>
void scale_rows(thread simdgroup_float8x8* sums, float by, threadgroup float* diagonal, uint lane) {
  for (uint i = 0; i < 2; i++) {
    const uint row = lane / 4;
    const uint column = lane % 4 * 2 + i;
    diagonal[row * 8 + column] = row == column ? by : 0.0f;
  }
  simdgroup_barrier(mem_flags::mem_threadgroup);
  simdgroup_float8x8 d;
  simdgroup_load(d, diagonal, 8);
  for (uint i = 0; i < tiles; i++) {
    simdgroup_multiply(sums[i], d, sums[i]);
  }
}

// load_queries reads 8 rows of q, 32 columns at a time by way of patch.
template <uint tiles, typename C, typename T>
void load_queries(thread simdgroup_matrix<C, 8, 8>* q, device const T* from, uint rows, constant Attention& p, threadgroup C* patch, uint lane) {
  for (uint begin = 0; begin < 8 * tiles; begin += 32) {
    const uint row = lane / 4;
    for (uint i = lane % 4 * 8; i < lane % 4 * 8 + 8; i++) {
      const bool there = row < rows && begin + i < p.d;
      patch[row * STRIDE + i] = there ? C(float(from[size_t(row) * p.h * p.d + begin + i])) : C(0.0f);
    }
    simdgroup_barrier(mem_flags::mem_threadgroup);
    for (uint i = 0; i < 4; i++) {
      simdgroup_load(q[begin / 8 + i], (threadgroup const C*)patch + 8 * i, STRIDE);
    }
    simdgroup_barrier(mem_flags::mem_threadgroup);
  }
}

// width positions of depth numbers make a block. depth is D or more.
template <typename T, typename S, uint depth, uint width>
[[kernel]] void attention_flash(
    device const T* q [[buffer(0)]],
    device const S* k [[buffer(1)]],
    device const S* v [[buffer(2)]],
    device const int* seqs [[buffer(3)]],
    device const int* spans [[buffer(4)]],
    device T* y [[buffer(5)]],
    constant Attention& p [[buffer(6)]],
    uint2 group [[threadgroup_position_in_grid]],
    uint index [[thread_index_in_threadgroup]],
    uint lane [[thread_index_in_simdgroup]],
    uint simd [[simdgroup_index_in_threadgroup]]) {
  typedef typename Tiled<T>::type C;
  constexpr uint tiles = depth / 8;
  threadgroup float4 block[width * (depth + PAD) * sizeof(C) / 16];
  threadgroup float patches[4][8 * STRIDE];
  threadgroup float diagonals[4][64];
  threadgroup C* memory = (threadgroup C*)block;
  threadgroup float* patch = patches[simd];
  const uint head = group.x;
  const uint begin = group.y * QUERIES + 8 * simd;
  const uint rows = begin < p.n ? min(8u, p.n - begin) : 0;
  const size_t offset = (size_t(begin) * p.h + head) * p.d;

  simdgroup_matrix<C, 8, 8> queries[tiles];
  simdgroup_float8x8 sums[tiles];
  load_queries<tiles>(queries, q + offset, rows, p, (threadgroup C*)patch, lane);
  for (uint i = 0; i < tiles; i++) {
    sums[i] = make_filled_simdgroup_matrix<float, 8, 8>(0.0f);
  }
  const uint mine = begin + lane / 4;
  Softmax row = {LOWEST, 0.0f, Span(seqs, spans, mine, p.n, p.s, p.from), mine < p.n ? seqs[mine] : -1};
  // Every simdgroup looks at all the queries, a lane at each, so that all agree on the sequences and blocks to come.
  const uint other = group.y * QUERIES + lane;
  const int other_seq = other < p.n ? seqs[other] : -1;
  const Span seen(seqs, spans, other, p.n, p.s, p.from);

  for (int last = -1;;) {
    const int seq = simd_min(other_seq > last ? other_seq : 0x7fffffff);
    if (seq == 0x7fffffff) {
      break;
    }
    last = seq;
    const int from = simd_min(other_seq == seq ? seen.begin : 0x7fffffff);
    const int to = simd_max(other_seq == seq ? seen.end : 0);
    const uint kept = kept_row<S>(p.d);
    const size_t start = (size_t(seq) * p.m * p.hkv + head / (p.h / p.hkv)) * kept;
    const Matrix<S> keys = {k + start, uint(to), p.d, p.hkv * kept};
    const Matrix<S> values = {v + start, uint(to), p.d, p.hkv * kept};
    for (int at = from; at < to; at += width) {
      threadgroup_barrier(mem_flags::mem_threadgroup); // all are done with the values before
      load_tile<width, depth>(memory, keys, uint(at), 0, index);
      threadgroup_barrier(mem_flags::mem_threadgroup);
      for (uint j = 0; j < width; j += 8) {
        simdgroup_float8x8 scores = make_filled_simdgroup_matrix<float, 8, 8>(0.0f);
        for (uint i = 0; i < tiles; i++) {
          simdgroup_matrix<C, 8, 8> key;
          simdgroup_load(key, (threadgroup const C*)memory + j * (depth + PAD) + 8 * i, depth + PAD, ulong2(0), true);
          simdgroup_multiply_accumulate(scores, queries[i], key, scores);
        }
        simdgroup_store(scores, patch + j, STRIDE);
      }
      simdgroup_barrier(mem_flags::mem_threadgroup);
      const float before = weigh<width, C>(patch, row, seq, at, p.scale, lane);
      if (simd_any(before != 1.0f)) {
        scale_rows<tiles>(sums, before, diagonals[simd], lane);
      }
      threadgroup_barrier(mem_flags::mem_threadgroup); // all are done with the keys
      load_tile<width, depth>(memory, values, uint(at), 0, index);
      threadgroup_barrier(mem_flags::mem_threadgroup);
      for (uint j = 0; j < width; j += 8) {
        simdgroup_matrix<C, 8, 8> weights;
        simdgroup_load(weights, (threadgroup const C*)patch + j, STRIDE);
        for (uint i = 0; i < tiles; i++) {
          simdgroup_matrix<C, 8, 8> value;
          simdgroup_load(value, (threadgroup const C*)memory + j * (depth + PAD) + 8 * i, depth + PAD);
          simdgroup_multiply_accumulate(sums[i], weights, value, sums[i]);
        }
      }
    }
  }

  const float by = row.sum > 0.0f ? 1.0f / row.sum : 0.0f;
  for (uint column = 0; column < depth; column += 32) {
    simdgroup_barrier(mem_flags::mem_threadgroup); // all have read what was in patch
    for (uint i = 0; i < 4; i++) {
      simdgroup_store(sums[column / 8 + i], patch + 8 * i, STRIDE);
    }
    simdgroup_barrier(mem_flags::mem_threadgroup);
    for (uint i = lane % 4 * 8; i < lane % 4 * 8 + 8; i++) {
      if (mine < p.n && column + i < p.d) {
        y[offset + size_t(lane / 4) * p.h * p.d + column + i] = T(by * patch[lane / 4 * STRIDE + i]);
      }
    }
  }
}

constant constexpr uint POSITIONS = 256; // of a block, and threads of a threadgroup

template <typename T, typename S>
[[kernel]] void attention_row(
    device const T* q [[buffer(0)]],
    device const S* k [[buffer(1)]],
    device const S* v [[buffer(2)]],
    device const int* seqs [[buffer(3)]],
    device const int* spans [[buffer(4)]],
    device T* y [[buffer(5)]],
    constant Attention& p [[buffer(6)]],
    uint2 group [[threadgroup_position_in_grid]],
    uint index [[thread_index_in_threadgroup]],
    uint lane [[thread_index_in_simdgroup]],
    uint simd [[simdgroup_index_in_threadgroup]]) {
  threadgroup float scores[POSITIONS];
  const Span span(seqs, spans, group.y, p.n, p.s, p.from);
  const size_t offset = (size_t(group.y) * p.h + group.x) * p.d;
  const size_t start = (size_t(seqs[group.y]) * p.m * p.hkv + group.x / (p.h / p.hkv)) * kept_row<S>(p.d); // not read from where there is no sequence
  const size_t stride = size_t(p.hkv) * kept_row<S>(p.d);
  // Each thread makes one number of the result; where D is more than there are threads, all begins again for the rest.
  for (uint column = index; column - index < p.d; column += POSITIONS) {
    float top = LOWEST;
    float sum = 0.0f;
    float result = 0.0f;
    for (int at = span.begin; at < span.end; at += POSITIONS) {
      const uint count = uint(min(span.end - at, int(POSITIONS)));
      for (uint j = simd; j < count; j += POSITIONS / SIMD) {
        float score = 0.0f;
        for (uint i = lane; i < p.d; i += SIMD) {
          score += float(q[offset + i]) * float(k[start + (uint(at) + j) * stride + i]);
        }
        score = p.scale * row_scale(k + start + (uint(at) + j) * stride, p.d) * simd_sum(score);
        if (lane == 0) {
          scores[j] = score;
        }
      }
      threadgroup_barrier(mem_flags::mem_threadgroup);
      float next = top;
      for (uint j = lane; j < count; j += SIMD) {
        next = max(next, scores[j]);
      }
      next = simd_max(next);
      const float before = precise::exp(top - next);
      top = next;
      sum *= before;
      result *= before;
      for (uint j = 0; j < count; j++) {
        const float weight = precise::exp(scores[j] - top);
        sum += weight;
        if (column < p.d) {
          device const S* value = v + start + (uint(at) + j) * stride;
          result += weight * row_scale(value, p.d) * float(value[column]);
        }
      }
      threadgroup_barrier(mem_flags::mem_threadgroup);
    }
    if (column < p.d) {
      y[offset + column] = T(sum > 0.0f ? result / sum : 0.0f);
    }
  }
}

#define INSTANTIATE_ATTENTION(T, S, wide, name)                       \
  INSTANTIATE(name "_flash64", attention_flash<T, S, 64, 32>)         \
  INSTANTIATE(name "_flash96", attention_flash<T, S, 96, 32>)         \
  INSTANTIATE(name "_flash128", attention_flash<T, S, 128, 32>)       \
  INSTANTIATE(name "_flash256", attention_flash<T, S, 256, wide>)     \
  INSTANTIATE(name "_row", attention_row<T, S>)
INSTANTIATE_ATTENTION(float, float, 16, "attention_f32_f32")
INSTANTIATE_ATTENTION(float, half, 16, "attention_f16_f32")
INSTANTIATE_ATTENTION(half, float, 32, "attention_f32_f16")
INSTANTIATE_ATTENTION(half, half, 32, "attention_f16_f16")
INSTANTIATE_ATTENTION(float, char, 16, "attention_i8_f32")
INSTANTIATE_ATTENTION(half, char, 32, "attention_i8_f16")
BFLOAT(INSTANTIATE_ATTENTION(bfloat, float, 16, "attention_f32_bf16")
       INSTANTIATE_ATTENTION(bfloat, half, 16, "attention_f16_bf16")
       INSTANTIATE_ATTENTION(bfloat, char, 16, "attention_i8_bf16")
       INSTANTIATE_ATTENTION(bfloat, bfloat, 16, "attention_bf16_bf16"))
