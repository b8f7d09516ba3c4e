// qlinear: y = x wT + b with affine 4- or 8-bit weights. Unless exact, x is quantized to i8 in groups of 32, on the fly,
// so that products and their sums are integers:
//
//	sum of (scale q + bias) (d xq) over a group = scale d (sum of q xq) + bias (d sum of xq)
//
// One or a few rows of x go along the weight rows as they lie in memory (qrow.h); more rows meet tiles of weights that
// are unpacked once (qtile.h). With a matrix unit (amx.h), many rows are instead rounded to bf16, and so are the weights.
#ifdef SG_ISA
#include "qrow.h"
#include "qtile.h"

enum { qlinear_small = 6, qlinear_large = 128 }; // fewer rows of x go along the weight rows, SG_ALONE among them; so many go to the matrix unit

SG_INLINE void qlinear(int bits, dtype t, void *const *buf, const void *args, sg_worker *w) {
	const struct {
		uint32_t n, k, m, group, bias, exact;
	} *a = args;
	matrix weight = {bits, t, buf[1], buf[2], buf[3], a->m, a->k, a->group};
	const float *x = buf[0], *bias = a->bias ? buf[4] : NULL;
	float *y = buf[a->bias ? 5 : 4];
	if (a->exact)
		gemm(x, a->n, &weight, bias, y, w);
#ifdef SG_AMX
	else if (a->n >= qlinear_large)
		gemm_amx(x, a->n, &weight, bias, y, w);
#endif
	else if (a->n < qlinear_small)
		qlinear_rows(x, a->n, &weight, bias, y, w);
	else
		qlinear_tiles(x, a->n, &weight, bias, y, w);
}

#define QLINEAR(bits, suffix, t)                                                                              \
	static void qlinear_##bits##_##suffix(void *const *buf, int nbuf, const void *args, sg_worker *w) {       \
		(void)nbuf;                                                                                            \
		qlinear(bits, t, buf, args, w);                                                                        \
	}
QLINEAR(4, f32, F32)
QLINEAR(4, f16, F16)
QLINEAR(4, bf16, BF16)
QLINEAR(8, f32, F32)
QLINEAR(8, f16, F16)
QLINEAR(8, bf16, BF16)
#endif
