// The loop of the ops that work value by value: cut the tensor among the threads, whole vectors, then the tail.

// MAP defines kernel `name` over `inputs` tensors of args[0] values; the value is `body` of vectors a and b.
#define MAP(name, inputs, body)                                                                \
	SG_INLINE vf name##_body(vf a, vf b) {                                                      \
		(void)b;                                                                                \
		return body;                                                                            \
	}                                                                                           \
	static void name(void *const *buf, int nbuf, const void *args, sg_worker *w) {              \
		(void)nbuf;                                                                             \
		const float *a = buf[0], *b = buf[(inputs) - 1];                                        \
		float *y = buf[inputs];                                                                 \
		size_t i, end;                                                                          \
		sg_share(w, *(const uint32_t *)args, 64, &i, &end);                                     \
		for (; i + VW <= end; i += VW) vf_store(y + i, name##_body(vf_load(a + i), vf_load(b + i))); \
		int n = (int)(end - i);                                                                 \
		if (n > 0) vf_store_n(y + i, name##_body(vf_load_n(a + i, n), vf_load_n(b + i, n)), n); \
	}

// MAP_REPEAT is MAP for y = body(a, b) where b is shorter and repeats.
#define MAP_REPEAT(name, body)                                                                  \
	SG_INLINE vf name##_body(vf a, vf b) { return body; }                                       \
	static void name(void *const *buf, int nbuf, const void *args, sg_worker *w) {              \
		(void)nbuf;                                                                             \
		const struct {                                                                          \
			uint32_t size, bsize;                                                               \
		} *arg = args;                                                                          \
		const float *a = buf[0], *b = buf[1];                                                   \
		float *y = buf[2];                                                                      \
		size_t i, end;                                                                          \
		sg_share(w, arg->size, 64, &i, &end);                                                   \
		if (arg->bsize == 1) {                                                                  \
			for (; i + VW <= end; i += VW) vf_store(y + i, name##_body(vf_load(a + i), vf_set(*b))); \
			int left = (int)(end - i);                                                          \
			if (left > 0) vf_store_n(y + i, name##_body(vf_load_n(a + i, left), vf_set(*b)), left); \
			return;                                                                             \
		}                                                                                       \
		while (i < end) {                                                                       \
			size_t at = i % arg->bsize, n = min_size(arg->bsize - at, end - i), j = 0;          \
			const float *p = a + i, *q = b + at;                                                \
			for (; j + VW <= n; j += VW)                                                        \
				vf_store(y + i + j, name##_body(vf_load(p + j), vf_load(q + j)));               \
			int left = (int)(n - j);                                                            \
			if (left) vf_store_n(y + i + j, name##_body(vf_load_n(p + j, left), vf_load_n(q + j, left)), left); \
			i += n;                                                                             \
		}                                                                                       \
	}

// MAP_ARG is MAP of one tensor with a number c, args[1].
#define MAP_ARG(name, body)                                                                     \
	SG_INLINE vf name##_body(vf a, vf c) { return body; }                                       \
	static void name(void *const *buf, int nbuf, const void *args, sg_worker *w) {              \
		(void)nbuf;                                                                             \
		const struct {                                                                          \
			uint32_t size;                                                                      \
			float c;                                                                            \
		} *arg = args;                                                                          \
		const float *a = buf[0];                                                                \
		float *y = buf[1];                                                                      \
		vf c = vf_set(arg->c);                                                                  \
		size_t i, end;                                                                          \
		sg_share(w, arg->size, 64, &i, &end);                                                   \
		for (; i + VW <= end; i += VW) vf_store(y + i, name##_body(vf_load(a + i), c));         \
		int n = (int)(end - i);                                                                 \
		if (n > 0) vf_store_n(y + i, name##_body(vf_load_n(a + i, n), c), n);                   \
	}
