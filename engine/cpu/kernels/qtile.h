// The product of many quantized rows with tiles of QR weight rows. A tile is unpacked once so that lane l of a vector holds
// four consecutive (or consecutive even, or odd) values of row l; four values of x are repeated over all lanes, and the sums
// of a group need no adding across lanes.

enum { QR = QV * VW, qtile_nb = 128 }; // qtile_nb: rows of x that pass by a tile, few enough for L2

// A tile: w [k/4, QR] of four bytes, scale and bias [k/32, QR].
typedef struct {
	uint8_t *w;
	float *scale, *bias;
} qtile;

// unpack_scales makes [k/32, VW] of the scales (or biases) of rows m.., lane by lane. t is scratch.
SG_INLINE void unpack_scales(const matrix *a, const void *scales, size_t m, int rows, float *to, float *t) {
	size_t groups = a->k / a->group, times = a->group / 32;
	float *turned = t + VW * groups;
	for (int i = 0; i < rows; i++) to_f32(a->t, scales, (m + (size_t)i) * groups, groups, t + (size_t)i * groups);
	transpose_in(turned, VW, t, groups, rows, groups);
	for (size_t g = 0; g < groups; g++)
		for (size_t i = 0; i < times; i++) vf_store(to + (g * times + i) * QR, vf_load(turned + g * VW));
}

// unpack makes the tile of rows m0.., zeros where the rows end. t is scratch for 2*VW*k/4 floats.
SG_INLINE void unpack(const matrix *a, size_t m0, qtile to, float *t) {
	size_t words = a->k * (size_t)a->bits / 32;
	for (size_t v = 0; v < QV; v++) {
		size_t m = m0 + v * VW;
		int rows = m < a->m ? (int)min_size(VW, a->m - m) : 0;
		unpack_scales(a, a->scales, m, rows, to.scale + v * VW, t);
		unpack_scales(a, a->biases, m, rows, to.bias + v * VW, t);
		if (a->bits == 8 && U8_OFFSET > 0)
			for (size_t g = 0; g < a->k / 32; g++) {
				float *b = to.bias + g * QR + v * VW;
				vf_store(b, vf_fma(vf_load(to.scale + g * QR + v * VW), vf_set(U8_OFFSET), vf_load(b)));
			}
		transpose_in(t, VW, (const float *)a->w + m * words, words, rows, words);
		for (size_t i = 0; i < words; i++) {
			vb p = vb_load(t + i * VW);
			if (a->bits == 4) {
				size_t at = i / 4 * 8 + i % 4;
				vb_store(to.w + (at * QV + v) * VB, vb_low(p));
				vb_store(to.w + ((at + 4) * QV + v) * VB, vb_high(p));
			} else {
				vb_store(to.w + (i * QV + v) * VB, vb_u8(p));
			}
		}
	}
}

// qtile_group adds group g of `rows` rows of x to sum.
SG_INLINE void qtile_group(int bits, int rows, size_t g, qrow x, size_t ldx, qtile w, vf sum[][QV]) {
	const int8_t *q = x.q + (bits == 4 ? even_at(g) : g * 32);
	const uint8_t *p = w.w + g * 8 * QV * VB;
	acc4 acc[QT4][QV];
	SG_UNROLL for (int i = 0; i < rows; i++)
		SG_UNROLL for (int v = 0; v < QV; v++) acc[i][v] = acc4_zero();
	SG_UNROLL for (int j = 0; j < 8; j++) {
		vb b[QV];
		SG_UNROLL for (int v = 0; v < QV; v++) b[v] = vb_load(p + (j * QV + v) * VB);
		const int8_t *at = q + (bits == 4 && j >= 4 ? VB + 4 * (j - 4) : 4 * j);
		SG_UNROLL for (int i = 0; i < rows; i++) {
			vb s = vb_set4(at + (size_t)i * ldx);
			SG_UNROLL for (int v = 0; v < QV; v++)
				acc[i][v] = bits == 4 ? dot_u4(acc[i][v], b[v], s) : (acc4)dot_u8((vi)acc[i][v], b[v], s);
		}
	}
	SG_UNROLL for (int v = 0; v < QV; v++) {
		vf scale = vf_load(w.scale + g * QR + v * VW), bias = vf_load(w.bias + g * QR + v * VW);
		SG_UNROLL for (int i = 0; i < rows; i++) {
			const float *d = (const float *)((const uint8_t *)(x.d + g) + (size_t)i * ldx);
			const float *s = (const float *)((const uint8_t *)(x.sum + g) + (size_t)i * ldx);
			vf f = bits == 4 ? acc4_float(acc[i][v]) : vi_float((vi)acc[i][v]);
			sum[i][v] = vf_fma(f, vf_mul(scale, vf_set(*d)), sum[i][v]);
			sum[i][v] = vf_fma(bias, vf_set(*s), sum[i][v]);
		}
	}
}

// qtile_of is y [rows, QR] = init + x wT for `rows` rows of x, ldx bytes apart.
SG_INLINE void qtile_of(int bits, int rows, size_t groups, qrow x, size_t ldx, qtile w, const float *init, float *y,
                        size_t ldy) {
	vf sum[QT4][QV];
	SG_UNROLL for (int i = 0; i < rows; i++)
		SG_UNROLL for (int v = 0; v < QV; v++) sum[i][v] = vf_load(init + v * VW);
	for (size_t g = 0; g < groups; g++) qtile_group(bits, rows, g, x, ldx, w, sum);
	SG_UNROLL for (int i = 0; i < rows; i++)
		SG_UNROLL for (int v = 0; v < QV; v++) vf_store(y + (size_t)i * ldy + v * VW, sum[i][v]);
}

#define QTILE(n)                                                                          \
	case n:                                                                               \
		if (n <= high) qtile_of(bits, n <= high ? n : 1, groups, x, ldx, w, init, y, ldy); \
		break;
#define QTILES(bits_)                                                                                                  \
	static __attribute__((noinline)) void qtile_##bits_(int rows, size_t groups, qrow x, size_t ldx, qtile w,          \
	                                                    const float *init, float *y, size_t ldy) {                     \
		enum { bits = bits_, high = QT##bits_ };                                                                        \
		switch (rows) {                                                                                                 \
			QTILE(1) QTILE(2) QTILE(3) QTILE(4) QTILE(5) QTILE(6)                                                        \
			QTILE(7) QTILE(8) QTILE(9) QTILE(10) QTILE(11) QTILE(12)                                                     \
		}                                                                                                               \
	}
QTILES(4)
QTILES(8)

SG_INLINE void qlinear_tiles(const float *x, size_t n, const matrix *a, const float *bias, float *y, sg_worker *w) {
	size_t k = a->k, m = a->m, groups = k / 32, ldx = qrow_bytes(k), high = a->bits == 4 ? QT4 : QT8;
	block b = block_of(w, n, high, 1, m, QR, 2);
	size_t rows_max = min_size(qtile_nb, b.n1 - b.n0);
	size_t w_bytes = k * QR, g_bytes = groups * QR * sizeof(float), t_bytes = 2 * VW * k;
	uint8_t *memory = sg_scratch(w, w_bytes + 2 * g_bytes + t_bytes + (high + 1) * QR * sizeof(float) + rows_max * ldx);
	if (!memory) return;
	qtile tile = {memory, (float *)(memory + w_bytes), (float *)(memory + w_bytes + g_bytes)};
	float *t = (float *)(memory + w_bytes + 2 * g_bytes), *full = t + t_bytes / sizeof(float), *init = full + high * QR;
	uint8_t *rows = (uint8_t *)(init + QR);

	for (size_t nb = b.n0; nb < b.n1; nb += qtile_nb) {
		size_t count = min_size(qtile_nb, b.n1 - nb);
		for (size_t i = 0; i < count; i++) quantize(a->bits, x + (nb + i) * k, k, qrow_at(rows, i, k));
		for (size_t m0 = b.m0; m0 < b.m1; m0 += QR) {
			size_t columns = min_size(QR, b.m1 - m0);
			unpack(a, m0, tile, t);
			for (size_t j = 0; j < QR; j++) init[j] = bias && j < columns ? bias[m0 + j] : 0;
			for (size_t i = 0; i < count; i += high) {
				int height = (int)min_size(high, count - i);
				float *to = y + (nb + i) * m + m0, *c = columns == QR ? to : full;
				size_t ldc = columns == QR ? m : QR;
				if (a->bits == 4)
					qtile_4(height, groups, qrow_at(rows, i, k), ldx, tile, init, c, ldc);
				else
					qtile_8(height, groups, qrow_at(rows, i, k), ldx, tile, init, c, ldc);
				if (c == full)
					for (int r = 0; r < height; r++) memcpy(to + (size_t)r * m, full + r * QR, columns * sizeof *to);
			}
		}
	}
}
