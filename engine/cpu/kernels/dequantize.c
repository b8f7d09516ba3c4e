// dequantize: a packed matrix [m, k] as f32.
#ifdef SG_ISA
SG_INLINE void dequantize_all(int bits, dtype t, void *const *buf, const void *args, sg_worker *w) {
	const struct {
		uint32_t m, k, group;
	} *a = args;
	matrix p = {.bits = bits, .t = t, .w = buf[0], .scales = buf[1], .biases = buf[2], .m = a->m, .k = a->k, .group = a->group};
	size_t row, end;
	sg_share(w, a->m, 1, &row, &end);
	for (; row < end; row++) dequantize(&p, row, 0, a->k, (float *)buf[3] + row * a->k);
}

#define DEQUANTIZE(bits, suffix, t)                                                                        \
	static void dequantize_##bits##_##suffix(void *const *buf, int nbuf, const void *args, sg_worker *w) { \
		(void)nbuf;                                                                                         \
		dequantize_all(bits, t, buf, args, w);                                                                      \
	}
DEQUANTIZE(4, f32, F32)
DEQUANTIZE(4, f16, F16)
DEQUANTIZE(4, bf16, BF16)
DEQUANTIZE(8, f32, F32)
DEQUANTIZE(8, f16, F16)
DEQUANTIZE(8, bf16, BF16)
#endif
