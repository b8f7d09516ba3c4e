// cache_write: puts row i of x at cache[seq[i], pos[i]]. Rows outside the cache, as padding with seq -1, are skipped.
#ifdef SG_ISA
SG_INLINE void cache_write(dtype t, void *const *buf, const void *args, sg_worker *w) {
	const struct {
		uint32_t n, c, m, s;
	} *a = args;
	const float *x = buf[1];
	const int32_t *seq = buf[2], *pos = buf[3];
	size_t c = a->c, row, end;
	sg_share(w, a->n, 1, &row, &end);
	for (; row < end; row++) {
		if (seq[row] < 0 || (uint32_t)seq[row] >= a->s || pos[row] < 0 || (uint32_t)pos[row] >= a->m) continue;
		size_t to = ((size_t)seq[row] * a->m + (size_t)pos[row]) * c, i = 0;
		const float *from = x + row * c;
		if (t == F32) {
			memcpy((float *)buf[0] + to, from, c * sizeof *x);
			continue;
		}
		uint16_t *y = (uint16_t *)buf[0] + to;
		for (; i + VW <= c; i += VW) vf_store_f16(y + i, vf_load(from + i));
		if (i < c) {
			uint16_t tail[VW];
			vf_store_f16(tail, vf_load_n(from + i, (int)(c - i)));
			memcpy(y + i, tail, (c - i) * sizeof *y);
		}
	}
}

#define CACHE_WRITE(suffix, t)                                                                         \
	static void cache_write_##suffix(void *const *buf, int nbuf, const void *args, sg_worker *w) {     \
		(void)nbuf;                                                                                     \
		cache_write(t, buf, args, w);                                                                   \
	}
CACHE_WRITE(f32, F32)
CACHE_WRITE(f16, F16)
#endif
