// logsumexp: y = max + log of the sum of e^(x - max), row by row.
#ifdef SG_ISA
static void logsumexp(void *const *buf, int nbuf, const void *args, sg_worker *w) {
	(void)nbuf;
	const struct {
		uint32_t n, c;
	} *a = args;
	size_t row, end, c = a->c;
	sg_share(w, a->n, 1, &row, &end);
	for (; row < end; row++) {
		const float *x = (const float *)buf[0] + row * c;
		size_t whole = c / VW * VW;
		vf top = vf_set(-INFINITY);
		for (size_t i = 0; i < whole; i += VW) top = vf_max(top, vf_load(x + i));
		float m = vf_top(top);
		for (size_t i = whole; i < c; i++) m = x[i] > m ? x[i] : m;
		vf sum = vf_set(0), shift = vf_set(m);
		for (size_t i = 0; i < whole; i += VW) sum = vf_add(sum, vf_exp(vf_sub(vf_load(x + i), shift)));
		double total = vf_sum(sum);
		for (size_t i = whole; i < c; i++) total += exp((double)x[i] - m);
		((float *)buf[1])[row] = (float)(m + log(total));
	}
}
#endif
