// cache_write: puts row i of x at cache[seq[i], pos[i]]. Rows outside the cache, as padding with seq -1, are skipped.
#ifdef SG_ISA
// round_head writes the d numbers of a head in 8 bits, and then their scale: the largest / 127, rounded up to four digits.
SG_INLINE void round_head(int8_t *y, const float *x, size_t d) {
	const uint32_t digits = 0xfffff;     // below the fourth
	const float away = 1 + 1.0f / 4096; // takes what lies half-way between two numbers away from zero, on every device
	uint32_t most = 0;               // as bits, for which NaN is more than all numbers
	for (size_t i = 0; i < d; i++) {
		uint32_t bits;
		memcpy(&bits, x + i, sizeof bits);
		bits &= 0x7fffffff;
		most = bits > most ? bits : most;
	}
	float scale;
	memcpy(&scale, &most, sizeof scale);
	scale /= 127;
	memcpy(&most, &scale, sizeof most);
	most = (most + digits) & ~digits;
	memcpy(&scale, &most, sizeof scale);
	memcpy(y + d, &scale, sizeof scale);
	if (scale > 0 && scale < INFINITY)
		for (size_t i = 0; i < d; i++) y[i] = (int8_t)rintf(x[i] / scale * away);
	else
		memset(y, 0, d);
}

SG_INLINE void cache_write(dtype t, void *const *buf, const void *args, sg_worker *w) {
	const struct {
		uint32_t n, c, m, s, d;
	} *a = args;
	const float *x = buf[1];
	const int32_t *seq = buf[2], *pos = buf[3];
	size_t c = a->c, row, end;
	sg_share(w, a->n, 1, &row, &end);
	for (; row < end; row++) {
		if (seq[row] < 0 || (uint32_t)seq[row] >= a->s || pos[row] < 0 || (uint32_t)pos[row] >= a->m) continue;
		size_t place = (size_t)seq[row] * a->m + (size_t)pos[row], to = place * c, i = 0;
		const float *from = x + row * c;
		if (t == I8) {
			for (size_t h = 0, d = a->d; h < c / d; h++) round_head((int8_t *)buf[0] + (place * (c / d) + h) * (d + sizeof(float)), from + h * d, d);
			continue;
		}
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
CACHE_WRITE(i8, I8)
#endif
