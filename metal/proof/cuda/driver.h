// The CUDA driver, found at run time: this compiles and starts where there is none.
#ifndef SGC_DRIVER_H
#define SGC_DRIVER_H
#include <stdint.h>

typedef uint64_t sgc_ptr; // memory of the device

typedef struct {
  char text[1024]; // empty: no error
} sgc_error;

typedef struct {
  char name[128];
  int32_t version, multiprocessors, l2, clock_khz;
  uint64_t free, total;
} sgc_info;

enum { SGC_POINTERS = 12 }; // parameters of every kernel, see proof/include/sgp/entry.h

typedef struct {
  void *function;
  uint32_t grid[3], group[3];
  sgc_ptr pointers[SGC_POINTERS];
  uint32_t waits; // the number of the first launch that this one need not wait for
} sgc_launch;

// All return 0, or 1 with a sentence in the error. sgc_open comes first, once.
int sgc_open(const char *library, sgc_info *info, sgc_error *e);
int sgc_alloc(uint64_t bytes, sgc_ptr *p, sgc_error *e); // zeroed
void sgc_free(sgc_ptr p);
int sgc_upload(sgc_ptr to, const void *from, uint64_t bytes, sgc_error *e);
int sgc_download(void *to, sgc_ptr from, uint64_t bytes, sgc_error *e);
int sgc_copy(sgc_ptr to, sgc_ptr from, uint64_t bytes, sgc_error *e);
int sgc_module(const void *image, void **module, sgc_error *e); // PTX with a 0 behind it, or a cubin
int sgc_function(void *module, const char *name, void **function, sgc_error *e);
// sgc_graph makes a graph in which launch i waits for the launches from its group's predecessor on: all in [from(i), waits(i)).
int sgc_graph(const sgc_launch *l, uint32_t n, int serial, void **exec, sgc_error *e);
void sgc_graph_free(void *exec);
int sgc_graph_run(void *exec, uint32_t times, double *seconds, sgc_error *e); // seconds for all, by events
int sgc_launch_one(const sgc_launch *l, uint32_t times, double *seconds, sgc_error *e);
int sgc_copy_time(sgc_ptr to, sgc_ptr from, uint64_t bytes, uint32_t times, double *seconds, sgc_error *e);
#endif
