// A pool of persistent threads that all walk one list of launches, meeting at spin barriers where the list asks for it.
// Threads spin briefly after a list, as the next decoded token follows at once, and then sleep on a condition.
#include "kernel.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#ifdef __APPLE__
#include <pthread/qos.h>
#endif

enum { SPINS = 40, IDLE_ROUNDS = 50, MAX_THREADS = 256 };

#define ALIGNED _Alignas(64)

struct sg_pool {
	int threads, started;
	pthread_t id[MAX_THREADS];
	sg_worker worker[MAX_THREADS];

	const sg_launch *list; // the run in progress
	int n;
	volatile int *cancel;
	int verdict; // written by the last thread to reach a barrier, read by all after it

	ALIGNED atomic_uint arrived;
	ALIGNED atomic_uint phase;
	ALIGNED atomic_uint run;  // counts runs; a change starts one
	ALIGNED atomic_int failed; // a thread found no memory
	atomic_int quit;
	pthread_mutex_t turn, mutex;
	pthread_cond_t wake;
};

static inline void relax(void) {
#if defined(__x86_64__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("isb");
#endif
}

// spin waits a microsecond or two for *word to leave `old` and reports whether it did. If not, it lets another thread run,
// as the one waited for may need this core.
static int spin(atomic_uint *word, unsigned old) {
	for (int i = 0; i < SPINS; i++) {
		if (atomic_load_explicit(word, memory_order_acquire) != old) return 1;
		relax();
	}
	sched_yield();
	return 0;
}

// meet is the barrier. The last thread to arrive decides for all whether the run goes on, so that none is left waiting.
static void meet(sg_pool *p, int between) {
	if (p->threads == 1) {
		if (between && p->cancel && *p->cancel) p->verdict = SG_CANCELLED;
		return;
	}
	unsigned phase = atomic_load_explicit(&p->phase, memory_order_acquire);
	if (atomic_fetch_add_explicit(&p->arrived, 1, memory_order_acq_rel) == (unsigned)p->threads - 1) {
		if (between && p->cancel && *p->cancel) p->verdict = SG_CANCELLED;
		atomic_store_explicit(&p->arrived, 0, memory_order_relaxed);
		atomic_store_explicit(&p->phase, phase + 1, memory_order_release);
		return;
	}
	while (!spin(&p->phase, phase)) {
	}
}

void sg_sync(sg_worker *w) { meet(w->pool, 0); }

void *sg_scratch(sg_worker *w, size_t bytes) {
	if (bytes <= w->scratch_bytes) return w->scratch;
	free(w->scratch);
	w->scratch_bytes = 0;
	if (posix_memalign(&w->scratch, 64, bytes) != 0) {
		w->scratch = NULL;
		atomic_store(&w->pool->failed, 1);
		return NULL;
	}
	w->scratch_bytes = bytes;
	return w->scratch;
}

static void walk(sg_pool *p, sg_worker *w) {
	for (int i = 0; i < p->n; i++) {
		const sg_launch *l = &p->list[i];
		if (l->barrier || p->threads == 1) {
			meet(p, 1);
			if (p->verdict) break;
		}
		l->fn(l->buf, l->nbuf, l->args, w);
	}
	meet(p, 0);
}

static void *thread_main(void *arg) {
	sg_worker *w = arg;
	sg_pool *p = w->pool;
#ifdef __APPLE__
	pthread_set_qos_class_self_np(QOS_CLASS_USER_INITIATED, 0); // performance cores
#endif
	for (unsigned seen = 0;;) {
		int rounds = 0;
		while (rounds < IDLE_ROUNDS && !spin(&p->run, seen)) rounds++;
		if (rounds == IDLE_ROUNDS) {
			pthread_mutex_lock(&p->mutex);
			while (atomic_load(&p->run) == seen) pthread_cond_wait(&p->wake, &p->mutex);
			pthread_mutex_unlock(&p->mutex);
		}
		seen++;
		if (atomic_load(&p->quit)) return NULL;
		walk(p, w);
	}
}

static void start_run(sg_pool *p) {
	pthread_mutex_lock(&p->mutex);
	atomic_fetch_add(&p->run, 1);
	pthread_cond_broadcast(&p->wake);
	pthread_mutex_unlock(&p->mutex);
}

int sg_run(sg_pool *p, const sg_launch *list, int n, volatile int *cancel) {
	pthread_mutex_lock(&p->turn);
	p->list = list;
	p->n = n;
	p->cancel = cancel;
	p->verdict = cancel && *cancel ? SG_CANCELLED : SG_DONE;
	atomic_store(&p->failed, 0);
	if (p->verdict == SG_DONE) {
		if (p->threads > 1) start_run(p);
		walk(p, &p->worker[0]);
	}
	int result = atomic_load(&p->failed) ? SG_NO_MEMORY : p->verdict;
	pthread_mutex_unlock(&p->turn);
	return result;
}

sg_pool *sg_pool_new(int threads) {
	if (threads < 1) threads = 1;
	if (threads > MAX_THREADS) threads = MAX_THREADS;
	void *memory;
	if (posix_memalign(&memory, 64, sizeof(sg_pool)) != 0) return NULL;
	sg_pool *p = memory;
	*p = (sg_pool){.threads = threads};
	pthread_mutex_init(&p->turn, NULL);
	pthread_mutex_init(&p->mutex, NULL);
	pthread_cond_init(&p->wake, NULL);
	for (int i = 0; i < threads; i++) p->worker[i] = (sg_worker){.part = i, .parts = threads, .pool = p};
	for (int i = 1; i < threads; i++) {
		if (pthread_create(&p->id[i], NULL, thread_main, &p->worker[i]) != 0) break;
		p->started++;
	}
	if (p->started < threads - 1) { // the system grants fewer threads: all of them wait for a first run still
		p->threads = p->started + 1;
		for (int i = 0; i < p->threads; i++) p->worker[i].parts = p->threads;
	}
	return p;
}

int sg_pool_threads(const sg_pool *p) { return p->threads; }

void sg_pool_free(sg_pool *p) {
	if (!p) return;
	atomic_store(&p->quit, 1);
	start_run(p);
	for (int i = 1; i < p->threads; i++) pthread_join(p->id[i], NULL);
	for (int i = 0; i < p->threads; i++) free(p->worker[i].scratch);
	pthread_cond_destroy(&p->wake);
	pthread_mutex_destroy(&p->mutex);
	pthread_mutex_destroy(&p->turn);
	free(p);
}
