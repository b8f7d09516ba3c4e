// qembedding: y[i] = row ids[i] of an affine quantized table; an id outside the table gives a row of zeros.
#ifdef SG_ISA
SG_INLINE void qembedding(int bits, dtype t, void *const *buf, const void *args, sg_worker *w) {
	const struct {
		uint32_t n, c, v, group;
	} *a = args;
	matrix q = {bits, t, buf[1], buf[2], buf[3], a->v, a->c, a->group};
	const int32_t *ids = buf[0];
	size_t i, end;
	sg_share(w, a->n, 1, &i, &end);
	for (; i < end; i++) {
		float *y = (float *)buf[4] + i * a->c;
		if (ids[i] < 0 || (uint32_t)ids[i] >= a->v) {
			memset(y, 0, a->c * sizeof *y);
			continue;
		}
		dequantize(&q, (size_t)ids[i], 0, a->c, y);
	}
}

#define QEMBEDDING(bits, suffix, t)                                                                              \
	static void qembedding_##bits##_##suffix(void *const *buf, int nbuf, const void *args, sg_worker *w) {       \
		(void)nbuf;                                                                                               \
		qembedding(bits, t, buf, args, w);                                                                        \
	}
QEMBEDDING(4, f32, F32)
QEMBEDDING(4, f16, F16)
QEMBEDDING(4, bf16, BF16)
QEMBEDDING(8, f32, F32)
QEMBEDDING(8, f16, F16)
QEMBEDDING(8, bf16, BF16)
#endif
