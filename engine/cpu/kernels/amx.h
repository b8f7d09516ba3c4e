// y = x wT + b for weights in bf16, or quantized ones rounded to bf16, with the matrix unit of some processors (AMX): x is
// rounded to bf16, sums stay f32.
//
// The unit multiplies tiles of 16 rows of 64 bytes. Pairs of neighbouring values of k lie in 32 bits: a tile of x has 16 rows of 16 pairs, one of
// the panel 16 pairs of 16 columns. Four tiles of sums, 32 x 32 values, meet two of each.

// amx_small: fewer rows than this go without. amx_kc: values of k in a panel, which stays in L1. amx_nb: rows of x that pass by it, and amx_mb:
// columns of theirs, so few that their sums stay in L2.
enum { amx_side = 32, amx_small = 16, amx_kc = 512, amx_nb = 768, amx_mb = 128, amx_chunk = 16, amx_block = amx_side * amx_kc / 2 };

typedef struct {
	uint8_t palette, start, unused[14];
	uint16_t bytes[16];
	uint8_t rows[16];
} amx_shape;

// amx_add adds the product of a block of x and the panel p, both of `pairs`, a multiple of 16, to init [32, 32] and stores it in c. ld are strides.
static __attribute__((noinline)) void amx_add(size_t pairs, const uint32_t *x, const uint32_t *p, const float *init, size_t ldi, float *c, size_t ldc) {
	size_t from = ldi * sizeof *c, row = ldc * sizeof *c;
	_tile_loadd(0, init, from);
	_tile_loadd(1, init + 16, from);
	_tile_loadd(2, init + 16 * ldi, from);
	_tile_loadd(3, init + 16 * ldi + 16, from);
	for (size_t k = 0; k < pairs; k += amx_chunk, x += amx_side * amx_chunk, p += amx_side * amx_chunk) {
		_tile_loadd(4, x, 64);
		_tile_loadd(5, x + 16 * amx_chunk, 64);
		_tile_loadd(6, p, 4 * amx_side);
		_tile_loadd(7, p + 16, 4 * amx_side);
		_tile_dpbf16ps(0, 4, 6);
		_tile_dpbf16ps(1, 4, 7);
		_tile_dpbf16ps(2, 5, 6);
		_tile_dpbf16ps(3, 5, 7);
	}
	_tile_stored(0, c, row);
	_tile_stored(1, c + 16, row);
	_tile_stored(2, c + 16 * ldc, row);
	_tile_stored(3, c + 16 * ldc + 16, row);
}

// amx_round rounds 32 rows of kn values, even, to blocks of 16 pairs: [pairs / 16][32, 16], zeros past the rows and columns there are.
static void amx_round(const float *x, size_t ldx, size_t rows, size_t kn, uint32_t *to) {
	for (size_t k = 0; k < kn; k += 2 * amx_chunk, to += amx_side * amx_chunk)
		for (size_t r = 0; r < amx_side; r++) {
			int low = r < rows ? (int)min_size(16, kn - k) : 0, high = r < rows && kn - k > 16 ? (int)min_size(16, kn - k - 16) : 0;
			__m512i v = (__m512i)_mm512_cvtne2ps_pbh(vf_load_n(x + r * ldx + k + 16, high), vf_load_n(x + r * ldx + k, low));
			_mm512_storeu_si512(to + r * amx_chunk, v);
		}
}

// amx_words writes kn values of a quantized row as pairs. In 4 bits a group has but 16 values: they are rounded once and looked up.
SG_INLINE void amx_words(const matrix *a, size_t row, size_t k0, size_t kn, uint32_t *to) {
	if (a->bits == 8) {
		float values[amx_kc];
		dequantize(a, row, k0, kn, values);
		for (size_t k = 0; k < kn; k += 32)
			_mm512_storeu_si512(to + k / 2, (__m512i)_mm512_cvtne2ps_pbh(vf_load(values + k + 16), vf_load(values + k)));
		return;
	}
	const __m512 count = _mm512_set_ps(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
	const uint8_t *p = (const uint8_t *)a->w + (row * a->k + k0) / 2;
	size_t first = row * (a->k / a->group);
	for (size_t k = 0; k < kn; k += 32) {
		size_t g = first + (k0 + k) / a->group;
		vf values = vf_fma(count, vf_set(f32_at(a->t, a->scales, g)), vf_set(f32_at(a->t, a->biases, g)));
		__m512i table = _mm512_castsi256_si512((__m256i)_mm512_cvtneps_pbh(values));
		__m512i bytes = _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)(p + k / 2)));
		__m512i halves = _mm512_and_si512(_mm512_or_si512(bytes, _mm512_slli_epi32(bytes, 12)), _mm512_set1_epi32(0x000f000f));
		_mm512_storeu_si512(to + k / 2, _mm512_permutexvar_epi16(halves, table));
	}
}

// amx_pack makes the panel [pairs, 32] of columns m0.. and values k0..k0+kn, zeros past those there are. t is scratch for VW rows of kn / 2.
SG_INLINE void amx_pack(const matrix *a, size_t m0, size_t columns, size_t k0, size_t kn, size_t pairs, uint32_t *panel, uint32_t *t) {
	memset(panel + kn / 2 * amx_side, 0, (pairs - kn / 2) * amx_side * sizeof *panel);
	for (size_t v = 0; v < amx_side; v += VW) { // pairs are moved as they are
		int rows = v < columns ? (int)min_size(VW, columns - v) : 0;
		const void *from = (const uint16_t *)a->w + (m0 + (rows ? v : 0)) * a->k + k0;
		size_t stride = a->k / 2;
		if (a->bits) {
			for (int i = 0; i < rows; i++) amx_words(a, m0 + v + (size_t)i, k0, kn, t + (size_t)i * kn / 2);
			from = t, stride = kn / 2;
		}
		transpose_in((float *)panel + v, amx_side, from, stride, rows, kn / 2);
	}
}

// amx_panel adds the products of `count` rows of x, blocks of 32, and a panel to c, or writes them plus `bias`, a row, where there is one. full is
// scratch for 32 x 32.
SG_INLINE void amx_panel(size_t count, size_t columns, size_t pairs, const uint32_t *blocks, const uint32_t *panel, const float *bias, float *c, size_t m,
                         float *full) {
	for (size_t i = 0; i < count; i += amx_side, blocks += amx_side * pairs, c += amx_side * m) {
		size_t rows = min_size(amx_side, count - i);
		if (rows == amx_side && columns == amx_side) {
			for (size_t r = amx_side; r < min_size(2 * amx_side, count - i); r++) { // where the next sums go
				__builtin_prefetch(c + r * m, 1);
				__builtin_prefetch(c + r * m + 16, 1);
			}
			amx_add(pairs, blocks, panel, bias ? bias : c, bias ? 0 : m, c, m);
			continue;
		}
		for (size_t r = 0; !bias && r < rows; r++) memcpy(full + r * amx_side, c + r * m, columns * sizeof *full);
		amx_add(pairs, blocks, panel, bias ? bias : full, bias ? 0 : amx_side, full, amx_side);
		for (size_t r = 0; r < rows; r++) memcpy(c + r * m, full + r * amx_side, columns * sizeof *full);
	}
}

SG_INLINE void gemm_amx(const float *x, size_t n, const matrix *a, const float *bias, float *y, sg_worker *w) {
	size_t k = a->k, m = a->m, kall = round_up(k, 2 * amx_chunk);
	block b = block_of(w, n, amx_side, 1, m, amx_side, 0);
	size_t rows = round_up(min_size(amx_nb, b.n1 - b.n0), amx_side);
	uint32_t *panel = sg_scratch(w, (2 * amx_block + amx_side * amx_side + rows * kall / 2) * sizeof *panel);
	if (!panel) return;
	uint32_t *t = panel + amx_block, *blocks = t + amx_block + amx_side * amx_side;
	float *full = (float *)(t + amx_block);
	amx_shape shape = {.palette = 1};
	for (int i = 0; i < 8; i++) shape.bytes[i] = 64, shape.rows[i] = 16;
	_tile_loadconfig(&shape);
	for (size_t nb = b.n0; nb < b.n1; nb += amx_nb) {
		size_t count = min_size(amx_nb, b.n1 - nb), high = round_up(count, amx_side);
		for (size_t k0 = 0; k0 < k; k0 += amx_kc) // all of x, [k / amx_kc][rows / 32][pairs / 16][32, 16]
			for (size_t i = 0, kn = min_size(amx_kc, k - k0); i < count; i += amx_side)
				amx_round(x + (nb + i) * k + k0, k, min_size(amx_side, count - i), kn, blocks + (high * k0 + i * round_up(kn, 2 * amx_chunk)) / 2);
		for (size_t mb = b.m0; mb < b.m1; mb += amx_mb) {
			size_t mend = min_size(mb + amx_mb, b.m1);
			for (size_t k0 = 0; k0 < k; k0 += amx_kc)
				for (size_t m0 = mb; m0 < mend; m0 += amx_side) {
					size_t kn = min_size(amx_kc, k - k0), pairs = round_up(kn, 2 * amx_chunk) / 2, columns = min_size(amx_side, mend - m0);
					float first[amx_side] = {0};
					if (bias) memcpy(first, bias + m0, columns * sizeof *first);
					amx_pack(a, m0, columns, k0, kn, pairs, panel, t);
					amx_panel(count, columns, pairs, blocks + high * k0 / 2, panel, k0 ? NULL : first, y + nb * m + m0, m, full);
				}
		}
	}
	_tile_release();
}
