#include "driver.h"
#include <dlfcn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef int R; // CUresult
typedef void *H;

// As cuda.h has it, CUDA_KERNEL_NODE_PARAMS_v2.
typedef struct {
  H func;
  unsigned grid[3], block[3], shared;
  void **params, **extra;
  H kern, ctx;
} node_params;

#define FUNCTIONS(F) \
  F(R, cuInit, (unsigned)) F(R, cuDeviceGet, (int *, int)) F(R, cuDeviceGetName, (char *, int, int)) F(R, cuDeviceGetAttribute, (int *, int, int)) \
  F(R, cuDriverGetVersion, (int *)) F(R, cuDevicePrimaryCtxRetain, (H *, int)) F(R, cuCtxSetCurrent, (H)) F(R, cuGetErrorName, (R, const char **)) \
  F(R, cuMemGetInfo_v2, (size_t *, size_t *)) F(R, cuMemAlloc_v2, (sgc_ptr *, size_t)) F(R, cuMemFree_v2, (sgc_ptr)) \
  F(R, cuMemsetD8_v2, (sgc_ptr, unsigned char, size_t)) F(R, cuMemcpyHtoD_v2, (sgc_ptr, const void *, size_t)) \
  F(R, cuMemcpyDtoH_v2, (void *, sgc_ptr, size_t)) F(R, cuMemcpyDtoDAsync_v2, (sgc_ptr, sgc_ptr, size_t, H)) \
  F(R, cuModuleLoadDataEx, (H *, const void *, unsigned, int *, void **)) F(R, cuModuleGetFunction, (H *, H, const char *)) \
  F(R, cuStreamCreate, (H *, unsigned)) F(R, cuStreamSynchronize, (H)) \
  F(R, cuLaunchKernel, (H, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, H, void **, void **)) \
  F(R, cuEventCreate, (H *, unsigned)) F(R, cuEventRecord, (H, H)) F(R, cuEventSynchronize, (H)) F(R, cuEventElapsedTime, (float *, H, H)) \
  F(R, cuGraphCreate, (H *, unsigned)) F(R, cuGraphAddKernelNode_v2, (H *, H, const H *, size_t, const node_params *)) \
  F(R, cuGraphInstantiateWithFlags, (H *, H, unsigned long long)) F(R, cuGraphLaunch, (H, H)) F(R, cuGraphExecDestroy, (H)) F(R, cuGraphDestroy, (H))
#define DECLARE(ret, name, args) ret (*name) args;
static struct { FUNCTIONS(DECLARE) } cu;
static H context, stream, begin, end;

static int fail(sgc_error *e, const char *format, ...) {
  va_list a;
  va_start(a, format);
  vsnprintf(e->text, sizeof e->text, format, a);
  va_end(a);
  return 1;
}
static int check(R r, const char *what, sgc_error *e) {
  if (!r) return 0;
  const char *name = NULL;
  if (cu.cuGetErrorName) cu.cuGetErrorName(r, &name);
  return fail(e, "%s: %s (%d)", what, name ? name : "error", r);
}
#define TRY(call) do { if (check(cu.call, #call, e)) return 1; } while (0)
#define ENTER TRY(cuCtxSetCurrent(context)) // a goroutine may come on any thread

int sgc_open(const char *library, sgc_info *info, sgc_error *e) {
  void *l = dlopen(library, RTLD_NOW | RTLD_LOCAL);
  if (!l) return fail(e, "%s", dlerror());
#define FIND(ret, name, args) if (!(cu.name = (ret (*) args)dlsym(l, #name))) return fail(e, "%s has no %s", library, #name);
  FUNCTIONS(FIND)
  int dev;
  TRY(cuInit(0));
  TRY(cuDeviceGet(&dev, 0));
  TRY(cuDeviceGetName(info->name, sizeof info->name, dev));
  TRY(cuDriverGetVersion(&info->version));
  TRY(cuDeviceGetAttribute(&info->multiprocessors, 16, dev));
  TRY(cuDeviceGetAttribute(&info->l2, 38, dev));
  TRY(cuDeviceGetAttribute(&info->clock_khz, 13, dev));
  TRY(cuDevicePrimaryCtxRetain(&context, dev));
  ENTER;
  size_t free, total;
  TRY(cuMemGetInfo_v2(&free, &total));
  info->free = free;
  info->total = total;
  TRY(cuStreamCreate(&stream, 0));
  TRY(cuEventCreate(&begin, 0));
  TRY(cuEventCreate(&end, 0));
  return 0;
}

int sgc_alloc(uint64_t bytes, sgc_ptr *p, sgc_error *e) {
  ENTER;
  TRY(cuMemAlloc_v2(p, bytes));
  TRY(cuMemsetD8_v2(*p, 0, bytes));
  return 0;
}
void sgc_free(sgc_ptr p) {
  cu.cuCtxSetCurrent(context);
  cu.cuMemFree_v2(p);
}
int sgc_upload(sgc_ptr to, const void *from, uint64_t bytes, sgc_error *e) {
  ENTER;
  TRY(cuMemcpyHtoD_v2(to, from, bytes));
  return 0;
}
int sgc_download(void *to, sgc_ptr from, uint64_t bytes, sgc_error *e) {
  ENTER;
  TRY(cuMemcpyDtoH_v2(to, from, bytes));
  return 0;
}

int sgc_module(const void *image, void **module, sgc_error *e) {
  ENTER;
  static char log[4096];
  log[0] = 0;
  int options[2] = {5, 6}; // CU_JIT_ERROR_LOG_BUFFER and its size
  void *values[2] = {log, (void *)sizeof log};
  R r = cu.cuModuleLoadDataEx(module, image, 2, options, values);
  if (!r) return 0;
  check(r, "cuModuleLoadDataEx", e);
  size_t n = strlen(e->text);
  snprintf(e->text + n, sizeof e->text - n, ": %s", log);
  return 1;
}
int sgc_function(void *module, const char *name, void **function, sgc_error *e) {
  ENTER;
  TRY(cuModuleGetFunction(function, module, name));
  return 0;
}

static void parameters(const sgc_launch *l, void **p) {
  for (int i = 0; i < SGC_POINTERS; i++) p[i] = (void *)&l->pointers[i];
}

int sgc_graph(const sgc_launch *l, uint32_t n, int serial, void **exec, sgc_error *e) {
  ENTER;
  H graph;
  TRY(cuGraphCreate(&graph, 0));
  H *nodes = calloc(n ? n : 1, sizeof *nodes);
  R r = 0;
  uint32_t from = 0; // where the launches that all of a group wait for begin
  for (uint32_t i = 0; i < n && !r; i++) {
    void *p[SGC_POINTERS];
    parameters(&l[i], p);
    node_params k = {.func = l[i].function, .params = p};
    memcpy(k.grid, l[i].grid, sizeof k.grid);
    memcpy(k.block, l[i].group, sizeof k.block);
    uint32_t to = serial ? i : l[i].waits;
    if (serial) from = i ? i - 1 : 0;
    else if (i && to != l[i - 1].waits) from = l[i - 1].waits;
    r = cu.cuGraphAddKernelNode_v2(&nodes[i], graph, nodes + from, to - from, &k);
  }
  free(nodes);
  int bad = check(r, "cuGraphAddKernelNode", e) || check(cu.cuGraphInstantiateWithFlags(exec, graph, 0), "cuGraphInstantiate", e);
  cu.cuGraphDestroy(graph);
  return bad;
}
void sgc_graph_free(void *exec) {
  cu.cuCtxSetCurrent(context);
  cu.cuGraphExecDestroy(exec);
}

static int timed(double *seconds, sgc_error *e) {
  float ms;
  TRY(cuEventRecord(end, stream));
  TRY(cuEventSynchronize(end));
  TRY(cuStreamSynchronize(stream));
  TRY(cuEventElapsedTime(&ms, begin, end));
  *seconds = ms / 1e3;
  return 0;
}
int sgc_graph_run(void *exec, uint32_t times, double *seconds, sgc_error *e) {
  ENTER;
  TRY(cuEventRecord(begin, stream));
  for (uint32_t i = 0; i < times; i++) TRY(cuGraphLaunch(exec, stream));
  return timed(seconds, e);
}
int sgc_launch_one(const sgc_launch *l, uint32_t times, double *seconds, sgc_error *e) {
  ENTER;
  void *p[SGC_POINTERS];
  parameters(l, p);
  TRY(cuEventRecord(begin, stream));
  for (uint32_t i = 0; i < times; i++)
    TRY(cuLaunchKernel(l->function, l->grid[0], l->grid[1], l->grid[2], l->group[0], l->group[1], l->group[2], 0, stream, p, NULL));
  return timed(seconds, e);
}
int sgc_copy(sgc_ptr to, sgc_ptr from, uint64_t bytes, sgc_error *e) {
  double s;
  return sgc_copy_time(to, from, bytes, 1, &s, e);
}
int sgc_copy_time(sgc_ptr to, sgc_ptr from, uint64_t bytes, uint32_t times, double *seconds, sgc_error *e) {
  ENTER;
  TRY(cuEventRecord(begin, stream));
  for (uint32_t i = 0; i < times; i++) TRY(cuMemcpyDtoDAsync_v2(to, from, bytes, stream));
  return timed(seconds, e);
}
