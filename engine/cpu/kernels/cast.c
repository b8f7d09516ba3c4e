// cast: f16 or bf16 to f32, or f32 to one of them, rounding to nearest even.
#ifdef SG_ISA
SG_INLINE void cast_wide(dtype t, void *const *buf, const void *args, sg_worker *w) {
	size_t i, end;
	sg_share(w, *(const uint32_t *)args, 64, &i, &end);
	to_f32(t, buf[0], i, end - i, (float *)buf[1] + i);
}

static void cast_f16_f32(void *const *buf, int nbuf, const void *args, sg_worker *w) {
	(void)nbuf;
	cast_wide(F16, buf, args, w);
}

static void cast_bf16_f32(void *const *buf, int nbuf, const void *args, sg_worker *w) {
	(void)nbuf;
	cast_wide(BF16, buf, args, w);
}
#endif
