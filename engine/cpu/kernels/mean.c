// mean: the mean of each row of x [n, c].
#ifdef SG_ISA
static void mean(void *const *buf, int nbuf, const void *args, sg_worker *w) {
	(void)nbuf;
	const struct {
		uint32_t n, c;
	} *a = args;
	size_t row, end, c = a->c;
	sg_share(w, a->n, 1, &row, &end);
	for (; row < end; row++) {
		const float *x = (const float *)buf[0] + row * c;
		vf s0 = vf_set(0), s1 = vf_set(0);
		size_t i = 0;
		for (; i + 2 * VW <= c; i += 2 * VW) s0 = vf_add(s0, vf_load(x + i)), s1 = vf_add(s1, vf_load(x + i + VW));
		for (; i < c; i += VW) s0 = vf_add(s0, vf_load_n(x + i, (int)min_size(VW, c - i)));
		((float *)buf[1])[row] = vf_sum(vf_add(s0, s1)) / (float)c;
	}
}
#endif
