// masked_softmax: a softmax over the columns of row i that query i mod queries attends to, 0 elsewhere.
#ifdef SG_ISA
static void masked_softmax(void *const *buf, int nbuf, const void *args, sg_worker *w) {
	(void)nbuf;
	const struct {
		uint32_t n, c, queries, m, from;
	} *a = args;
	const int32_t *seq = buf[1], *len = buf[2];
	size_t row, end, c = a->c;
	sg_share(w, a->n, 1, &row, &end);
	for (; row < end; row++) {
		const float *x = (const float *)buf[0] + row * c;
		float *y = (float *)buf[3] + row * c;
		size_t q = row % a->queries, lo = 0, hi = 0;
		if (seq[q] >= 0 && (size_t)seq[q] < c / a->m && len[q] > 0) {
			hi = min_size((size_t)len[q], a->m);
			if (a->from && len[a->queries + q] > 0) lo = min_size((size_t)len[a->queries + q], hi);
			lo += (size_t)seq[q] * a->m, hi += (size_t)seq[q] * a->m;
		}
		memset(y, 0, lo * sizeof *y);
		memset(y + hi, 0, (c - hi) * sizeof *y);
		if (lo == hi) continue;
		memmove(y + lo, x + lo, (hi - lo) * sizeof *y);
		vf r = vf_set(1.0f / scores_softmax(y + lo, hi - lo));
		size_t i = lo;
		for (; i + VW <= hi; i += VW) vf_store(y + i, vf_mul(vf_load(y + i), r));
		if (i < hi) vf_store_n(y + i, vf_mul(vf_load_n(y + i, (int)(hi - i)), r), (int)(hi - i));
	}
}
#endif
