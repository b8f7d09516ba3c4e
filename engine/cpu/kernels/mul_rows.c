// mul_rows: each row of x [n, c] times its number in r [n].
#ifdef SG_ISA
static void mul_rows(void *const *buf, int nbuf, const void *args, sg_worker *w) {
	(void)nbuf;
	const struct {
		uint32_t n, c;
	} *a = args;
	size_t row, end, c = a->c, whole = c / VW * VW;
	int left = (int)(c - whole);
	sg_share(w, a->n, 1, &row, &end);
	for (; row < end; row++) {
		const float *x = (const float *)buf[0] + row * c;
		float *y = (float *)buf[2] + row * c;
		vf r = vf_set(((const float *)buf[1])[row]);
		for (size_t i = 0; i < whole; i += VW) vf_store(y + i, vf_mul(vf_load(x + i), r));
		if (left) vf_store_n(y + whole, vf_mul(vf_load_n(x + whole, left), r), left);
	}
}
#endif
