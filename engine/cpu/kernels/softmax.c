// softmax: y = e^(x - max) / sum, row by row.
#ifdef SG_ISA
static void softmax(void *const *buf, int nbuf, const void *args, sg_worker *w) {
	(void)nbuf;
	const struct {
		uint32_t n, c;
	} *a = args;
	size_t row, end, c = a->c;
	sg_share(w, a->n, 1, &row, &end);
	for (; row < end; row++) {
		const float *x = (const float *)buf[0] + row * c;
		float *y = (float *)buf[1] + row * c;
		size_t whole = c / VW * VW;
		vf top = vf_set(-INFINITY);
		for (size_t i = 0; i < whole; i += VW) top = vf_max(top, vf_load(x + i));
		float m = vf_top(top);
		for (size_t i = whole; i < c; i++) m = x[i] > m ? x[i] : m;
		top = vf_set(m);
		vf sum = vf_set(0);
		for (size_t i = 0; i < whole; i += VW) {
			vf e = vf_exp(vf_sub(vf_load(x + i), top));
			vf_store(y + i, e);
			sum = vf_add(sum, e);
		}
		float total = vf_sum(sum);
		if (whole < c) {
			int n = (int)(c - whole);
			vf_store_n(y + whole, vf_exp(vf_sub(vf_load_n(x + whole, n), top)), n);
			for (size_t i = whole; i < c; i++) total += y[i];
		}
		vf r = vf_set(1.0f / total);
		for (size_t i = 0; i < whole; i += VW) vf_store(y + i, vf_mul(vf_load(y + i), r));
		for (size_t i = whole; i < c; i++) y[i] /= total;
	}
}
#endif
