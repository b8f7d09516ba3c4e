// What every kernel builds on, written over the vectors of one instruction set. avx512.c, avxvnni.c, avx2.c, neon.c and
// dotprod.c each include their vec_*.h, this file and all kernels.
//
// A vec_*.h gives: vf, VW lanes of f32; vb, VB bytes; vi, VW sums of i32; acc4, a sum of u4 x i8 products that may be
// kept narrower for up to 8 additions; and the functions on them used below.


#if defined(__clang__)
#define SG_UNROLL _Pragma("clang loop unroll(full)")
#else
#define SG_UNROLL _Pragma("GCC unroll 32")
#endif

static inline size_t min_size(size_t a, size_t b) { return a < b ? a : b; }
static inline int min_int(int a, int b) { return a < b ? a : b; }
static inline size_t round_up(size_t n, size_t unit) { return (n + unit - 1) / unit * unit; }

// vf_exp is e^x within 2 ulp where the result is a normal number, 0 below and a large number or infinity above:
// x = n ln 2 + r with |r| <= ln 2 / 2, and e^r by its Taylor series to r^7.
SG_INLINE vf vf_exp(vf x) {
	x = vf_max(vf_set(-104.0f), x); // NaN stays: max and min return their second operand then
	x = vf_min(vf_set(88.722f), x);
	vf n = vf_round(vf_mul(x, vf_set(1.44269504f)));
	vf r = vf_fma(n, vf_set(-0.693359375f), x); // ln 2 in two parts
	r = vf_fma(n, vf_set(2.12194440e-4f), r);
	vf p = vf_set(1.0f / 5040);
	p = vf_fma(p, r, vf_set(1.0f / 720));
	p = vf_fma(p, r, vf_set(1.0f / 120));
	p = vf_fma(p, r, vf_set(1.0f / 24));
	p = vf_fma(p, r, vf_set(1.0f / 6));
	p = vf_fma(p, r, vf_set(0.5f));
	p = vf_fma(p, r, vf_set(1.0f));
	p = vf_fma(p, r, vf_set(1.0f));
	return vf_scale2(p, n);
}

// vf_sigmoid is 1 / (1 + e^-x).
SG_INLINE vf vf_sigmoid(vf x) {
	vf one = vf_set(1.0f);
	return vf_div(one, vf_add(one, vf_exp(vf_sub(vf_set(0), x))));
}

SG_INLINE vf vf_abs(vf x) { return vf_max(vf_sub(vf_set(0), x), x); }

// The dtypes a stored tensor may have; I8, whole numbers that have yet to meet their scale, is for caches alone. Every
// function below takes one as a constant and folds it away.
typedef enum { F32, F16, BF16, I8 } dtype;

SG_INLINE size_t dtype_size(dtype t) { return t == F32 ? 4 : 2; }

SG_INLINE vf vf_load_as(dtype t, const void *p, size_t i) {
	if (t == F16) return vf_load_f16((const uint16_t *)p + i);
	if (t == BF16) return vf_load_bf16((const uint16_t *)p + i);
	if (t == I8) return vf_load_i8((const int8_t *)p + i);
	return vf_load((const float *)p + i);
}

SG_INLINE vf vf_load_as_n(dtype t, const void *p, size_t i, int n) {
	if (t == F16) return vf_load_f16_n((const uint16_t *)p + i, n);
	if (t == BF16) return vf_load_bf16_n((const uint16_t *)p + i, n);
	if (t == I8) return vf_load_i8_n((const int8_t *)p + i, n);
	return vf_load_n((const float *)p + i, n);
}

// f32_at is value i.
SG_INLINE float f32_at(dtype t, const void *p, size_t i) {
	if (t == F32) return ((const float *)p)[i];
	uint16_t bits = ((const uint16_t *)p)[i];
	if (t == F16) return f16_float(bits);
	uint32_t wide = (uint32_t)bits << 16;
	float v;
	memcpy(&v, &wide, sizeof v);
	return v;
}

// to_f32 converts n values.
SG_INLINE void to_f32(dtype t, const void *src, size_t from, size_t n, float *dst) {
	size_t i = 0;
	for (; i + VW <= n; i += VW) vf_store(dst + i, vf_load_as(t, src, from + i));
	if (i < n) vf_store_n(dst + i, vf_load_as_n(t, src, from + i, (int)(n - i)), (int)(n - i));
}

// dot4 gives the products of x[n] with 4 rows at w[from], stride values apart.
SG_INLINE void dot4(dtype t, const float *x, const void *w, size_t from, size_t stride, size_t n, float out[4]) {
	vf a[4] = {vf_set(0), vf_set(0), vf_set(0), vf_set(0)};
	size_t i = 0;
	for (; i + VW <= n; i += VW) {
		vf v = vf_load(x + i);
		SG_UNROLL for (size_t r = 0; r < 4; r++) a[r] = vf_fma(v, vf_load_as(t, w, from + r * stride + i), a[r]);
	}
	if (i < n) {
		int left = (int)(n - i);
		vf v = vf_load_n(x + i, left);
		SG_UNROLL for (size_t r = 0; r < 4; r++)
			a[r] = vf_fma(v, vf_load_as_n(t, w, from + r * stride + i, left), a[r]);
	}
	vf_sum4(a[0], a[1], a[2], a[3], out);
}

// transpose_in writes the transpose of [rows, cols] 32-bit values at src, rows stride values apart: value [r, c] goes
// to dst[c*ld + r]. Lanes rows..VW are 0. rows <= VW.
SG_INLINE void transpose_in(float *dst, size_t ld, const float *src, size_t stride, int rows, size_t cols) {
	for (size_t c = 0; c < cols; c += VW) {
		int n = (int)min_size(VW, cols - c);
		vf m[VW];
		if (rows == VW && n == VW) {
			SG_UNROLL for (int r = 0; r < VW; r++) m[r] = vf_load(src + (size_t)r * stride + c);
		} else {
			SG_UNROLL for (int r = 0; r < VW; r++)
				m[r] = r < rows ? vf_load_n(src + (size_t)r * stride + c, n) : vf_set(0);
		}
		vf_transpose(m);
		if (n == VW) {
			SG_UNROLL for (int i = 0; i < VW; i++) vf_store(dst + (c + (size_t)i) * ld, m[i]);
		} else {
			SG_UNROLL for (int i = 0; i < VW; i++)
				if (i < n) vf_store(dst + (c + (size_t)i) * ld, m[i]);
		}
	}
}
