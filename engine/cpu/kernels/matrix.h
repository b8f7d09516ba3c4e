// A stored weight matrix [m, k], of floats or affine quantized, and its rows as f32.

// bits is 4 or 8 for MLX affine quantization, w = scale*q + bias for each `group` inputs, with 32/bits values of a row in
// a 32-bit word, low bits first; it is 0 for plain floats. t is the dtype of the floats, or of scales and biases.
typedef struct {
	int bits;
	dtype t;
	const void *w, *scales, *biases;
	size_t m, k, group;
} matrix;

// dequantize writes values k0..k0+kn of a row; both are multiples of 32.
SG_INLINE void dequantize(const matrix *a, size_t row, size_t k0, size_t kn, float *out) {
	const uint8_t *p = (const uint8_t *)a->w + (row * a->k + k0) * (size_t)a->bits / 8;
	size_t groups = a->k / a->group;
	for (size_t k = 0; k < kn; k += 32) {
		size_t g = row * groups + (k0 + k) / a->group;
		vf scale = vf_set(f32_at(a->t, a->scales, g)), bias = vf_set(f32_at(a->t, a->biases, g));
		uint8_t values[32];
		const uint8_t *q = p;
		if (a->bits == 4) {
			split_nibbles(p, values);
			q = values;
		}
		for (int i = 0; i < 32; i += VW) vf_store(out + k + i, vf_fma(vf_load_u8(q + i), scale, bias));
		p += 4 * a->bits;
	}
}

// matrix_row returns values k0..k0+kn of a row, in `out` unless they are stored as f32.
SG_INLINE const float *matrix_row(const matrix *a, size_t row, size_t k0, size_t kn, float *out) {
	if (a->bits) {
		dequantize(a, row, k0, kn, out);
		return out;
	}
	if (a->t == F32) return (const float *)a->w + row * a->k + k0;
	to_f32(a->t, a->w, row * a->k + k0, kn, out);
	return out;
}

// pack writes the transpose of rows m0.. and values k0..k0+kn into panel [kn, NR], zeros where the rows end. rows is
// scratch for VW rows of kn.
SG_INLINE void pack(const matrix *a, size_t m0, size_t k0, size_t kn, float *panel, float *rows) {
	for (int v = 0; v < NV; v++, m0 += VW) {
		int n = m0 < a->m ? (int)min_size(VW, a->m - m0) : 0;
		if (a->bits == 0 && a->t == F32) {
			transpose_in(panel + v * VW, NR, (const float *)a->w + m0 * a->k + k0, a->k, n, kn);
			continue;
		}
		for (int i = 0; i < n; i++) matrix_row(a, m0 + (size_t)i, k0, kn, rows + (size_t)i * kn);
		transpose_in(panel + v * VW, NR, rows, kn, n, kn);
	}
}
