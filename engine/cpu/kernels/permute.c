// permute: dimension i of y is dimension perm[i] of x.
#ifdef SG_ISA
static void permute(void *const *buf, int nbuf, const void *args, sg_worker *w) {
	(void)nbuf;
	const struct {
		uint32_t rank, shape[5], perm[5];
	} *a = args;
	int rank = (int)a->rank;
	size_t stride[5], size[5], step[5], x_stride = 1, total = 1; // strides of x; sizes of y and its steps through x
	for (int i = rank - 1; i >= 0; i--) {
		stride[i] = x_stride;
		x_stride *= a->shape[i];
	}
	for (int i = 0; i < rank; i++) {
		size[i] = a->shape[a->perm[i]];
		step[i] = stride[a->perm[i]];
		total *= size[i];
	}
	if (total == 0) return;
	size_t last = size[rank - 1], by = step[rank - 1], row, end;
	sg_share(w, total / last, 1, &row, &end);
	for (; row < end; row++) {
		size_t at = 0, r = row;
		for (int i = rank - 2; i >= 0; i--) {
			at += r % size[i] * step[i];
			r /= size[i];
		}
		const float *x = (const float *)buf[0] + at;
		float *y = (float *)buf[1] + row * last;
		if (by == 1) {
			memcpy(y, x, last * sizeof *y);
		} else {
			for (size_t i = 0; i < last; i++) y[i] = x[i * by];
		}
	}
}
#endif
