// Activations quantized to i8, and the product of a few rows of them with weight rows as they lie in memory.

// A quantized row: values d*q in groups of 32, and sum, d times the sum of the group's q. Groups are padded to a
// multiple of VW with zeros. For 4-bit weights the values lie as their nibbles do: for every VB bytes of weights first
// the even values, then the odd ones.
typedef struct {
	int8_t *q;
	float *d, *sum;
} qrow;

enum { qrow_side = 2 }; // rows of x that meet a weight side by side

static inline size_t qrow_groups(size_t k) { return round_up(k / 32, VW); }
static inline size_t qrow_bytes(size_t k) { return qrow_groups(k) * (32 + 2 * sizeof(float)); }

// qrow_at is row i of `rows`, memory for rows of qrow_bytes.
static inline qrow qrow_at(uint8_t *rows, size_t i, size_t k) {
	uint8_t *p = rows + i * qrow_bytes(k);
	float *d = (float *)(p + qrow_groups(k) * 32);
	return (qrow){(int8_t *)p, d, d + qrow_groups(k)};
}

// even_at is where the 16 even values of group g begin; the odd ones begin VB later.
SG_INLINE size_t even_at(size_t g) {
	const size_t each = VB / 16;
	return g / each * (2 * VB) + g % each * 16;
}

SG_INLINE void quantize(int bits, const float *x, size_t k, qrow r) {
	size_t groups = k / 32;
	for (size_t g = 0; g < groups; g++, x += 32) {
		vf v[32 / VW], top = vf_set(0), sum = vf_set(0);
		SG_UNROLL for (int i = 0; i < 32 / VW; i++) {
			v[i] = vf_load(x + i * VW);
			top = vf_max(top, vf_abs(v[i]));
		}
		float most = vf_top(top);
		vf scale = vf_set(most > 1e-30f ? 127.0f / most : 0);
		SG_UNROLL for (int i = 0; i < 32 / VW; i++) {
			v[i] = vf_round(vf_mul(v[i], scale));
			sum = vf_add(sum, v[i]);
		}
		r.d[g] = most / 127.0f;
		r.sum[g] = r.d[g] * vf_sum(sum);
		int8_t *to = r.q + g * 32;
		if (bits == 4) {
			vf_unzip(v);
			to = r.q + even_at(g);
			store_i8(v, to, to + VB);
		} else {
			store_i8(v, to, to + 16);
		}
	}
	for (size_t g = groups; g < qrow_groups(k); g++) {
		r.d[g] = r.sum[g] = 0;
		if (bits == 4) {
			memset(r.q + even_at(g), 0, 16);
			memset(r.q + even_at(g) + VB, 0, 16);
		} else {
			memset(r.q + g * 32, 0, 32);
		}
	}
}

// spread_scales gives the scales (or biases) of groups of 32 from g on, n of them, of a row whose first is `first`.
// A stored group is 2^shift groups of 32.
SG_INLINE vf spread_scales(const matrix *a, int shift, const void *scales, size_t first, size_t g, int n) {
	size_t at = first + (g >> shift);
	if (shift == 0 && n == VW) return vf_load_as(a->t, scales, at);
	return vf_repeat(vf_load_as_n(a->t, scales, at, (n + (1 << shift) - 1) >> shift), 1 << shift);
}

// fetch asks for bytes of the four rows after these, which the processor's own prefetch follows badly.
SG_INLINE void fetch(const uint8_t *p, int bytes) {
	for (int i = 0; i < bytes; i += 64) __builtin_prefetch(p + i);
}

// qstep adds n <= VW groups of 32 from g on to the sums of `rows` rows of x: p and first are where the weights' row and
// scales begin, which are brought into shape once for all.
SG_INLINE void qstep(const matrix *a, int shift, const uint8_t *p, size_t first, size_t g, int n, int rows, const qrow *x, vf *sum) {
	vf s = spread_scales(a, shift, a->scales, first, g, n), each[qrow_side];
	vf b = spread_scales(a, shift, a->biases, first, g, n);
	if (a->bits == 8 && U8_OFFSET > 0) b = vf_fma(s, vf_set(U8_OFFSET), b);
	SG_UNROLL for (int i = 0; i < rows; i++) {
		sum[i] = vf_fma(b, vf_load(x[i].sum + g), sum[i]);
		each[i] = vf_mul(s, vf_load(x[i].d + g));
	}
	if (a->bits == 4) {
		p += g * 16;
		fetch(p + 4 * (a->k / 2), VW * 16);
		SG_UNROLL for (int v = 0; v < 4; v++) {
			int bytes = n * 16 - v * VB;
			if (bytes <= 0) break;
			vb w = bytes >= VB ? vb_load(p + v * VB) : vb_load_n(p + v * VB, bytes);
			vb low = vb_low(w), high = vb_high(w);
			SG_UNROLL for (int i = 0; i < rows; i++) {
				const int8_t *q = x[i].q + g * 32 + 2 * v * VB;
				acc4 t = dot_u4(dot_u4(acc4_zero(), low, vb_load(q)), high, vb_load(q + VB));
				sum[i] = vf_fma(acc4_float(t), vf_spread(each[i], v * VW / 4, 4), sum[i]);
			}
		}
		return;
	}
	p += g * 32;
	fetch(p + 4 * a->k, VW * 32);
	SG_UNROLL for (int v = 0; v < 8; v++) {
		int bytes = n * 32 - v * VB;
		if (bytes <= 0) break;
		vb w = vb_u8(bytes >= VB ? vb_load(p + v * VB) : vb_load_n(p + v * VB, bytes));
		SG_UNROLL for (int i = 0; i < rows; i++) {
			vi t = dot_u8((vi)acc4_zero(), w, vb_load(x[i].q + g * 32 + v * VB));
			sum[i] = vf_fma(vi_float(t), vf_spread(each[i], v * VW / 8, 8), sum[i]);
		}
	}
}

// qdot4 gives the products of `rows` rows of x with `count` <= 4 weight rows from m on.
SG_INLINE void qdot4(const matrix *a, int shift, size_t m, int count, int rows, const qrow *x, float out[][4]) {
	size_t groups = a->k / 32, g = 0, bytes = a->k * (size_t)a->bits / 8, scales = a->k / a->group;
	vf sum[4][qrow_side];
	const uint8_t *p[4];
	size_t first[4];
	SG_UNROLL for (int r = 0; r < 4; r++) {
		size_t row = m + (size_t)(r < count ? r : 0);
		p[r] = (const uint8_t *)a->w + row * bytes;
		first[r] = row * scales;
		SG_UNROLL for (int i = 0; i < rows; i++) sum[r][i] = vf_set(0);
	}
	for (; g + VW <= groups; g += VW) {
		SG_UNROLL for (int r = 0; r < 4; r++) qstep(a, shift, p[r], first[r], g, VW, rows, x, sum[r]);
	}
	if (g < groups) {
		SG_UNROLL for (int r = 0; r < 4; r++) qstep(a, shift, p[r], first[r], g, (int)(groups - g), rows, x, sum[r]);
	}
	SG_UNROLL for (int i = 0; i < rows; i++) vf_sum4(sum[0][i], sum[1][i], sum[2][i], sum[3][i], out[i]);
}

// qdots is qdot4 for the groups that there are, each with its own code.
SG_INLINE void qdots(const matrix *a, size_t m, int count, int rows, const qrow *x, float out[][4]) {
	if (a->group == 32)
		qdot4(a, 0, m, count, rows, x, out);
	else if (a->group == 64)
		qdot4(a, 1, m, count, rows, x, out);
	else
		qdot4(a, 2, m, count, rows, x, out);
}

// The parts share the weight rows, and each quantizes the few rows of x for itself, which is cheaper than to wait.
SG_INLINE void qlinear_rows(const float *x, size_t n, const matrix *a, const float *bias, float *y, sg_worker *w) {
	size_t k = a->k, m, end;
	uint8_t *rows = sg_scratch(w, n * qrow_bytes(k));
	if (!rows) return;
	for (size_t i = 0; i < n; i++) quantize(a->bits, x + i * k, k, qrow_at(rows, i, k));
	sg_share(w, a->m, 16, &m, &end);
	for (; m < end; m += 4) {
		int count = (int)min_size(4, end - m);
		for (size_t i = 0; i < n; i += qrow_side) {
			int together = (int)min_size(qrow_side, n - i);
			qrow x_i[qrow_side];
			float out[qrow_side][4];
			for (int j = 0; j < together; j++) x_i[j] = qrow_at(rows, i + (size_t)j, k);
			if (together == 1)
				qdots(a, m, count, 1, x_i, out);
			else
				qdots(a, m, count, qrow_side, x_i, out);
			for (int j = 0; j < together; j++)
				for (int r = 0; r < count; r++)
					y[(i + (size_t)j) * a->m + m + (size_t)r] = out[j][r] + (bias ? bias[m + (size_t)r] : 0);
		}
	}
}
