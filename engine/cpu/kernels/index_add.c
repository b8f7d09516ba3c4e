// index_add: y [r, c] is y0 with row i of x [n, c] added to row index[i]; negative indices go nowhere. A part owns rows of y; y may be y0.
#ifdef SG_ISA
static void index_add(void *const *buf, int nbuf, const void *args, sg_worker *w) {
	(void)nbuf;
	const struct {
		uint32_t n, c, r;
	} *a = args;
	const float *y0 = buf[0], *x = buf[1];
	const int32_t *index = buf[2];
	float *y = buf[3];
	size_t lo, hi, c = a->c;
	sg_share(w, a->r, 16, &lo, &hi);
	if (y != y0 && hi > lo) memcpy(y + lo * c, y0 + lo * c, (hi - lo) * c * sizeof *y);
	for (size_t i = 0; i < a->n; i++) {
		if (index[i] < 0 || (size_t)index[i] < lo || (size_t)index[i] >= hi) continue;
		float *to = y + (size_t)index[i] * c;
		const float *from = x + i * c;
		for (size_t j = 0; j < c; j++) to[j] += from[j];
	}
}
#endif
