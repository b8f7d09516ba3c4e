// rmsnorm: y = x / sqrt(mean(x^2) + eps) (w + shift), row by row.
#ifdef SG_ISA
static void rmsnorm(void *const *buf, int nbuf, const void *args, sg_worker *w) {
	(void)nbuf;
	const struct {
		uint32_t n, c;
		float eps, shift;
	} *a = args;
	size_t row, end, c = a->c, whole = c / VW * VW;
	int left = (int)(c - whole);
	const float *weight = buf[1];
	const vf shift = vf_set(a->shift);
	sg_share(w, a->n, 1, &row, &end);
	for (; row < end; row++) {
		const float *x = (const float *)buf[0] + row * c;
		float *y = (float *)buf[2] + row * c;
		vf s0 = vf_set(0), s1 = vf_set(0);
		size_t i = 0;
		for (; i + 2 * VW <= c; i += 2 * VW) {
			vf u = vf_load(x + i), v = vf_load(x + i + VW);
			s0 = vf_fma(u, u, s0), s1 = vf_fma(v, v, s1);
		}
		for (; i < c; i += VW) {
			vf u = vf_load_n(x + i, (int)min_size(VW, c - i));
			s0 = vf_fma(u, u, s0);
		}
		vf r = vf_set(1.0f / sqrtf(vf_sum(vf_add(s0, s1)) / (float)c + a->eps));
		for (i = 0; i < whole; i += VW) vf_store(y + i, vf_mul(vf_mul(vf_load(x + i), r), vf_add(vf_load(weight + i), shift)));
		if (left) vf_store_n(y + i, vf_mul(vf_mul(vf_load_n(x + i, left), r), vf_add(vf_load_n(weight + i, left), shift)), left);
	}
}
#endif
