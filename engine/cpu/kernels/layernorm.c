// layernorm: y = (x - mean) / sqrt(variance + eps) w + b, row by row; the variance from the differences, in a second pass.
#ifdef SG_ISA
static void layernorm(void *const *buf, int nbuf, const void *args, sg_worker *w) {
	(void)nbuf;
	const struct {
		uint32_t n, c;
		float eps;
	} *a = args;
	size_t row, end, c = a->c, whole = c / VW * VW;
	int left = (int)(c - whole);
	const float *weight = buf[1], *bias = buf[2];
	sg_share(w, a->n, 1, &row, &end);
	for (; row < end; row++) {
		const float *x = (const float *)buf[0] + row * c;
		float *y = (float *)buf[3] + row * c;
		vf s = vf_load_n(x + whole, left);
		for (size_t i = 0; i < whole; i += VW) s = vf_add(s, vf_load(x + i));
		float mean = vf_sum(s) / (float)c;
		vf m = vf_set(mean);
		s = vf_set(0);
		for (size_t i = 0; i < whole; i += VW) {
			vf d = vf_sub(vf_load(x + i), m);
			s = vf_fma(d, d, s);
		}
		float sum = vf_sum(s);
		for (size_t i = whole; i < c; i++) sum += (x[i] - mean) * (x[i] - mean);
		vf r = vf_set(1.0f / sqrtf(sum / (float)c + a->eps));
		for (size_t i = 0; i < whole; i += VW)
			vf_store(y + i, vf_fma(vf_mul(vf_sub(vf_load(x + i), m), r), vf_load(weight + i), vf_load(bias + i)));
		if (!left) continue;
		vf d = vf_mul(vf_sub(vf_load_n(x + whole, left), m), r);
		vf_store_n(y + whole, vf_fma(d, vf_load_n(weight + whole, left), vf_load_n(bias + whole, left)), left);
	}
}
#endif
