// attention: row i of q attends to keys from[i] (0 where there is none) .. len[i] of sequence seq[i] in the cache; span is len, then from.
//
// Rows of one sequence that follow each other, as in a prompt or an image, are taken in tiles with all the query heads of a
// key head: blocks of keys pass by with a running maximum and sum (online softmax), both products in gemm's tiles. A row on
// its own, as in decoding, takes plain dot products over its keys.
#ifdef SG_ISA

enum { att_rows = 96, att_keys = 128, att_few = 8 }; // a tile's rows of q and keys of a block; fewer rows go one by one

typedef struct {
	uint32_t n, h, hkv, d, m, s, from;
	float scale;
} attention_args;

typedef struct {
	attention_args a;
	dtype t; // of k and v
	const float *q;
	const void *k, *v;
	const int32_t *seq, *len;
	float *y;
	size_t group, row, stride; // query heads of a key head; values of a key, with its scale; values from one key to the next
} attention;

// keys_of gives the keys [*lo, *hi) that row i attends to; none for padding.
static void keys_of(const attention *c, size_t i, size_t *lo, size_t *hi) {
	*lo = *hi = 0;
	if (c->seq[i] < 0 || (uint32_t)c->seq[i] >= c->a.s || c->len[i] <= 0) return;
	*hi = min_size((size_t)c->len[i], c->a.m);
	if (c->a.from && c->len[c->a.n + i] > 0) *lo = min_size((size_t)c->len[c->a.n + i], *hi);
}

// key_at is where key j of a key head begins in k and v.
static size_t key_at(const attention *c, size_t i, size_t kv, size_t j) {
	return ((size_t)c->seq[i] * c->a.m + j) * c->stride + kv * c->row;
}

// scale_at is what the numbers of a key or value at `at` are to be multiplied by.
SG_INLINE float scale_at(const attention *c, const void *p, size_t at) {
	if (c->t != I8) return 1;
	float scale;
	memcpy(&scale, (const int8_t *)p + at + c->a.d, sizeof scale);
	return scale;
}

// scores_softmax turns p[n] into weights that have still to be divided by the sum, which it returns.
SG_INLINE float scores_softmax(float *p, size_t n) {
	size_t i = 0, whole = n / VW * VW;
	vf top = vf_set(-INFINITY);
	for (; i < whole; i += VW) top = vf_max(top, vf_load(p + i));
	float most = vf_top(top), sum = 0;
	for (; i < n; i++) most = p[i] > most ? p[i] : most;
	vf total = vf_set(0);
	top = vf_set(most);
	for (i = 0; i < whole; i += VW) {
		vf e = vf_exp(vf_sub(vf_load(p + i), top));
		vf_store(p + i, e);
		total = vf_add(total, e);
	}
	if (i < n) vf_store_n(p + i, vf_exp(vf_sub(vf_load_n(p + i, (int)(n - i)), top)), (int)(n - i));
	for (; i < n; i++) sum += p[i];
	return sum + vf_sum(total);
}

// weigh writes y[d] = r * sum of p[j] v[j], four vectors of d at a time.
SG_INLINE void weigh(dtype t, const float *p, size_t n, const void *v, size_t from, size_t stride, size_t d, float r, float *y) {
	size_t i = 0;
	for (; i + 4 * VW <= d; i += 4 * VW) {
		vf a[4] = {vf_set(0), vf_set(0), vf_set(0), vf_set(0)};
		for (size_t j = 0; j < n; j++)
			SG_UNROLL for (size_t u = 0; u < 4; u++)
				a[u] = vf_fma(vf_set(p[j]), vf_load_as(t, v, from + j * stride + i + u * VW), a[u]);
		SG_UNROLL for (size_t u = 0; u < 4; u++) vf_store(y + i + u * VW, vf_mul(a[u], vf_set(r)));
	}
	for (; i < d; i += VW) {
		int left = (int)min_size(VW, d - i);
		vf a = vf_set(0);
		for (size_t j = 0; j < n; j++) a = vf_fma(vf_set(p[j]), vf_load_as_n(t, v, from + j * stride + i, left), a);
		vf_store_n(y + i, vf_mul(a, vf_set(r)), left);
	}
}

// attend_row does query heads h0..h1 of row i, all of key head kv. p is scratch for the scores.
SG_INLINE void attend_row(const attention *c, size_t i, size_t kv, size_t h0, size_t h1, float *p) {
	size_t d = c->a.d, lo, hi;
	keys_of(c, i, &lo, &hi);
	for (size_t h = h0; h < h1; h++) {
		float *y = c->y + (i * c->a.h + h) * d;
		const float *q = c->q + (i * c->a.h + h) * d;
		if (lo == hi) {
			memset(y, 0, d * sizeof *y);
			continue;
		}
		for (size_t j = lo; j < hi;) {
			int four = j + 4 <= hi;
			float dots[4];
			dot4(c->t, q, c->k, key_at(c, i, kv, j), four ? c->stride : 0, d, dots);
			for (int u = 0; u < (four ? 4 : 1); u++, j++) p[j - lo] = dots[u] * c->a.scale * scale_at(c, c->k, key_at(c, i, kv, j));
		}
		float sum = scores_softmax(p, hi - lo);
		if (c->t == I8)
			for (size_t j = lo; j < hi; j++) p[j - lo] *= scale_at(c, c->v, key_at(c, i, kv, j));
		weigh(c->t, p, hi - lo, c->v, key_at(c, i, kv, lo), c->stride, d, 1 / sum, y);
	}
}

// Scratch of a tile: q [att_rows, d], out [att_rows, ldo], scores [att_rows, att_keys], keys [att_keys/NR][d, NR],
// values [att_keys, ldo], the running maximum and sum of each row, and a row block for transposing.
typedef struct {
	float *q, *out, *p, *k, *v, *top, *sum, *t;
	size_t ldo;
} att_tile;

static size_t att_tile_floats(size_t d) {
	size_t ldo = round_up(d, NR);
	return att_rows * (d + ldo + att_keys + 2) + att_keys * (d + ldo) + VW * d;
}

static att_tile att_tile_in(float *p, size_t d) {
	att_tile f = {.ldo = round_up(d, NR)};
	f.out = p;
	f.p = f.out + att_rows * f.ldo;
	f.k = f.p + att_rows * att_keys;
	f.v = f.k + att_keys * d;
	f.q = f.v + att_keys * f.ldo;
	f.top = f.q + att_rows * d;
	f.sum = f.top + att_rows;
	f.t = f.sum + att_rows;
	return f;
}

// load_row brings d numbers of a key or value into the tile.
SG_INLINE void load_row(const attention *c, const void *p, size_t at, float *to) {
	to_f32(c->t, p, at, c->a.d, to);
	if (c->t != I8) return;
	float scale = scale_at(c, p, at);
	for (size_t i = 0; i < c->a.d; i++) to[i] *= scale;
}

// load_keys brings keys and values j0..j1 into the tile, as f32, the keys turned.
SG_INLINE void load_keys(const attention *c, size_t i, size_t kv, size_t j0, size_t j1, att_tile f) {
	size_t d = c->a.d;
	for (size_t j = 0; j < att_keys; j += VW) {
		int rows = j0 + j < j1 ? (int)min_size(VW, j1 - j0 - j) : 0;
		for (int r = 0; r < rows; r++) load_row(c, c->k, key_at(c, i, kv, j0 + j + (size_t)r), f.t + (size_t)r * d);
		transpose_in(f.k + j / NR * NR * d + j % NR, NR, f.t, d, rows, d);
	}
	for (size_t j = j0; j < j1; j++) load_row(c, c->v, key_at(c, i, kv, j), f.v + (j - j0) * f.ldo);
}

// renew takes row r's scores p[n], of which [c0, c1) count, into its running maximum and sum, and leaves weights. n is a
// multiple of VW.
SG_INLINE void renew(att_tile f, size_t r, size_t c0, size_t c1, float *p, size_t n) {
	for (size_t j = 0; j < c0; j++) p[j] = -INFINITY;
	for (size_t j = c1; j < n; j++) p[j] = -INFINITY;
	vf top = vf_set(f.top[r]), sum = vf_set(0);
	for (size_t j = 0; j < n; j += VW) top = vf_max(top, vf_load(p + j));
	float most = vf_top(top), fade = 1;
	top = vf_set(most);
	for (size_t j = 0; j < n; j += VW) {
		vf e = vf_exp(vf_sub(vf_load(p + j), top));
		vf_store(p + j, e);
		sum = vf_add(sum, e);
	}
	if (most != f.top[r]) {
		fade = expf(f.top[r] - most);
		float *out = f.out + r * f.ldo;
		for (size_t j = 0; j < f.ldo; j += VW) vf_store(out + j, vf_mul(vf_load(out + j), vf_set(fade)));
	}
	f.top[r] = most;
	f.sum[r] = f.sum[r] * fade + vf_sum(sum);
}

// attend_block lets rows r.. of the tile, MR at most, which begins with row i0, meet the block's keys, j0 the first. Keys
// that none of these rows attends to are left out.
SG_INLINE void attend_block(const attention *c, size_t i0, size_t r, int count, size_t j0, size_t keys, att_tile f) {
	size_t d = c->a.d, from[MR], to[MR], seen = 0;
	for (int u = 0; u < count; u++) {
		size_t lo, hi;
		keys_of(c, i0 + (r + (size_t)u) / c->group, &lo, &hi);
		to[u] = hi > j0 ? min_size(hi - j0, keys) : 0;
		from[u] = lo > j0 ? min_size(lo - j0, to[u]) : 0;
		if (from[u] < to[u] && to[u] > seen) seen = to[u];
	}
	if (seen == 0) return;
	float *p = f.p + r * att_keys;
	for (size_t j = 0; j < seen; j += NR) tile(count, d, f.q + r * d, d, f.k + j * d, NR, zeros, 0, p + j, att_keys);
	for (int u = 0; u < count; u++)
		renew(f, r + (size_t)u, from[u], to[u], p + (size_t)u * att_keys, round_up(seen, VW));
	for (size_t j = 0; j < f.ldo; j += NR) {
		float *out = f.out + r * f.ldo + j;
		tile(count, seen, p, att_keys, f.v + j, f.ldo, out, f.ldo, out, f.ldo);
	}
}

// attend_tile does rows i0..i1, all of one sequence, for the query heads of key head kv.
SG_INLINE void attend_tile(const attention *c, size_t i0, size_t i1, size_t kv, att_tile f) {
	size_t d = c->a.d, rows = (i1 - i0) * c->group, lo = SIZE_MAX, hi = 0;
	memset(f.out, 0, rows * f.ldo * sizeof *f.out);
	for (size_t r = 0; r < rows; r++) {
		const float *q = c->q + ((i0 + r / c->group) * c->a.h + kv * c->group + r % c->group) * d;
		for (size_t j = 0; j < d; j++) f.q[r * d + j] = q[j] * c->a.scale;
		f.top[r] = -1e30f; // not infinity, so that differences stay numbers
		f.sum[r] = 0;
	}
	for (size_t i = i0; i < i1; i++) {
		size_t l, h;
		keys_of(c, i, &l, &h);
		if (l == h) continue;
		lo = min_size(lo, l);
		hi = h > hi ? h : hi;
	}
	for (size_t j0 = lo; j0 < hi; j0 += att_keys) {
		size_t keys = min_size(att_keys, hi - j0);
		load_keys(c, i0, kv, j0, j0 + keys, f);
		for (size_t r = 0; r < rows; r += MR)
			attend_block(c, i0, r, (int)min_size(MR, rows - r), j0, keys, f);
	}
	for (size_t r = 0; r < rows; r++) {
		float *y = c->y + ((i0 + r / c->group) * c->a.h + kv * c->group + r % c->group) * d;
		float inverse = f.sum[r] > 0 || f.sum[r] != f.sum[r] ? 1 / f.sum[r] : 0;
		for (size_t j = 0; j < d; j++) y[j] = f.out[r * f.ldo + j] * inverse;
	}
}

// attend deals the tiles and single rows out to the parts in turn.
SG_INLINE void attend(dtype t, void *const *buf, const void *args, sg_worker *w) {
	attention c = {*(const attention_args *)args, t, buf[0], buf[1], buf[2], buf[3], buf[4], buf[5], 0, 0, 0};
	size_t n = c.a.n, kvs = c.a.hkv, unit = 0, parts = (size_t)w->parts, part = (size_t)w->part;
	c.group = c.a.h / kvs;
	c.row = c.a.d + (t == I8 ? sizeof(float) : 0);
	c.stride = kvs * c.row;
	size_t most = c.group >= att_rows ? 1 : att_rows / c.group; // rows of a tile
	size_t split = n * kvs < 4 * parts ? c.group : 1;           // pieces of a single row's heads
	size_t floats = round_up(c.a.m, VW), tile_floats = att_tile_floats(c.a.d);
	float *memory = sg_scratch(w, (floats > tile_floats ? floats : tile_floats) * sizeof *memory);
	if (!memory) return;
	att_tile f = att_tile_in(memory, c.a.d);
	for (size_t d = c.a.d; d < f.ldo; d++)
		for (size_t j = 0; j < att_keys; j++) f.v[j * f.ldo + d] = 0;

	for (size_t i = 0, end; i < n; i = end) {
		for (end = i + 1; n > SG_ALONE && end < n && end - i < most && c.seq[end] == c.seq[i];) end++;
		int tiled = (end - i) * c.group >= att_few && c.group <= att_rows && c.seq[i] >= 0 && (uint32_t)c.seq[i] < c.a.s;
		if (!tiled) end = i + 1;
		for (size_t kv = 0; kv < kvs; kv++)
			for (size_t s = 0; s < (tiled ? 1 : split); s++)
				if (unit++ % parts == part) {
					size_t h = kv * c.group, each = c.group / split;
					if (tiled)
						attend_tile(&c, i, end, kv, f);
					else
						attend_row(&c, i, kv, h + s * each, h + (s + 1) * each, memory);
				}
	}
}

static void attention_f32(void *const *buf, int nbuf, const void *args, sg_worker *w) {
	(void)nbuf;
	attend(F32, buf, args, w);
}

static void attention_f16(void *const *buf, int nbuf, const void *args, sg_worker *w) {
	(void)nbuf;
	attend(F16, buf, args, w);
}

static void attention_i8(void *const *buf, int nbuf, const void *args, sg_worker *w) {
	(void)nbuf;
	attend(I8, buf, args, w);
}
#endif
