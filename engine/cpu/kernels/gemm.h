// y = x wT + b in f32. Weights are packed into panels of NR columns that stay in L1 while the rows of x pass by, MR at a
// time, with their MR x NR sums in registers. A few rows of x are instead multiplied row by row, as memory is the limit.

// gemm_kc: values of k in a panel. gemm_nb: rows of x that pass by a panel, few enough for L2.
enum { gemm_kc = 256, gemm_nb = 384 };

// tile adds the product of x [rows, kn] and nv vectors of panel p [kn, NR] to init and stores it in c. ld are the strides of rows.
SG_INLINE void tile_of(int rows, int nv, size_t kn, const float *x, size_t ldx, const float *p, size_t ldp, const float *init,
                       size_t ldi, float *c, size_t ldc) {
	vf acc[MR][NV];
	SG_UNROLL for (int i = 0; i < rows; i++)
		SG_UNROLL for (int j = 0; j < nv; j++) acc[i][j] = vf_load(init + (size_t)i * ldi + j * VW);
	for (size_t k = 0; k < kn; k++, p += ldp) {
		vf b[NV];
		SG_UNROLL for (int j = 0; j < nv; j++) b[j] = vf_load(p + j * VW);
		SG_UNROLL for (int i = 0; i < rows; i++) {
			vf a = vf_set(x[(size_t)i * ldx + k]);
			SG_UNROLL for (int j = 0; j < nv; j++) acc[i][j] = vf_fma(a, b[j], acc[i][j]);
		}
	}
	SG_UNROLL for (int i = 0; i < rows; i++)
		SG_UNROLL for (int j = 0; j < nv; j++) vf_store(c + (size_t)i * ldc + j * VW, acc[i][j]);
}

// tile_thin is for a panel of which only the first vector counts, as the low rank of an adapter leaves it.
#define TILES(name, nv)                                                                                                          \
	static __attribute__((noinline)) void name(int rows, size_t kn, const float *x, size_t ldx, const float *p, size_t ldp,       \
	                                           const float *init, size_t ldi, float *c, size_t ldc) {                             \
		switch (rows) {                                                                                                            \
			TILE(1, nv) TILE(2, nv) TILE(3, nv) TILE(4, nv) TILE(5, nv) TILE(6, nv)                                                 \
			TILE(7, nv) TILE(8, nv) TILE(9, nv) TILE(10, nv) TILE(11, nv) TILE(12, nv)                                              \
		}                                                                                                                          \
	}
#define TILE(n, nv) \
	case n: \
		if (n <= MR) tile_of(n <= MR ? n : 1, nv, kn, x, ldx, p, ldp, init, ldi, c, ldc); \
		break;
TILES(tile, NV)
TILES(tile_thin, 1)
#undef TILE
#undef TILES

// tile_part is tile for the first `columns` of the panel: through `full` [MR, NR] where the others must not be touched.
static void tile_part(int rows, size_t columns, size_t kn, const float *x, size_t ldx, const float *p, const float *init,
                      size_t ldi, float *c, size_t ldc, float *full) {
	if (columns == NR) {
		tile(rows, kn, x, ldx, p, NR, init, ldi, c, ldc);
		return;
	}
	for (int i = 0; i < rows; i++) memcpy(full + i * NR, init + (size_t)i * ldi, columns * sizeof *full);
	(columns <= VW ? tile_thin : tile)(rows, kn, x, ldx, p, NR, full, NR, full, NR);
	for (int i = 0; i < rows; i++) memcpy(c + (size_t)i * ldc, full + i * NR, columns * sizeof *full);
}

// A part's block of y [n, m].
typedef struct {
	size_t n0, n1, m0, m1;
} block;

// block_of cuts y in a grid of parts, each of whole n_unit x m_unit tiles, so that the slowest part is fast. n_cost and
// m_cost are what a part spends once for each of its columns and rows of tiles, in tiles.
static block block_of(const sg_worker *w, size_t n, size_t n_unit, size_t n_cost, size_t m, size_t m_unit, size_t m_cost) {
	size_t parts = (size_t)w->parts, rows = (n + n_unit - 1) / n_unit, cols = (m + m_unit - 1) / m_unit;
	size_t best = 0, by = 1;
	for (size_t p = 1; p <= parts; p++) {
		if (parts % p) continue;
		size_t q = parts / p, cost = ((rows + p - 1) / p + n_cost) * ((cols + q - 1) / q + m_cost);
		if (best == 0 || cost < best) best = cost, by = p;
	}
	sg_worker down = {.part = w->part % (int)by, .parts = (int)by};
	sg_worker across = {.part = w->part / (int)by, .parts = (int)(parts / by)};
	block b;
	sg_share(&down, n, n_unit, &b.n0, &b.n1);
	sg_share(&across, m, m_unit, &b.m0, &b.m1);
	return b;
}

static const float zeros[NR];

// gemm_rows is the product for few rows of x: four weight rows at a time, made f32 in L1, meet every row of x.
SG_INLINE void gemm_rows(const float *x, size_t n, const matrix *a, const float *bias, float *y, sg_worker *w) {
	size_t k = a->k, m, end;
	float *rows = sg_scratch(w, 4 * k * sizeof *rows);
	if (!rows) return;
	sg_share(w, a->m, 16, &m, &end);
	for (; m < end; m += 4) {
		int count = (int)min_size(4, end - m);
		const float *first = rows;
		for (int i = 0; i < count; i++) {
			const float *row = matrix_row(a, m + (size_t)i, 0, k, rows + (size_t)i * k);
			if (i == 0) first = row;
		}
		for (size_t i = 0; i < n; i++) {
			float out[4];
			if (count == 4)
				dot4(F32, x + i * k, first, 0, k, k, out);
			else
				for (int r = 0; r < count; r++) {
					float same[4];
					dot4(F32, x + i * k, first + (size_t)r * k, 0, 0, k, same);
					out[r] = same[0];
				}
			for (int r = 0; r < count; r++) y[i * a->m + m + (size_t)r] = out[r] + (bias ? bias[m + (size_t)r] : 0);
		}
	}
}

// gemm is y [n, m] = x [n, k] aT + bias, where bias may be NULL.
SG_INLINE void gemm(const float *x, size_t n, const matrix *a, const float *bias, float *y, sg_worker *w) {
	if (n <= SG_ALONE) {
		gemm_rows(x, n, a, bias, y, w);
		return;
	}
	size_t k = a->k, m = a->m, blocks = (k + gemm_kc - 1) / gemm_kc, kc = round_up((k + blocks - 1) / blocks, 32);
	float *panel = sg_scratch(w, (kc * NR + VW * kc + MR * NR) * sizeof *panel);
	if (!panel) return;
	float *rows = panel + kc * NR, *full = rows + VW * kc;
	block b = block_of(w, n, MR, 1, m, NR, 0);
	for (size_t nb = b.n0; nb < b.n1; nb += gemm_nb) {
		size_t nend = min_size(nb + gemm_nb, b.n1);
		for (size_t k0 = 0; k0 < k; k0 += kc) {
			size_t kn = min_size(kc, k - k0);
			for (size_t m0 = b.m0; m0 < b.m1; m0 += NR) {
				pack(a, m0, k0, kn, panel, rows);
				size_t columns = min_size(NR, b.m1 - m0);
				for (size_t i = nb; i < nend; i += MR) {
					float *c = y + i * m + m0;
					const float *init = k0 ? c : bias ? bias + m0 : zeros;
					int count = (int)min_size(MR, nend - i);
					tile_part(count, columns, kn, x + i * k + k0, k, panel, init, k0 ? m : 0, c, m, full);
				}
			}
		}
	}
}
