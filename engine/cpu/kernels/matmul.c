// matmul: y [n, m] = a [n, k] b [k, m], or a batch of them, a as [k, n] or b as [m, k] where its flag is set. The loops are gemm's.
#ifdef SG_ISA
typedef struct {
	uint32_t batch, n, k, m, trans_a, trans_b;
} matmul_args;

// matmul_panel writes values k0..k0+kn of columns m0.. of b into panel [kn, NR], zeros where the columns end.
SG_INLINE void matmul_panel(const matmul_args *a, const float *b, size_t m0, size_t k0, size_t kn, float *panel) {
	if (a->trans_b) {
		matrix t = {.t = F32, .w = b, .m = a->m, .k = a->k};
		pack(&t, m0, k0, kn, panel, NULL); // f32 needs no scratch
		return;
	}
	enum { ahead = 12 }; // rows lie in pages of their own, which the processor does not foresee
	size_t m = a->m, columns = min_size(NR, m - m0);
	for (size_t k = 0; k < kn; k++, panel += NR) {
		const float *row = b + (k0 + k) * m + m0;
		if (k + ahead < kn) {
			__builtin_prefetch(row + ahead * m);
			__builtin_prefetch(row + ahead * m + columns - 1);
		}
		if (columns == NR) {
			SG_UNROLL for (int j = 0; j < NV; j++) vf_store(panel + j * VW, vf_load(row + j * VW));
		} else {
			memset(panel, 0, NR * sizeof *panel);
			memcpy(panel, row, columns * sizeof *panel);
		}
	}
}

// matmul_turn writes rows n0..n0+n and values k0..k0+kn of a [k, n] into out [n, ld].
SG_INLINE void matmul_turn(const matmul_args *a, const float *x, size_t n0, size_t n, size_t k0, size_t kn, float *out, size_t ld) {
	for (size_t k = 0; k < kn; k += VW)
		transpose_in(out + k, ld, x + (k0 + k) * a->n + n0, a->n, (int)min_size(VW, kn - k), n);
}

static void matmul_one(const matmul_args *a, const float *x, const float *b, float *y, const block *part, float *memory, size_t kc) {
	size_t k = a->k, m = a->m;
	float *panel = memory, *full = panel + kc * NR, *turned = full + MR * NR;
	for (size_t nb = part->n0; nb < part->n1; nb += gemm_nb) {
		size_t nend = min_size(nb + gemm_nb, part->n1);
		for (size_t k0 = 0; k0 < k; k0 += kc) {
			size_t kn = min_size(kc, k - k0);
			const float *rows = x + nb * k + k0;
			size_t ld = k;
			if (a->trans_a) {
				matmul_turn(a, x, nb, nend - nb, k0, kn, turned, kc);
				rows = turned, ld = kc;
			}
			for (size_t m0 = part->m0; m0 < part->m1; m0 += NR) {
				matmul_panel(a, b, m0, k0, kn, panel);
				size_t columns = min_size(NR, part->m1 - m0);
				for (size_t i = nb; i < nend; i += MR) {
					float *c = y + i * m + m0;
					int count = (int)min_size(MR, nend - i);
					tile_part(count, columns, kn, rows + (i - nb) * ld, ld, panel, k0 ? c : zeros, k0 ? m : 0, c, m, full);
				}
			}
		}
	}
}

static void matmul(void *const *buf, int nbuf, const void *args, sg_worker *w) {
	(void)nbuf;
	const matmul_args *a = args;
	size_t n = a->n, k = a->k, m = a->m;
	size_t blocks = (k + gemm_kc - 1) / gemm_kc, kc = round_up((k + blocks - 1) / blocks, 32);
	float *memory = sg_scratch(w, (kc * NR + MR * NR + (a->trans_a ? gemm_nb * kc : 0)) * sizeof *memory);
	if (!memory) return;
	block part = block_of(w, n, MR, 1, m, NR, 0);
	for (size_t i = 0; i < a->batch; i++)
		matmul_one(a, (const float *)buf[0] + i * n * k, (const float *)buf[1] + i * k * m, (float *)buf[2] + i * n * m, &part, memory, kc);
}
#endif
