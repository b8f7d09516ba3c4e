// How a compiled kernel library is run, from Go and from C: load it with dlopen, find sgp_dispatch, call it.
#ifndef SGP_RUN_H
#define SGP_RUN_H
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif

// What a kernel may do with a buffer. The checked build holds it to that.
enum { SGP_READ = 1, SGP_WRITE = 2 }; // WRITE alone: nothing may be read that this launch has not written

typedef struct {
  void *data;
  uint64_t size; // bytes; the checked build refuses any access beyond them
  uint32_t access;
} sgp_buffer;

// In which order threads run between the points where they wait for each other.
enum { SGP_FORWARD, SGP_BACKWARD, SGP_RANDOM, SGP_SIMDGROUPS }; // the last: one simdgroup as far as it gets, at random

typedef struct {
  const sgp_buffer *buffers; // by [[buffer(i)]]
  uint32_t buffer_count;
  const uint32_t *memory; // bytes of threadgroup memory, by [[threadgroup(i)]]
  uint32_t memory_count;
  uint32_t grid[3], group[3]; // threadgroups, and threads of each
  uint32_t schedule;
  uint64_t seed;
} sgp_launch;

// sgp_dispatch runs a kernel to its end. It returns 0, or 1 with a sentence in error. One launch of a library runs at a time: the library
// waits for the one before.
int sgp_dispatch(const char *kernel, const sgp_launch *launch, char *error, uint64_t error_size);
typedef int (*sgp_dispatch_function)(const char *, const sgp_launch *, char *, uint64_t);

// sgp_kernel names kernel i and the buffers that it takes, or returns 0 where there are no more.
const char *sgp_kernel(uint32_t i, uint32_t *buffers, uint32_t *memories);
typedef const char *(*sgp_kernel_function)(uint32_t, uint32_t *, uint32_t *);

#ifdef __cplusplus
}
#endif
#endif
