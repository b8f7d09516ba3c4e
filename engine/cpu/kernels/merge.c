// merge: y[i] = index[i] >= 0 ? rows[index[i]] : x[i], which puts image rows into a token sequence.
#ifdef SG_ISA
static void merge(void *const *buf, int nbuf, const void *args, sg_worker *w) {
	(void)nbuf;
	const struct {
		uint32_t n, c, r;
	} *a = args;
	const float *x = buf[0], *rows = buf[1];
	const int32_t *index = buf[2];
	float *y = buf[3];
	size_t i, end, c = a->c;
	sg_share(w, a->n, 1, &i, &end);
	for (; i < end; i++) {
		const float *from = index[i] >= 0 && (uint32_t)index[i] < a->r ? rows + (size_t)index[i] * c : x + i * c;
		memmove(y + i * c, from, c * sizeof *y);
	}
}
#endif
