// Vectors of 512 bits: AVX-512 F, BW, VL, DQ and VNNI.

typedef __m512 vf;
typedef __m512i vb;
typedef __m512i acc4;
enum { VW = 16, VB = 64 };
enum { U8_OFFSET = 0 }; // dot_u8 takes 8-bit weights as they are stored

// gemm tile: MR rows of x by NV vectors; qlinear tile: QT4 or QT8 rows of x, by bits, by QV vectors of weight rows
enum { MR = 12, NV = 2, NR = NV * VW, QT4 = 12, QT8 = 12, QV = 1 };

#define vf_set(a) _mm512_set1_ps(a)
#define vf_load(p) _mm512_loadu_ps(p)
#define vf_store(p, v) _mm512_storeu_ps(p, v)
#define vf_add(a, b) _mm512_add_ps(a, b)
#define vf_sub(a, b) _mm512_sub_ps(a, b)
#define vf_mul(a, b) _mm512_mul_ps(a, b)
#define vf_div(a, b) _mm512_div_ps(a, b)
#define vf_max(a, b) _mm512_max_ps(a, b)
#define vf_min(a, b) _mm512_min_ps(a, b)
#define vf_fma(a, b, c) _mm512_fmadd_ps(a, b, c)
#define vf_round(a) _mm512_roundscale_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)
#define vf_scale2(a, n) _mm512_scalef_ps(a, n)
#define vf_sum(a) _mm512_reduce_add_ps(a)
#define vf_top(a) _mm512_reduce_max_ps(a)
#define vf_load_f16(p) _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)(p)))
#define vf_store_f16(p, v) \
	_mm256_storeu_si256((__m256i *)(p), _mm512_cvtps_ph(v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC))
#define vf_load_bf16(p) \
	_mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)(p))), 16))
#define vf_load_u8(p) _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)(p))))

SG_INLINE __mmask16 lanes(int n) { return (__mmask16)((1u << n) - 1); }
#define vf_load_n(p, n) _mm512_maskz_loadu_ps(lanes(n), p)
#define vf_store_n(p, v, n) _mm512_mask_storeu_ps(p, lanes(n), v)

#define vf_load_f16_n(p, n) _mm512_cvtph_ps(_mm256_maskz_loadu_epi16(lanes(n), p))
#define vf_load_bf16_n(p, n) \
	_mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(lanes(n), p)), 16))
#define vf_load_i8(p) _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i *)(p))))
#define vf_load_i8_n(p, n) _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_maskz_loadu_epi8(lanes(n), p)))
#define f16_float(bits) _cvtsh_ss(bits)

SG_INLINE __m128 sum_quarters(vf a) {
	__m256 h = _mm256_add_ps(_mm512_castps512_ps256(a), _mm512_extractf32x8_ps(a, 1));
	return _mm_add_ps(_mm256_castps256_ps128(h), _mm256_extractf128_ps(h, 1));
}

// vf_sum4 gives the sums of four vectors.
SG_INLINE void vf_sum4(vf a, vf b, vf c, vf d, float out[4]) {
	__m128 w = sum_quarters(a), x = sum_quarters(b), y = sum_quarters(c), z = sum_quarters(d);
	_MM_TRANSPOSE4_PS(w, x, y, z);
	_mm_storeu_ps(out, _mm_add_ps(_mm_add_ps(w, x), _mm_add_ps(y, z)));
}

SG_INLINE void vf_transpose(vf m[16]) {
	vf t[16];
	for (int i = 0; i < 16; i += 4) { // 4x4 inside the quarters
		vf a = _mm512_unpacklo_ps(m[i], m[i + 1]), b = _mm512_unpackhi_ps(m[i], m[i + 1]);
		vf c = _mm512_unpacklo_ps(m[i + 2], m[i + 3]), d = _mm512_unpackhi_ps(m[i + 2], m[i + 3]);
		t[i + 0] = _mm512_shuffle_ps(a, c, 0x44);
		t[i + 1] = _mm512_shuffle_ps(a, c, 0xee);
		t[i + 2] = _mm512_shuffle_ps(b, d, 0x44);
		t[i + 3] = _mm512_shuffle_ps(b, d, 0xee);
	}
	for (int i = 0; i < 4; i++) { // 4x4 of the quarters
		vf a = _mm512_shuffle_f32x4(t[i], t[i + 4], 0x88), b = _mm512_shuffle_f32x4(t[i], t[i + 4], 0xdd);
		vf c = _mm512_shuffle_f32x4(t[i + 8], t[i + 12], 0x88), d = _mm512_shuffle_f32x4(t[i + 8], t[i + 12], 0xdd);
		m[i + 0] = _mm512_shuffle_f32x4(a, c, 0x88);
		m[i + 8] = _mm512_shuffle_f32x4(a, c, 0xdd);
		m[i + 4] = _mm512_shuffle_f32x4(b, d, 0x88);
		m[i + 12] = _mm512_shuffle_f32x4(b, d, 0xdd);
	}
}

// vf_repeat gives lane l the value of lane l/times; vf_spread gives it that of lane first + l/(VW/parts).
SG_INLINE vf vf_repeat(vf v, int times) {
	const __m512i l = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
	if (times == 1) return v;
	return _mm512_permutexvar_ps(_mm512_srli_epi32(l, times == 2 ? 1 : 2), v);
}

SG_INLINE vf vf_spread(vf v, int first, int parts) {
	const __m512i l = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
	__m512i i = _mm512_srli_epi32(l, parts == 4 ? 2 : 3);
	return _mm512_permutexvar_ps(_mm512_add_epi32(i, _mm512_set1_epi32(first)), v);
}

// Bytes: products of unsigned weights and signed activations, summed by fours.
#define vb_load(p) _mm512_loadu_si512(p)
#define vb_load_n(p, n) _mm512_maskz_loadu_epi8((n) >= 64 ? ~0ull : (1ull << (n)) - 1, p)
#define vb_store(p, v) _mm512_storeu_si512(p, v)
#define vb_low(v) _mm512_and_si512(v, _mm512_set1_epi8(15))
#define vb_high(v) _mm512_and_si512(_mm512_srli_epi16(v, 4), _mm512_set1_epi8(15))
#define vb_u8(v) (v)

SG_INLINE vb vb_set4(const int8_t *p) {
	int32_t v;
	memcpy(&v, p, 4);
	return _mm512_set1_epi32(v);
}

#define acc4_zero() _mm512_setzero_si512()
#define dot_u4(acc, w, x) _mm512_dpbusd_epi32(acc, w, x)
#define acc4_float(acc) _mm512_cvtepi32_ps(acc)
#define vi acc4
#define dot_u8(acc, w, x) _mm512_dpbusd_epi32(acc, w, x)
#define vi_float(acc) _mm512_cvtepi32_ps(acc)

// store_i8 stores 32 whole numbers as bytes, in order.
SG_INLINE void store_i8(const vf v[2], int8_t *lo, int8_t *hi) {
	_mm_storeu_si128((__m128i *)lo, _mm512_cvtsepi32_epi8(_mm512_cvtps_epi32(v[0])));
	_mm_storeu_si128((__m128i *)hi, _mm512_cvtsepi32_epi8(_mm512_cvtps_epi32(v[1])));
}

// vf_unzip parts 32 values in their even and odd ones, 16 each.
SG_INLINE void vf_unzip(vf v[2]) {
	const __m512i even = _mm512_set_epi32(30, 28, 26, 24, 22, 20, 18, 16, 14, 12, 10, 8, 6, 4, 2, 0);
	vf e = _mm512_permutex2var_ps(v[0], even, v[1]);
	v[1] = _mm512_permutex2var_ps(v[0], _mm512_add_epi32(even, _mm512_set1_epi32(1)), v[1]);
	v[0] = e;
}

// split_nibbles parts 16 bytes in 32 values, the low half of a byte first.
SG_INLINE void split_nibbles(const uint8_t *p, uint8_t *to) {
	__m128i v = _mm_loadu_si128((const __m128i *)p), mask = _mm_set1_epi8(15);
	__m128i lo = _mm_and_si128(v, mask), hi = _mm_and_si128(_mm_srli_epi16(v, 4), mask);
	_mm_storeu_si128((__m128i *)to, _mm_unpacklo_epi8(lo, hi));
	_mm_storeu_si128((__m128i *)(to + 16), _mm_unpackhi_epi8(lo, hi));
}
