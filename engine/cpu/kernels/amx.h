// y = x wT + b for weights in bf16, with the matrix unit of some processors (AMX): x is rounded to bf16, sums stay f32.
//
// The unit multiplies tiles of 16 rows of 64 bytes. Pairs of neighbouring values of k lie in 32 bits: a tile of x has 16 rows of 16 pairs, one of
// the panel 16 pairs of 16 columns. Four tiles of sums, 32 x 32 values, meet two of each.
#include <sys/syscall.h>
#include <unistd.h>

#define SG_AMX_TARGET \
	__attribute__((target("amx-tile,amx-bf16,avx512bf16,avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx2,fma,f16c")))

// amx_small: fewer rows than this go without. amx_kc: values of k in a panel. amx_nb: rows of x that pass by a panel.
enum { amx_side = 32, amx_small = 16, amx_kc = 512, amx_nb = 384, amx_chunk = 16, amx_block = amx_side * amx_kc / 2 };

typedef struct {
	uint8_t palette, start, unused[14];
	uint16_t bytes[16];
	uint8_t rows[16];
} amx_shape;

// has_amx reports whether the processor has tiles of bf16 (CPUID leaf 7, EDX bits 22 and 24) and Linux lets the process use them.
static int has_amx(void) {
	static int known; // 1: no, 2: yes; whoever comes first finds the same
	int is = __atomic_load_n(&known, __ATOMIC_RELAXED);
	if (!is) {
		unsigned a = 7, b, c = 0, d;
		__asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
		enum { request_permission = 0x1023, tile_data = 18 };
		is = 1 + ((d >> 22 & 1) && (d >> 24 & 1) && __builtin_cpu_supports("avx512bf16") && syscall(SYS_arch_prctl, request_permission, tile_data) == 0);
		__atomic_store_n(&known, is, __ATOMIC_RELAXED);
	}
	return is == 2;
}

// amx_add adds the product of a block of x and the panel p, both of `pairs`, a multiple of 16, to c [32, 32].
SG_AMX_TARGET static __attribute__((noinline)) void amx_add(size_t pairs, const uint32_t *x, const uint32_t *p, float *c, size_t ldc) {
	size_t row = ldc * sizeof *c;
	_tile_loadd(0, c, row);
	_tile_loadd(1, c + 16, row);
	_tile_loadd(2, c + 16 * ldc, row);
	_tile_loadd(3, c + 16 * ldc + 16, row);
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
SG_AMX_TARGET static void amx_round(const float *x, size_t ldx, size_t rows, size_t kn, uint32_t *to) {
	for (size_t k = 0; k < kn; k += 2 * amx_chunk, to += amx_side * amx_chunk)
		for (size_t r = 0; r < amx_side; r++) {
			int low = r < rows ? (int)min_size(16, kn - k) : 0, high = r < rows && kn - k > 16 ? (int)min_size(16, kn - k - 16) : 0;
			__m512i v = (__m512i)_mm512_cvtne2ps_pbh(vf_load_n(x + r * ldx + k + 16, high), vf_load_n(x + r * ldx + k, low));
			_mm512_storeu_si512(to + r * amx_chunk, v);
		}
}

SG_AMX_TARGET static void gemm_amx(const float *x, size_t n, const matrix *a, const float *bias, float *y, sg_worker *w) {
	size_t k = a->k, m = a->m;
	uint32_t *panel = sg_scratch(w, (amx_block + amx_nb / amx_side * amx_block + amx_side * amx_side) * sizeof *panel);
	if (!panel) return;
	uint32_t *blocks = panel + amx_block;
	float *full = (float *)(blocks + amx_nb / amx_side * amx_block);
	amx_shape shape = {.palette = 1};
	for (int i = 0; i < 8; i++) shape.bytes[i] = 64, shape.rows[i] = 16;
	_tile_loadconfig(&shape);
	block b = block_of(w, n, amx_side, 1, m, amx_side, 0);
	for (size_t i = b.n0; i < b.n1; i++) {
		if (bias)
			memcpy(y + i * m + b.m0, bias + b.m0, (b.m1 - b.m0) * sizeof *y);
		else
			memset(y + i * m + b.m0, 0, (b.m1 - b.m0) * sizeof *y);
	}
	for (size_t nb = b.n0; nb < b.n1; nb += amx_nb) {
		size_t nend = min_size(nb + amx_nb, b.n1);
		for (size_t k0 = 0; k0 < k; k0 += amx_kc) {
			size_t kn = min_size(amx_kc, k - k0), pairs = round_up(kn / 2, amx_chunk);
			for (size_t i = nb; i < nend; i += amx_side)
				amx_round(x + i * k + k0, k, min_size(amx_side, nend - i), kn, blocks + (i - nb) / amx_side * amx_block);
			memset(panel + kn / 2 * amx_side, 0, (pairs - kn / 2) * amx_side * sizeof *panel);
			for (size_t m0 = b.m0; m0 < b.m1; m0 += amx_side) {
				size_t columns = min_size(amx_side, b.m1 - m0);
				for (size_t v = 0; v < amx_side; v += VW) { // pairs are moved as they are
					int rows = v < columns ? (int)min_size(VW, columns - v) : 0;
					const uint16_t *from = (const uint16_t *)a->w + (m0 + (rows ? v : 0)) * k + k0;
					transpose_in((float *)panel + v, amx_side, (const float *)(const void *)from, k / 2, rows, kn / 2);
				}
				for (size_t i = nb; i < nend; i += amx_side) {
					const uint32_t *rows = blocks + (i - nb) / amx_side * amx_block;
					float *c = y + i * m + m0;
					size_t count = min_size(amx_side, nend - i);
					if (count == amx_side && columns == amx_side) {
						amx_add(pairs, rows, panel, c, m);
						continue;
					}
					for (size_t r = 0; r < count; r++) memcpy(full + r * amx_side, c + r * m, columns * sizeof *full);
					amx_add(pairs, rows, panel, full, amx_side);
					for (size_t r = 0; r < count; r++) memcpy(c + r * m, full + r * amx_side, columns * sizeof *full);
				}
			}
		}
	}
	_tile_release();
}
