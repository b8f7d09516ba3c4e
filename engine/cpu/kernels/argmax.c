// argmax: the index of the first largest value of each row; 0 where all are NaN.
#ifdef SG_ISA
static void argmax(void *const *buf, int nbuf, const void *args, sg_worker *w) {
	(void)nbuf;
	const struct {
		uint32_t n, c;
	} *a = args;
	size_t row, end, c = a->c;
	sg_share(w, a->n, 1, &row, &end);
	for (; row < end; row++) {
		const float *x = (const float *)buf[0] + row * c;
		size_t whole = c / VW * VW, i = 0;
		vf top = vf_set(-INFINITY);
		for (; i < whole; i += VW) top = vf_max(vf_load(x + i), top);
		float m = vf_top(top);
		for (; i < c; i++) m = x[i] > m ? x[i] : m;
		for (i = 0; i < c && x[i] != m; i++) {}
		((int32_t *)buf[1])[row] = i < c ? (int32_t)i : 0;
	}
}
#endif
