// lora: y = y0 + scale (x AT) BT. Every part makes (x AT) for its own rows, then adds the panels of B; y may be y0.
#ifdef SG_ISA
SG_INLINE void lora(dtype t, void *const *buf, const void *args, sg_worker *w) {
	const struct {
		uint32_t n, k, m, r;
		float scale;
	} *arg = args;
	size_t n = arg->n, k = arg->k, m = arg->m, r = arg->r, deep = k > r ? k : r;
	const float *y0 = buf[0], *x = buf[1];
	float *y = buf[4];
	matrix a = {.t = t, .w = buf[2], .m = r, .k = k}, b = {.t = t, .w = buf[3], .m = m, .k = r};
	block part = block_of(w, n, MR, 1, m, NR, 1);
	size_t rows_here = part.n1 - part.n0, ld = r <= VW ? VW : round_up(r, NR);
	float *panel = sg_scratch(w, (deep * NR + VW * deep + MR * NR + rows_here * ld) * sizeof *panel);
	if (!panel) return;
	float *rows = panel + deep * NR, *full = rows + VW * deep, *h = full + MR * NR;

	for (size_t r0 = 0; r0 < r; r0 += NR) {
		pack(&a, r0, 0, k, panel, rows);
		for (size_t i = 0; i < rows_here; i += MR) {
			int count = (int)min_size(MR, rows_here - i);
			(r <= VW ? tile_thin : tile)(count, k, x + (part.n0 + i) * k, k, panel, NR, zeros, 0, h + i * ld + r0, ld);
		}
	}
	for (size_t i = 0; i < rows_here * ld; i++) h[i] *= arg->scale;
	for (size_t m0 = part.m0; m0 < part.m1; m0 += NR) {
		pack(&b, m0, 0, r, panel, rows);
		size_t columns = min_size(NR, part.m1 - m0);
		for (size_t i = 0; i < rows_here; i += MR) {
			size_t at = (part.n0 + i) * m + m0;
			int count = (int)min_size(MR, rows_here - i);
			tile_part(count, columns, r, h + i * ld, ld, panel, y0 + at, m, y + at, m, full);
		}
	}
}

#define LORA(suffix, t)                                                                         \
	static void lora_##suffix(void *const *buf, int nbuf, const void *args, sg_worker *w) {     \
		(void)nbuf;                                                                              \
		lora(t, buf, args, w);                                                                   \
	}
LORA(f32, F32)
LORA(f16, F16)
LORA(bf16, BF16)
#endif
