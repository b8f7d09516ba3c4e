// linear: y = x wT + b with f32, f16 or bf16 weights, all sums in f32. Unless it must be exact, x may be rounded to bf16 to meet bf16 weights.
#ifdef SG_ISA

SG_INLINE void linear(dtype t, void *const *buf, const void *args, sg_worker *w) {
	const struct {
		uint32_t n, k, m, bias, exact;
	} *a = args;
	matrix weight = {.t = t, .w = buf[1], .m = a->m, .k = a->k};
	const float *bias = a->bias ? buf[2] : NULL;
	float *y = buf[a->bias ? 3 : 2];
#ifdef SG_AMX
	if (t == BF16 && !a->exact && a->n >= amx_small && a->k % 2 == 0) {
		gemm_amx(buf[0], a->n, &weight, bias, y, w);
		return;
	}
#endif
	gemm(buf[0], a->n, &weight, bias, y, w);
}

#define LINEAR(suffix, t)                                                                         \
	static void linear_##suffix(void *const *buf, int nbuf, const void *args, sg_worker *w) {     \
		(void)nbuf;                                                                                \
		linear(t, buf, args, w);                                                                   \
	}
LINEAR(f32, F32)
LINEAR(f16, F16)
LINEAR(bf16, BF16)
#endif
