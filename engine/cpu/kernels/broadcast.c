// broadcast: y[i] = x[i / inner mod xsize].
#ifdef SG_ISA
static void broadcast(void *const *buf, int nbuf, const void *args, sg_worker *w) {
	(void)nbuf;
	const struct {
		uint32_t size, xsize, inner;
	} *a = args;
	const float *x = buf[0];
	float *y = buf[1];
	size_t i, end;
	sg_share(w, a->size, 64, &i, &end);
	while (i < end) {
		size_t at = i / a->inner % a->xsize, n;
		if (a->inner > 1) {
			n = min_size(a->inner - i % a->inner, end - i);
			for (size_t j = 0; j < n; j++) y[i + j] = x[at];
		} else {
			n = min_size(a->xsize - at, end - i);
			memcpy(y + i, x + at, n * sizeof *y);
		}
		i += n;
	}
}
#endif
