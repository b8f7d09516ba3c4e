// attention_split: what each of P equal parts of the positions that a query sees adds to attention, y [N, H, P, D+2]: the sum of e^(s - top) v
// over the part, top, which is the largest score s, and the sum of e^(s - top); all 0 for an empty part. A threadgroup takes a part for
// `heads` heads that share keys. In each of its simdgroups, `depth / 8` lanes share a position, and each of them has 8 of the D numbers.
struct AttentionSplit {
  uint n, h, hkv, d, m, s, from, parts;
  float scale;
};

constant constexpr uint SIMDS = 4;  // of a threadgroup
constant constexpr uint FLIGHT = 4; // positions that a lane reads at once

// Eight are a lane's numbers of a row of n: four in its first half, and four in its second, so that lanes side by side read side by side.
struct Eight {
  float4 a, b;
};

template <typename S>
float4 four(device const S* row, uint column, uint n) {
  float4 v = float4(0.0f);
  for (uint i = 0; i < 4; i++) {
    if (column + i < n) {
      v[i] = float(row[column + i]);
    }
  }
  return v;
}

// Where rows are made of fours, a lane whose numbers lie past the end takes the last four instead, without a branch: its query is 0 there.
template <bool fours, uint depth, typename S>
Eight eight(device const S* row, uint column, uint n) {
  Eight v;
  v.a = row_scale(row, n) * (fours ? load4(row + min(column, n - 4)) : four(row, column, n));
  v.b = row_scale(row, n) * (fours ? load4(row + min(column + depth / 2, n - 4)) : four(row, column + depth / 2, n));
  return v;
}

// Part is what a lane has of the sums of one head.
struct Part {
  Eight query, sum;
  float top, total;
};

// Positions is where a simdgroup finds its keys and values.
template <typename S>
struct Positions {
  device const S* k;
  device const S* v;
  size_t stride;
  int begin, end; // the first of the simdgroup, and the end of all
};

template <bool fours, uint depth, uint heads, typename S>
void attend(thread Part* parts, Positions<S> at, uint d, uint lane) {
  constexpr uint LANES = depth / 8;
  constexpr uint SLOTS = SIMD / LANES;
  const uint column = lane % LANES * 4;
  for (int first = at.begin + int(lane / LANES); first - int(lane / LANES) < at.end; first += int(SIMDS * SLOTS * FLIGHT)) {
    Eight keys[FLIGHT];
    Eight values[FLIGHT];
    for (uint f = 0; f < FLIGHT; f++) { // past the end, the last position is read again, with weight 0
      const size_t row = size_t(min(first + int(f * SLOTS), at.end - 1)) * at.stride;
      keys[f] = eight<fours, depth>(at.k + row, column, d);
      values[f] = eight<fours, depth>(at.v + row, column, d);
    }
    for (uint h = 0; h < heads; h++) {
      float scores[FLIGHT];
      float next = parts[h].top;
      for (uint f = 0; f < FLIGHT; f++) {
        float s = dot(parts[h].query.a, keys[f].a) + dot(parts[h].query.b, keys[f].b);
        for (uint m = 1; m < LANES; m *= 2) {
          s += simd_shuffle_xor(s, ushort(m));
        }
        scores[f] = first + int(f * SLOTS) < at.end ? s : LOWEST;
        next = max(next, scores[f]);
      }
      const float before = fast::exp(parts[h].top - next);
      parts[h].top = next;
      parts[h].total *= before;
      parts[h].sum.a *= before;
      parts[h].sum.b *= before;
      for (uint f = 0; f < FLIGHT; f++) {
        const float weight = fast::exp(scores[f] - next); // 0 past the end, or undone by gather where a lane has seen nothing yet
        parts[h].total += weight;
        parts[h].sum.a += weight * values[f].a;
        parts[h].sum.b += weight * values[f].b;
      }
    }
  }
}

// gather brings together what the slots of a simdgroup have.
template <uint depth>
void gather(thread Part& part) {
  const float most = simd_max(part.top);
  const float before = fast::exp(part.top - most);
  part.top = most;
  part.total *= before;
  part.sum.a *= before;
  part.sum.b *= before;
  for (uint m = depth / 8; m < SIMD; m *= 2) {
    part.total += simd_shuffle_xor(part.total, ushort(m));
    for (uint i = 0; i < 4; i++) {
      part.sum.a[i] += simd_shuffle_xor(part.sum.a[i], ushort(m));
      part.sum.b[i] += simd_shuffle_xor(part.sum.b[i], ushort(m));
    }
  }
}

template <typename T, typename S, uint depth, uint heads>
[[kernel]] void attention_split(
    device const T* q [[buffer(0)]],
    device const S* k [[buffer(1)]],
    device const S* v [[buffer(2)]],
    device const int* seqs [[buffer(3)]],
    device const int* spans [[buffer(4)]],
    device float* y [[buffer(5)]],
    constant AttentionSplit& p [[buffer(6)]],
    uint3 group [[threadgroup_position_in_grid]],
    uint index [[thread_index_in_threadgroup]],
    uint lane [[thread_index_in_simdgroup]],
    uint simd [[simdgroup_index_in_threadgroup]]) {
  threadgroup float4 sums[SIMDS][heads][depth / 4];
  threadgroup float tops[SIMDS][heads];
  threadgroup float totals[SIMDS][heads];
  const uint shared = p.h / p.hkv;              // heads that share keys
  const uint blocks = (shared + heads - 1) / heads; // of heads
  const uint kv = group.y / blocks;
  const uint head = kv * shared + group.y % blocks * heads;
  const uint count = min(heads, (kv + 1) * shared - head);

  const Span span(seqs, spans, group.z, p.n, p.s, p.from);
  const int each = (span.end - span.begin + int(p.parts) - 1) / int(p.parts);
  const int begin = span.begin + int(group.x) * each; // past the end, the part is empty
  const size_t stride = size_t(p.hkv) * kept_row<S>(p.d);
  const size_t start = size_t(seqs[group.z]) * p.m * stride + size_t(kv) * kept_row<S>(p.d); // not read from where there is no sequence
  const int mine = begin + int(simd * SIMD / (depth / 8) * FLIGHT);
  const Positions<S> at = {k + start, v + start, stride, mine, min(begin + each, span.end)};
  const uint column = lane % (depth / 8) * 4;

  Part parts[heads];
  for (uint h = 0; h < heads; h++) {
    device const T* row = q + (size_t(group.z) * p.h + head + min(h, count - 1)) * p.d;
    parts[h].query.a = p.scale * four(row, column, p.d);
    parts[h].query.b = p.scale * four(row, column + depth / 2, p.d);
    parts[h].sum.a = parts[h].sum.b = float4(0.0f);
    parts[h].top = LOWEST;
    parts[h].total = 0.0f;
  }
  if (p.d % 4 == 0) {
    attend<true, depth, heads>(parts, at, p.d, lane);
  } else {
    attend<false, depth, heads>(parts, at, p.d, lane);
  }
  for (uint h = 0; h < heads; h++) {
    gather<depth>(parts[h]);
    if (lane < depth / 8) {
      sums[simd][h][lane] = parts[h].sum.a;
      sums[simd][h][lane + depth / 8] = parts[h].sum.b;
    }
    if (lane == 0) {
      tops[simd][h] = parts[h].top;
      totals[simd][h] = parts[h].total;
    }
  }
  threadgroup_barrier(mem_flags::mem_threadgroup);
  for (uint h = 0; h < count; h++) {
    float most = LOWEST;
    for (uint s = 0; s < SIMDS; s++) {
      most = max(most, tops[s][h]);
    }
    float all = 0.0f;
    float by[SIMDS];
    for (uint s = 0; s < SIMDS; s++) {
      by[s] = fast::exp(tops[s][h] - most);
      all += by[s] * totals[s][h];
    }
    device float* out = y + ((size_t(group.z) * p.h + head + h) * p.parts + group.x) * (p.d + 2);
    for (uint i = index; i < p.d; i += SIMDS * SIMD) {
      float v = 0.0f;
      for (uint s = 0; s < SIMDS; s++) {
        v += by[s] * ((threadgroup const float*)sums[s][h])[i];
      }
      out[i] = v;
    }
    if (index == 0) {
      out[p.d] = all > 0.0f ? most : 0.0f;
      out[p.d + 1] = all;
    }
  }
}

#define INSTANTIATE_SPLIT(T, S, name)                                   \
  INSTANTIATE(name "_64x1", attention_split<T, S, 64, 1>)               \
  INSTANTIATE(name "_64x4", attention_split<T, S, 64, 4>)               \
  INSTANTIATE(name "_128x1", attention_split<T, S, 128, 1>)             \
  INSTANTIATE(name "_128x4", attention_split<T, S, 128, 4>)             \
  INSTANTIATE(name "_256x1", attention_split<T, S, 256, 1>)             \
  INSTANTIATE(name "_256x4", attention_split<T, S, 256, 4>)
INSTANTIATE_SPLIT(float, float, "attention_split_f32_f32")
INSTANTIATE_SPLIT(float, half, "attention_split_f16_f32")
INSTANTIATE_SPLIT(half, float, "attention_split_f32_f16")
INSTANTIATE_SPLIT(half, half, "attention_split_f16_f16")
INSTANTIATE_SPLIT(float, char, "attention_split_i8_f32")
INSTANTIATE_SPLIT(half, char, "attention_split_i8_f16")
BFLOAT(INSTANTIATE_SPLIT(bfloat, float, "attention_split_f32_bf16")
       INSTANTIATE_SPLIT(bfloat, half, "attention_split_f16_bf16")
       INSTANTIATE_SPLIT(bfloat, char, "attention_split_i8_bf16")
       INSTANTIATE_SPLIT(bfloat, bfloat, "attention_split_bf16_bf16"))
