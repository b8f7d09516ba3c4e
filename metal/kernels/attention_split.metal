// attention_split: what each of P equal parts of the positions that a query sees adds to attention, y [N, H, P, D+2]: the sum of e^(s - top) v
// over the part, top, which is the largest score s, and the sum of e^(s - top); all 0 for an empty part. A threadgroup takes a part for
// `heads` heads that share keys. In each of its simdgroups, `depth / 8` lanes share a position, and each of them has 8 of the D numbers.
struct AttentionSplit {
  uint n, h, hkv, d, m, s, window, parts;
  float scale;
};

constant constexpr uint SIMDS = 4;  // of a threadgroup
constant constexpr uint FLIGHT = 4; // positions that a lane reads at once

// Eight are a lane's numbers of a row of n: four in its first half, and four in its second, so that lanes side by side read side by side.
struct Eight {
  float4 a, b;
};

template <uint half_depth, typename S>
Eight load8(device const S* row, uint column, uint n) {
  Eight v;
  v.a = column < n ? load4(row, column, n) : float4(0.0f);
  v.b = column + half_depth < n ? load4(row, column + half_depth, n) : float4(0.0f);
  return v;
}

template <typename T, typename S, uint depth, uint heads>
[[kernel]] void attention_split(
    device const T* q [[buffer(0)]],
    device const S* k [[buffer(1)]],
    device const S* v [[buffer(2)]],
    device const int* seqs [[buffer(3)]],
    device const int* lengths [[buffer(4)]],
    device float* y [[buffer(5)]],
    constant AttentionSplit& p [[buffer(6)]],
    uint3 group [[threadgroup_position_in_grid]],
    uint index [[thread_index_in_threadgroup]],
    uint lane [[thread_index_in_simdgroup]],
    uint simd [[simdgroup_index_in_threadgroup]]) {
  constexpr uint LANES = depth / 8;       // to a position
  constexpr uint SLOTS = SIMD / LANES;    // positions of a simdgroup at a time
  threadgroup float4 sums[SIMDS][heads][depth / 4];
  threadgroup float tops[SIMDS][heads];
  threadgroup float totals[SIMDS][heads];
  const uint shared = p.h / p.hkv;              // heads that share keys
  const uint blocks = (shared + heads - 1) / heads; // of heads
  const uint kv = group.y / blocks;
  const uint head = kv * shared + group.y % blocks * heads;
  const uint count = min(heads, (kv + 1) * shared - head);

  const Span span(seqs[group.z], lengths[group.z], p.s, p.m, p.window);
  const int part = (span.end - span.begin + int(p.parts) - 1) / int(p.parts);
  const int begin = min(span.begin + int(group.x) * part, span.end);
  const int end = min(begin + part, span.end);
  const size_t stride = size_t(p.hkv) * p.d;
  const size_t start = size_t(max(seqs[group.z], 0)) * p.m * stride + size_t(kv) * p.d;
  const uint column = lane % LANES * 4;

  Eight query[heads];
  Eight sum[heads];
  float top[heads];
  float total[heads];
  for (uint h = 0; h < heads; h++) {
    query[h] = load8<depth / 2>(q + (size_t(group.z) * p.h + head + min(h, count - 1)) * p.d, column, p.d);
    query[h].a *= p.scale;
    query[h].b *= p.scale;
    sum[h].a = sum[h].b = float4(0.0f);
    top[h] = LOWEST;
    total[h] = 0.0f;
  }

  for (int first = begin + int(simd * SLOTS * FLIGHT); first < end; first += int(SIMDS * SLOTS * FLIGHT)) {
    Eight keys[FLIGHT];
    Eight values[FLIGHT];
    for (uint f = 0; f < FLIGHT; f++) { // past the end, the last position is read again, with weight 0
      const int at = min(first + int(f * SLOTS + lane / LANES), end - 1);
      keys[f] = load8<depth / 2>(k + start + size_t(at) * stride, column, p.d);
      values[f] = load8<depth / 2>(v + start + size_t(at) * stride, column, p.d);
    }
    for (uint h = 0; h < heads; h++) {
      float scores[FLIGHT];
      float next = top[h];
      for (uint f = 0; f < FLIGHT; f++) {
        float s = dot(query[h].a, keys[f].a) + dot(query[h].b, keys[f].b);
        for (uint m = 1; m < LANES; m *= 2) {
          s += simd_shuffle_xor(s, ushort(m));
        }
        scores[f] = first + int(f * SLOTS + lane / LANES) < end ? s : LOWEST;
        next = max(next, scores[f]);
      }
      const float before = fast::exp(top[h] - next);
      top[h] = next;
      total[h] *= before;
      sum[h].a *= before;
      sum[h].b *= before;
      for (uint f = 0; f < FLIGHT; f++) {
        const float weight = scores[f] > LOWEST ? fast::exp(scores[f] - next) : 0.0f;
        total[h] += weight;
        sum[h].a += weight * values[f].a;
        sum[h].b += weight * values[f].b;
      }
    }
  }

  // First the slots of a simdgroup come together, then the simdgroups.
  for (uint h = 0; h < heads; h++) {
    const float most = simd_max(top[h]);
    const float before = fast::exp(top[h] - most);
    total[h] *= before;
    for (uint m = LANES; m < SIMD; m *= 2) {
      total[h] += simd_shuffle_xor(total[h], ushort(m));
    }
    sum[h].a *= before;
    sum[h].b *= before;
    for (uint m = LANES; m < SIMD; m *= 2) {
      sum[h].a += simd_shuffle_xor(sum[h].a, ushort(m));
      sum[h].b += simd_shuffle_xor(sum[h].b, ushort(m));
    }
    if (lane < LANES) {
      sums[simd][h][column / 4] = sum[h].a;
      sums[simd][h][column / 4 + depth / 8] = sum[h].b;
    }
    if (lane == 0) {
      tops[simd][h] = most;
      totals[simd][h] = total[h];
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
BFLOAT(INSTANTIATE_SPLIT(bfloat, float, "attention_split_f32_bf16")
       INSTANTIATE_SPLIT(bfloat, half, "attention_split_f16_bf16")
       INSTANTIATE_SPLIT(bfloat, bfloat, "attention_split_bf16_bf16"))
