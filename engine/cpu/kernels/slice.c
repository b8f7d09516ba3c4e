// slice: y[i] = columns [from, from + c) of x[i]; the inverse puts them back among columns of 0.
#ifdef SG_ISA
static void slice(void *const *buf, int nbuf, const void *args, sg_worker *w) {
	(void)nbuf;
	const struct {
		uint32_t n, c, w, from, inverse;
	} *a = args;
	const float *x = buf[0];
	float *y = buf[1];
	size_t i, end, c = a->c, width = a->w;
	sg_share(w, a->n, 1, &i, &end);
	for (; i < end; i++) {
		if (!a->inverse) {
			memcpy(y + i * c, x + i * width + a->from, c * sizeof *y);
			continue;
		}
		memset(y + i * width, 0, width * sizeof *y);
		memcpy(y + i * width + a->from, x + i * c, c * sizeof *y);
	}
}
#endif
