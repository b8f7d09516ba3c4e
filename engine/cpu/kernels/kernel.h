// The ABI between the CPU device and its kernels, and the thread pool that runs them.
//
// A kernel is called once by every thread of the pool and does its part of the work. Activations are f32, tensors are
// row-major, and pointers have no alignment beyond that of their element.
#ifndef SG_KERNEL_H
#define SG_KERNEL_H

#include <stddef.h>
#include <stdint.h>

typedef struct sg_pool sg_pool;

// One thread's view of a launch: it does part `part` of `parts`.
typedef struct {
	int part, parts;
	void *scratch;
	size_t scratch_bytes;
	sg_pool *pool;
} sg_worker;

// buf holds the inputs in order, then the output; args points at the op's argument struct.
typedef void (*sg_kernel)(void *const *buf, int nbuf, const void *args, sg_worker *w);

typedef struct {
	sg_kernel fn;
	void *buf[8];
	int nbuf;
	const void *args;
	int barrier; // all parts of the launches before this one finish first
} sg_launch;

enum { SG_DONE = 0, SG_CANCELLED = 1, SG_NO_MEMORY = 2 };

// SG_ALONE: where a launch has at most so many rows, each comes out to the bit as it would alone. Checking guessed tokens
// in one step relies on that.
enum { SG_ALONE = 4 };

// sg_find returns the best kernel of that name for this machine, or NULL.
sg_kernel sg_find(const char *name);

// sg_isa names the instruction set sg_find chose from; sg_use picks another one ("avx2", ...) and returns 0 where the
// machine lacks it. It is for tests; not safe while another thread calls sg_find.
const char *sg_isa(void);
int sg_use(const char *isa);

// sg_pool_new starts threads-1 threads (the caller of sg_run is the first). NULL when there is no memory.
sg_pool *sg_pool_new(int threads);
void sg_pool_free(sg_pool *p);
int sg_pool_threads(const sg_pool *p);

// sg_run runs the list on all threads and returns SG_DONE, SG_CANCELLED or SG_NO_MEMORY. *cancel is looked at wherever
// a launch has its barrier. Concurrent calls take turns.
int sg_run(sg_pool *p, const sg_launch *list, int n, volatile int *cancel);

// sg_sync is a barrier among the parts inside a kernel: every part must reach it equally often.
void sg_sync(sg_worker *w);

// sg_scratch returns at least that many bytes, 64-byte aligned, private to the thread and overwritten by its next
// caller. NULL when there is no memory; the kernel then returns and sg_run reports it.
void *sg_scratch(sg_worker *w, size_t bytes);

// sg_entry is a row of an instruction set's kernel table, which ends with a NULL name.
typedef struct {
	const char *name;
	sg_kernel fn;
} sg_entry;

#define SG_INLINE static inline __attribute__((always_inline, unused))

// sg_share cuts 0..total in equal runs of whole `unit`s and gives this part's [*lo, *hi).
static inline void sg_share(const sg_worker *w, size_t total, size_t unit, size_t *lo, size_t *hi) {
	size_t units = (total + unit - 1) / unit;
	*lo = units * (size_t)w->part / (size_t)w->parts * unit;
	*hi = units * (size_t)(w->part + 1) / (size_t)w->parts * unit;
	if (*lo > total) *lo = total;
	if (*hi > total) *hi = total;
}

#endif
