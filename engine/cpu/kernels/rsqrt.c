// rsqrt: y = 1 / sqrt(x + eps).
#ifdef SG_ISA
static void rsqrt(void *const *buf, int nbuf, const void *args, sg_worker *w) {
	(void)nbuf;
	const struct {
		uint32_t size;
		float eps;
	} *a = args;
	const float *x = buf[0];
	float *y = buf[1];
	size_t i, end;
	sg_share(w, a->size, 64, &i, &end);
	for (; i < end; i++) y[i] = 1.0f / sqrtf(x[i] + a->eps);
}
#endif
