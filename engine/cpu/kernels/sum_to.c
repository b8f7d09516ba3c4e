// sum_to: the sum over the rows of x [n, c].
#ifdef SG_ISA
static void sum_to(void *const *buf, int nbuf, const void *args, sg_worker *w) {
	(void)nbuf;
	const struct {
		uint32_t n, c;
	} *a = args;
	const float *x = buf[0];
	float *y = buf[1];
	size_t i, end, c = a->c;
	if (c == 1) { // one sum: of blocks, so that it does not drift
		if (w->part) return;
		double total = 0;
		for (size_t j = 0; j < a->n; j++) total += x[j];
		*y = (float)total;
		return;
	}
	sg_share(w, c, 16, &i, &end);
	for (; i < end; i += VW) {
		int n = (int)min_size(VW, end - i);
		vf s = vf_set(0);
		if (n == VW)
			for (size_t j = 0; j < a->n; j++) s = vf_add(s, vf_load(x + j * c + i));
		else
			for (size_t j = 0; j < a->n; j++) s = vf_add(s, vf_load_n(x + j * c + i, n));
		vf_store_n(y + i, s, n);
	}
}
#endif
