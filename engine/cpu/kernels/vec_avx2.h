// Vectors of 256 bits: AVX2, FMA and F16C, and AVX-VNNI where SG_VNNI is set.

typedef __m256 vf;
typedef __m256i vb;
enum { VW = 8, VB = 32 };

// gemm tile: MR rows of x by NV vectors; qlinear tile: QT4 or QT8 rows of x, by bits, by QV vectors of weight rows
enum { MR = 6, NV = 2, NR = NV * VW, QT4 = 3, QT8 = 2, QV = 2 };

#define vf_set(a) _mm256_set1_ps(a)
#define vf_load(p) _mm256_loadu_ps(p)
#define vf_store(p, v) _mm256_storeu_ps(p, v)
#define vf_add(a, b) _mm256_add_ps(a, b)
#define vf_sub(a, b) _mm256_sub_ps(a, b)
#define vf_mul(a, b) _mm256_mul_ps(a, b)
#define vf_div(a, b) _mm256_div_ps(a, b)
#define vf_max(a, b) _mm256_max_ps(a, b)
#define vf_min(a, b) _mm256_min_ps(a, b)
#define vf_fma(a, b, c) _mm256_fmadd_ps(a, b, c)
#define vf_round(a) _mm256_round_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)
#define vf_load_f16(p) _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(p)))
#define vf_store_f16(p, v) _mm_storeu_si128((__m128i *)(p), _mm256_cvtps_ph(v, _MM_FROUND_TO_NEAREST_INT))
#define vf_load_bf16(p) \
	_mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)(p))), 16))
#define vf_load_u8(p) _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)(p))))

SG_INLINE __m256i lanes(int n) {
	return _mm256_cmpgt_epi32(_mm256_set1_epi32(n), _mm256_set_epi32(7, 6, 5, 4, 3, 2, 1, 0));
}
#define vf_load_n(p, n) _mm256_maskload_ps(p, lanes(n))
#define vf_store_n(p, v, n) _mm256_maskstore_ps(p, lanes(n), v)

// load_u16 loads n <= 8 values, the others 0. It stays in registers, as a wide load right after narrow stores stalls.
SG_INLINE __m128i load_u16(const uint16_t *p, int n) {
	if (n == 8) return _mm_loadu_si128((const __m128i *)p);
	const uint16_t *q = p + (n & 4);
	uint64_t first, rest = 0;
	if (n & 2) rest = (uint64_t)q[1] << 16 | q[0];
	if (n & 1) rest |= (uint64_t)q[n & 2] << (n & 2 ? 32 : 0);
	if (n < 4) return _mm_cvtsi64_si128((long long)rest);
	memcpy(&first, p, sizeof first);
	return _mm_set_epi64x((long long)rest, (long long)first);
}
#define vf_load_f16_n(p, n) _mm256_cvtph_ps(load_u16(p, n))
#define vf_load_bf16_n(p, n) _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(load_u16(p, n)), 16))
#define vf_load_i8(p) _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i *)(p))))
SG_INLINE vf vf_load_i8_n(const int8_t *p, int n) {
	uint64_t v = 0;
	memcpy(&v, p, (size_t)n);
	return vf_load_i8(&v);
}
#define f16_float(bits) _cvtsh_ss(bits)

// vf_scale2 is a * 2^n for n in [-150, 128], in two steps so that neither factor overflows.
SG_INLINE vf vf_scale2(vf a, vf n) {
	__m256i k = _mm256_cvtps_epi32(n), h = _mm256_srai_epi32(k, 1), bias = _mm256_set1_epi32(127);
	vf f = _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(h, bias), 23));
	vf g = _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(_mm256_sub_epi32(k, h), bias), 23));
	return _mm256_mul_ps(_mm256_mul_ps(a, f), g);
}

SG_INLINE __m128 sum_halves(vf a) { return _mm_add_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1)); }

SG_INLINE float vf_sum(vf a) {
	__m128 h = sum_halves(a);
	h = _mm_add_ps(h, _mm_movehl_ps(h, h));
	return _mm_cvtss_f32(_mm_add_ss(h, _mm_movehdup_ps(h)));
}

SG_INLINE float vf_top(vf a) {
	__m128 h = _mm_max_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
	h = _mm_max_ps(h, _mm_movehl_ps(h, h));
	return _mm_cvtss_f32(_mm_max_ss(h, _mm_movehdup_ps(h)));
}

// vf_sum4 gives the sums of four vectors.
SG_INLINE void vf_sum4(vf a, vf b, vf c, vf d, float out[4]) {
	vf t = _mm256_hadd_ps(_mm256_hadd_ps(a, b), _mm256_hadd_ps(c, d));
	_mm_storeu_ps(out, sum_halves(t));
}

SG_INLINE void vf_transpose(vf m[8]) {
	vf t[8];
	for (int i = 0; i < 8; i += 4) { // 4x4 inside the halves
		vf a = _mm256_unpacklo_ps(m[i], m[i + 1]), b = _mm256_unpackhi_ps(m[i], m[i + 1]);
		vf c = _mm256_unpacklo_ps(m[i + 2], m[i + 3]), d = _mm256_unpackhi_ps(m[i + 2], m[i + 3]);
		t[i + 0] = _mm256_shuffle_ps(a, c, 0x44);
		t[i + 1] = _mm256_shuffle_ps(a, c, 0xee);
		t[i + 2] = _mm256_shuffle_ps(b, d, 0x44);
		t[i + 3] = _mm256_shuffle_ps(b, d, 0xee);
	}
	for (int i = 0; i < 4; i++) { // 2x2 of the halves
		m[i] = _mm256_permute2f128_ps(t[i], t[i + 4], 0x20);
		m[i + 4] = _mm256_permute2f128_ps(t[i], t[i + 4], 0x31);
	}
}

// vf_repeat gives lane l the value of lane l/times; vf_spread gives it that of lane first + l/(VW/parts).
SG_INLINE vf vf_repeat(vf v, int times) {
	if (times == 1) return v;
	__m256i l = _mm256_set_epi32(7, 6, 5, 4, 3, 2, 1, 0);
	return _mm256_permutevar8x32_ps(v, _mm256_srli_epi32(l, times == 2 ? 1 : 2));
}

SG_INLINE vf vf_spread(vf v, int first, int parts) {
	__m256i i = parts == 4 ? _mm256_set_epi32(1, 1, 1, 1, 0, 0, 0, 0) : _mm256_setzero_si256();
	return _mm256_permutevar8x32_ps(v, _mm256_add_epi32(i, _mm256_set1_epi32(first)));
}

// Bytes.
#define vb_load(p) _mm256_loadu_si256((const __m256i *)(p))
#define vb_store(p, v) _mm256_storeu_si256((__m256i *)(p), v)
#define vb_low(v) _mm256_and_si256(v, _mm256_set1_epi8(15))
#define vb_high(v) _mm256_and_si256(_mm256_srli_epi16(v, 4), _mm256_set1_epi8(15))

// vb_load_n loads 16 or 32 bytes.
SG_INLINE vb vb_load_n(const uint8_t *p, int n) {
	return n >= 32 ? vb_load(p) : _mm256_zextsi128_si256(_mm_loadu_si128((const __m128i *)p));
}

SG_INLINE vb vb_set4(const int8_t *p) {
	int32_t v;
	memcpy(&v, p, 4);
	return _mm256_set1_epi32(v);
}

typedef __m256i acc4;
typedef __m256i vi;
#define acc4_zero() _mm256_setzero_si256()
#define vi_float(acc) _mm256_cvtepi32_ps(acc)

#if SG_VNNI
enum { U8_OFFSET = 0 }; // dot_u8 takes 8-bit weights as they are stored
#define vb_u8(v) (v)
#define dot_u4(acc, w, x) _mm256_dpbusd_avx_epi32(acc, w, x)
#define acc4_float(acc) _mm256_cvtepi32_ps(acc)
#define dot_u8(acc, w, x) _mm256_dpbusd_avx_epi32(acc, w, x)
#else
// A pair of u4 x i8 products is at most 15*127*2 in size, so 8 of them still fit 16 bits.
#define dot_u4(acc, w, x) _mm256_add_epi16(acc, _mm256_maddubs_epi16(w, x))
#define acc4_float(acc) _mm256_cvtepi32_ps(_mm256_madd_epi16(acc, _mm256_set1_epi16(1)))

// 8-bit weights are taken less 128 and their sign moved to x: a pair is then at most 128*127*2, which fits.
enum { U8_OFFSET = 128 };
#define vb_u8(v) _mm256_xor_si256(v, _mm256_set1_epi8((char)0x80))
SG_INLINE vi dot_u8(vi acc, vb w, vb x) {
	__m256i pairs = _mm256_maddubs_epi16(_mm256_abs_epi8(w), _mm256_sign_epi8(x, w));
	return _mm256_add_epi32(acc, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}
#endif

// store_i8 stores 32 whole numbers as bytes, in order.
SG_INLINE void store_i8(const vf v[4], int8_t *lo, int8_t *hi) {
	__m256i a = _mm256_packs_epi32(_mm256_cvtps_epi32(v[0]), _mm256_cvtps_epi32(v[1]));
	__m256i b = _mm256_packs_epi32(_mm256_cvtps_epi32(v[2]), _mm256_cvtps_epi32(v[3]));
	__m256i c = _mm256_permutevar8x32_epi32(_mm256_packs_epi16(a, b), _mm256_set_epi32(7, 3, 6, 2, 5, 1, 4, 0));
	_mm_storeu_si128((__m128i *)lo, _mm256_castsi256_si128(c));
	_mm_storeu_si128((__m128i *)hi, _mm256_extracti128_si256(c, 1));
}

// vf_unzip parts 32 values in their even and odd ones, 16 each.
SG_INLINE void vf_unzip(vf v[4]) {
	vf t[4];
	for (int i = 0; i < 4; i += 2) {
		vf e = _mm256_shuffle_ps(v[i], v[i + 1], 0x88), o = _mm256_shuffle_ps(v[i], v[i + 1], 0xdd);
		t[i / 2] = _mm256_castpd_ps(_mm256_permute4x64_pd(_mm256_castps_pd(e), 0xd8));
		t[i / 2 + 2] = _mm256_castpd_ps(_mm256_permute4x64_pd(_mm256_castps_pd(o), 0xd8));
	}
	memcpy(v, t, sizeof t);
}

// split_nibbles parts 16 bytes in 32 values, the low half of a byte first.
SG_INLINE void split_nibbles(const uint8_t *p, uint8_t *to) {
	__m128i v = _mm_loadu_si128((const __m128i *)p), mask = _mm_set1_epi8(15);
	__m128i lo = _mm_and_si128(v, mask), hi = _mm_and_si128(_mm_srli_epi16(v, 4), mask);
	_mm_storeu_si128((__m128i *)to, _mm_unpacklo_epi8(lo, hi));
	_mm_storeu_si128((__m128i *)(to + 16), _mm_unpackhi_epi8(lo, hi));
}
