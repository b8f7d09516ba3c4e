// embedding: y[i] = w[ids[i]]; an id outside the table gives a row of zeros.
#ifdef SG_ISA
SG_INLINE void embedding(dtype t, void *const *buf, const void *args, sg_worker *w) {
	const struct {
		uint32_t n, c, v;
	} *a = args;
	const int32_t *ids = buf[0];
	size_t c = a->c, i, end;
	sg_share(w, a->n, 1, &i, &end);
	for (; i < end; i++) {
		float *y = (float *)buf[2] + i * c;
		if (ids[i] < 0 || (uint32_t)ids[i] >= a->v) {
			memset(y, 0, c * sizeof *y);
			continue;
		}
		to_f32(t, buf[1], (size_t)ids[i] * c, c, y);
	}
}

#define EMBEDDING(suffix, t)                                                                         \
	static void embedding_##suffix(void *const *buf, int nbuf, const void *args, sg_worker *w) {     \
		(void)nbuf;                                                                                   \
		embedding(t, buf, args, w);                                                                   \
	}
EMBEDDING(f32, F32)
EMBEDDING(f16, F16)
EMBEDDING(bf16, BF16)
#endif
