// Vectors of 128 bits: NEON of AArch64, with the dot product instructions where SG_DOTPROD is set.

typedef float32x4_t vf;
typedef int8x16_t vb;
enum { VW = 4, VB = 16 };

// gemm tile: MR rows of x by NV vectors; qlinear tile: QT4 or QT8 rows of x, by bits, by QV vectors of weight rows
enum { MR = 6, NV = 4, NR = NV * VW, QT4 = 6, QT8 = 6, QV = 2 };

#define vf_set(a) vdupq_n_f32(a)
#define vf_load(p) vld1q_f32(p)
#define vf_store(p, v) vst1q_f32(p, v)
#define vf_add(a, b) vaddq_f32(a, b)
#define vf_sub(a, b) vsubq_f32(a, b)
#define vf_mul(a, b) vmulq_f32(a, b)
#define vf_div(a, b) vdivq_f32(a, b)
#define vf_max(a, b) vmaxq_f32(a, b)
#define vf_min(a, b) vminq_f32(a, b)
#define vf_fma(a, b, c) vfmaq_f32(c, a, b)
#define vf_round(a) vrndnq_f32(a)
#define vf_sum(a) vaddvq_f32(a)
#define vf_top(a) vmaxvq_f32(a)
#define vf_load_f16(p) vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(p)))
#define vf_store_f16(p, v) vst1_u16(p, vreinterpret_u16_f16(vcvt_f16_f32(v)))
#define vf_load_bf16(p) vreinterpretq_f32_u32(vshll_n_u16(vld1_u16(p), 16))

SG_INLINE vf vf_load_u8(const uint8_t *p) {
	uint32_t v;
	memcpy(&v, p, 4);
	return vcvtq_f32_u32(vmovl_u16(vget_low_u16(vmovl_u8(vcreate_u8(v)))));
}

SG_INLINE vf vf_load_n(const float *p, int n) {
	float t[4] = {0};
	memcpy(t, p, (size_t)n * sizeof *p);
	return vld1q_f32(t);
}

SG_INLINE void vf_store_n(float *p, vf v, int n) {
	float t[4];
	vst1q_f32(t, v);
	memcpy(p, t, (size_t)n * sizeof *p);
}

// load_u16 loads n <= 4 values, the others 0.
SG_INLINE uint16x4_t load_u16(const uint16_t *p, int n) {
	uint64_t v = 0;
	if (n == 4) return vld1_u16(p);
	if (n & 2) v = (uint64_t)p[1] << 16 | p[0];
	if (n & 1) v |= (uint64_t)p[n & 2] << (n & 2 ? 32 : 0);
	return vcreate_u16(v);
}
#define vf_load_f16_n(p, n) vcvt_f32_f16(vreinterpret_f16_u16(load_u16(p, n)))
#define vf_load_bf16_n(p, n) vreinterpretq_f32_u32(vshll_n_u16(load_u16(p, n), 16))

SG_INLINE vf vf_load_i8_n(const int8_t *p, int n) {
	uint32_t v = 0;
	memcpy(&v, p, (size_t)n);
	return vcvtq_f32_s32(vmovl_s16(vget_low_s16(vmovl_s8(vcreate_s8(v)))));
}
#define vf_load_i8(p) vf_load_i8_n(p, 4)

SG_INLINE float f16_float(uint16_t bits) {
	return vgetq_lane_f32(vcvt_f32_f16(vreinterpret_f16_u16(vdup_n_u16(bits))), 0);
}

// vf_scale2 is a * 2^n for n in [-150, 128], in two steps so that neither factor overflows.
SG_INLINE vf vf_scale2(vf a, vf n) {
	int32x4_t k = vcvtnq_s32_f32(n), h = vshrq_n_s32(k, 1), bias = vdupq_n_s32(127);
	vf f = vreinterpretq_f32_s32(vshlq_n_s32(vaddq_s32(h, bias), 23));
	vf g = vreinterpretq_f32_s32(vshlq_n_s32(vaddq_s32(vsubq_s32(k, h), bias), 23));
	return vmulq_f32(vmulq_f32(a, f), g);
}

// vf_sum4 gives the sums of four vectors.
SG_INLINE void vf_sum4(vf a, vf b, vf c, vf d, float out[4]) {
	vst1q_f32(out, vpaddq_f32(vpaddq_f32(a, b), vpaddq_f32(c, d)));
}

SG_INLINE void vf_transpose(vf m[4]) {
	float32x4x2_t t = vzipq_f32(m[0], m[2]), u = vzipq_f32(m[1], m[3]);
	float32x4x2_t lo = vzipq_f32(t.val[0], u.val[0]), hi = vzipq_f32(t.val[1], u.val[1]);
	m[0] = lo.val[0], m[1] = lo.val[1], m[2] = hi.val[0], m[3] = hi.val[1];
}

// vf_repeat gives lane l the value of lane l/times; vf_spread gives it that of lane first + l/(VW/parts).
SG_INLINE vf vf_repeat(vf v, int times) {
	if (times == 1) return v;
	return times == 2 ? vzip1q_f32(v, v) : vdupq_laneq_f32(v, 0);
}

SG_INLINE vf vf_spread(vf v, int first, int parts) {
	(void)parts; // one group of weights fills a vector or more
	return vdupq_n_f32(v[first]);
}

// Bytes.
#define vb_load(p) vld1q_s8((const int8_t *)(p))
#define vb_load_n(p, n) vb_load(p) /* a group of weights is 16 bytes at least */
#define vb_store(p, v) vst1q_s8((int8_t *)(p), v)
#define vb_low(v) vandq_s8(v, vdupq_n_s8(15))
#define vb_high(v) vreinterpretq_s8_u8(vshrq_n_u8(vreinterpretq_u8_s8(v), 4))

// dot_u8 takes 8-bit weights less 128, as signed bytes.
enum { U8_OFFSET = 128 };
#define vb_u8(v) veorq_s8(v, vdupq_n_s8(-128))

SG_INLINE vb vb_set4(const int8_t *p) {
	int32_t v;
	memcpy(&v, p, 4);
	return vreinterpretq_s8_s32(vdupq_n_s32(v));
}

typedef int32x4_t acc4;
typedef int32x4_t vi;
#define acc4_zero() vdupq_n_s32(0)
#define acc4_float(acc) vcvtq_f32_s32(acc)
#define vi_float(acc) vcvtq_f32_s32(acc)

SG_INLINE vi dot_u8(vi acc, vb w, vb x) {
#if SG_DOTPROD
	return vdotq_s32(acc, w, x);
#else
	int16x8_t lo = vmull_s8(vget_low_s8(w), vget_low_s8(x)), hi = vmull_high_s8(w, x);
	return vaddq_s32(acc, vpaddq_s32(vpaddlq_s16(lo), vpaddlq_s16(hi)));
#endif
}
#define dot_u4(acc, w, x) dot_u8(acc, w, x)

// store_i8 stores 32 whole numbers as bytes, in order.
SG_INLINE void store_i8(const vf v[8], int8_t *lo, int8_t *hi) {
	int8x8_t b[4];
	for (int i = 0; i < 4; i++) {
		int16x4_t l = vqmovn_s32(vcvtnq_s32_f32(v[2 * i])), h = vqmovn_s32(vcvtnq_s32_f32(v[2 * i + 1]));
		b[i] = vqmovn_s16(vcombine_s16(l, h));
	}
	vst1q_s8(lo, vcombine_s8(b[0], b[1]));
	vst1q_s8(hi, vcombine_s8(b[2], b[3]));
}

// vf_unzip parts 32 values in their even and odd ones, 16 each.
SG_INLINE void vf_unzip(vf v[8]) {
	vf t[8];
	for (int i = 0; i < 4; i++) {
		float32x4x2_t u = vuzpq_f32(v[2 * i], v[2 * i + 1]);
		t[i] = u.val[0], t[i + 4] = u.val[1];
	}
	memcpy(v, t, sizeof t);
}

// split_nibbles parts 16 bytes in 32 values, the low half of a byte first.
SG_INLINE void split_nibbles(const uint8_t *p, uint8_t *to) {
	uint8x16_t v = vld1q_u8(p);
	uint8x16x2_t both = {{vandq_u8(v, vdupq_n_u8(15)), vshrq_n_u8(v, 4)}};
	vst2q_u8(to, both);
}
