// angles: table[n] = cos(pos[n] freqs), sin(pos[n] freqs). In double, for the angles grow with the position; once a step.
#ifdef SG_ISA
static void angles(void *const *buf, int nbuf, const void *args, sg_worker *w) {
	(void)nbuf;
	const struct {
		uint32_t n, r;
	} *a = args;
	const float *freqs = buf[1];
	size_t row, end, half = a->r / 2;
	sg_share(w, a->n, 1, &row, &end);
	for (; row < end; row++) {
		float *table = (float *)buf[2] + row * a->r;
		double pos = ((const int32_t *)buf[0])[row];
		for (size_t i = 0; i < half; i++) {
			table[i] = (float)cos(pos * freqs[i]);
			table[half + i] = (float)sin(pos * freqs[i]);
		}
	}
}
#endif
