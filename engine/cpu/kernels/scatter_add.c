// scatter_add: row i of x [n, c] is added to row index[i] of y [r, c]; negative indices go nowhere. A part owns columns.
#ifdef SG_ISA
static void scatter_add(void *const *buf, int nbuf, const void *args, sg_worker *w) {
	(void)nbuf;
	const struct {
		uint32_t n, c, r;
	} *a = args;
	const float *x = buf[0];
	const int32_t *index = buf[1];
	float *y = buf[2];
	size_t lo, hi, c = a->c;
	sg_share(w, c, 16, &lo, &hi);
	for (size_t r = 0; r < a->r; r++) memset(y + r * c + lo, 0, (hi - lo) * sizeof *y);
	for (size_t i = 0; i < a->n; i++) {
		if (index[i] < 0 || (uint32_t)index[i] >= a->r) continue;
		float *to = y + (size_t)index[i] * c;
		const float *from = x + i * c;
		for (size_t j = lo; j < hi; j++) to[j] += from[j];
	}
}
#endif
