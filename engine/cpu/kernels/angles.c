// angles: table[n] = cos and sin of the sum over axes of pos[n, a] freqs[a]. In double, for the angles grow with the position; once a step.
#ifdef SG_ISA
static void angles(void *const *buf, int nbuf, const void *args, sg_worker *w) {
	(void)nbuf;
	const struct {
		uint32_t n, a, r;
	} *p = args;
	const float *freqs = buf[1];
	size_t row, end, half = p->r / 2;
	sg_share(w, p->n, 1, &row, &end);
	for (; row < end; row++) {
		float *table = (float *)buf[2] + row * p->r;
		const int32_t *pos = (const int32_t *)buf[0] + row * p->a;
		for (size_t i = 0; i < half; i++) {
			double angle = 0;
			for (size_t a = 0; a < p->a; a++) angle += (double)pos[a] * freqs[a * half + i];
			table[i] = (float)cos(angle);
			table[half + i] = (float)sin(angle);
		}
	}
}
#endif
