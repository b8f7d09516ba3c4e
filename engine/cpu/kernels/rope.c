// rope: turns the pairs of the first R values of every head by the row's angles: (a, b) -> (a cos - b sin, b cos + a sin).
// A pair is (i, i + R/2), or (2i, 2i + 1) when interleaved. inverse turns back. y may be x.
#ifdef SG_ISA
static void rope(void *const *buf, int nbuf, const void *args, sg_worker *w) {
	(void)nbuf;
	const struct {
		uint32_t n, h, d, r, interleaved, inverse;
	} *a = args;
	size_t d = a->d, half = a->r / 2, unit, end;
	float sign = a->inverse ? -1.0f : 1.0f;
	vf vsign = vf_set(sign);
	sg_share(w, (size_t)a->n * a->h, 1, &unit, &end);
	for (; unit < end; unit++) {
		const float *x = (const float *)buf[0] + unit * d;
		const float *cos = (const float *)buf[1] + unit / a->h * a->r, *sin = cos + half;
		float *y = (float *)buf[2] + unit * d;
		if (x != y) memmove(y + 2 * half, x + 2 * half, (d - 2 * half) * sizeof *y);
		size_t i = 0;
		if (!a->interleaved)
			for (; i + VW <= half; i += VW) {
				vf u = vf_load(x + i), v = vf_load(x + half + i);
				vf c = vf_load(cos + i), s = vf_mul(vf_load(sin + i), vsign);
				vf_store(y + i, vf_sub(vf_mul(u, c), vf_mul(v, s)));
				vf_store(y + half + i, vf_fma(u, s, vf_mul(v, c)));
			}
		for (; i < half; i++) {
			size_t p = a->interleaved ? 2 * i : i, q = a->interleaved ? p + 1 : p + half;
			float u = x[p], v = x[q], s = sin[i] * sign;
			y[p] = u * cos[i] - v * s;
			y[q] = v * cos[i] + u * s;
		}
	}
}
#endif
