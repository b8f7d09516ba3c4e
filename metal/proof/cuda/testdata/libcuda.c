// A CUDA driver without a GPU, for tests: it keeps memory, knows which kernels a module has, and writes down what is launched instead of
// running it. sgp_scale_* alone copies the first number of its input to its output.
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

typedef int R;
typedef void *H;
typedef struct { H func; unsigned grid[3], block[3], shared; void **params, **extra; H kern, ctx; } node_params;
typedef struct { const unsigned char *data; size_t size; } module;
typedef struct node { const char *name; unsigned grid[3], block[3]; uint64_t p[12]; size_t index, deps[64], ndeps; struct node *next; } node;
typedef struct { node *first, *last; size_t count; } graph;

enum { LARGE = 64 << 20 }; // allocations beyond are only addresses
static int current, broken;
static struct { uint64_t at; size_t size; } blocks[1 << 16];
static size_t nblocks;

static size_t size_of(uint64_t at) {
  for (size_t i = 0; i < nblocks; i++) if (at >= blocks[i].at && at < blocks[i].at + blocks[i].size) return blocks[i].size;
  return 0;
}
static R usable(uint64_t at, size_t n) {
  if (!current) return 201; // CUDA_ERROR_INVALID_CONTEXT
  if (broken) return 700;   // CUDA_ERROR_ILLEGAL_ADDRESS, from now on
  for (size_t i = 0; i < nblocks; i++) if (at >= blocks[i].at && at + n <= blocks[i].at + blocks[i].size) return 0;
  return 1;
}
static void put(const node *n) {
  const char *path = getenv("FAKE_CUDA_LOG");
  FILE *f = path ? fopen(path, "a") : NULL;
  if (f) {
    fprintf(f, "%s grid %u %u %u group %u %u %u after", n->name, n->grid[0], n->grid[1], n->grid[2], n->block[0], n->block[1], n->block[2]);
    for (size_t i = 0; i < n->ndeps; i++) fprintf(f, " %zu", n->deps[i]);
    fprintf(f, "\n");
    fclose(f);
  }
}
static R launch(const node *n) {
  const char *fail = getenv("FAKE_CUDA_FAIL");
  put(n);
  if (broken || (fail && strstr(n->name, fail))) { broken = 1; return 700; }
  if (!strncmp(n->name, "sgp_scale_", 10) && size_of(n->p[0]) < LARGE) memcpy((void *)n->p[1], (void *)n->p[0], 4);
  return 0;
}

R cuInit(unsigned f) { return 0; }
R cuDeviceGet(int *d, int i) { return *d = 0, 0; }
R cuDeviceGetName(char *s, int n, int d) { return snprintf(s, n, "fake"), 0; }
R cuDeviceGetAttribute(int *v, int a, int d) { return *v = a, 0; }
R cuDriverGetVersion(int *v) { return *v = 13000, 0; }
R cuDevicePrimaryCtxRetain(H *c, int d) { return *c = (H)1, 0; }
R cuCtxSetCurrent(H c) { return current = c == (H)1, 0; }
R cuGetErrorName(R r, const char **s) { return *s = r == 700 ? "CUDA_ERROR_ILLEGAL_ADDRESS" : r == 500 ? "CUDA_ERROR_NOT_FOUND" : "CUDA_ERROR", 0; }
R cuMemGetInfo_v2(size_t *f, size_t *t) { return *f = *t = (size_t)140 << 30, 0; }
R cuMemAlloc_v2(uint64_t *p, size_t n) {
  if (broken) return 700;
  void *m = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  size_t i = 0;
  while (i < nblocks && blocks[i].size) i++;
  if (m == MAP_FAILED || i == sizeof blocks / sizeof *blocks) return 2;
  if (i == nblocks) nblocks++;
  blocks[i].at = *p = (uint64_t)m;
  blocks[i].size = n;
  return 0;
}
R cuMemFree_v2(uint64_t p) {
  for (size_t i = 0; i < nblocks; i++) if (blocks[i].at == p && blocks[i].size) { munmap((void *)p, blocks[i].size); blocks[i].at = blocks[i].size = 0; return 0; }
  return 1;
}
R cuMemsetD8_v2(uint64_t p, unsigned char v, size_t n) { return usable(p, n); }
R cuMemcpyHtoD_v2(uint64_t p, const void *s, size_t n) { R r = usable(p, n); if (!r && size_of(p) < LARGE) memcpy((void *)p, s, n); return r; }
R cuMemcpyDtoH_v2(void *d, uint64_t p, size_t n) { R r = usable(p, n); if (!r && size_of(p) < LARGE) memcpy(d, (void *)p, n); return r; }
R cuMemcpyDtoDAsync_v2(uint64_t d, uint64_t s, size_t n, H q) { R r = usable(d, n); return r ? r : usable(s, n); }
R cuModuleLoadDataEx(H *m, const void *image, unsigned n, int *o, void **v) {
  module *x = malloc(sizeof *x);
  const unsigned char *b = image;
  x->size = memcmp(b, "\177ELF", 4) ? strlen(image) : *(uint64_t *)(b + 40) + (size_t)*(uint16_t *)(b + 58) * *(uint16_t *)(b + 60);
  if (!x->size) return 200; // CUDA_ERROR_INVALID_IMAGE
  unsigned char *copy = malloc(x->size);
  x->data = memcpy(copy, image, x->size);
  return *m = x, 0;
}
R cuModuleGetFunction(H *f, H m, const char *name) {
  module *x = m;
  size_t n = strlen(name);
  for (const unsigned char *p = x->data, *end = p + x->size; (p = memmem(p, end - p, name, n)); p += n)
    if (p[n] == 0 || p[n] == '(') return *f = strdup(name), 0;
  return 500;
}
R cuStreamCreate(H *s, unsigned f) { return *s = (H)2, 0; }
R cuStreamSynchronize(H s) { return broken ? 700 : 0; }
R cuEventCreate(H *e, unsigned f) { return *e = (H)3, 0; }
R cuEventRecord(H e, H s) { return broken ? 700 : 0; }
R cuEventSynchronize(H e) { return broken ? 700 : 0; }
R cuEventElapsedTime(float *ms, H a, H b) { return *ms = 50, 0; }
R cuLaunchKernel(H f, unsigned a, unsigned b, unsigned c, unsigned x, unsigned y, unsigned z, unsigned shared, H s, void **p, void **extra) {
  node n = {.name = f, .grid = {a, b, c}, .block = {x, y, z}};
  for (int i = 0; i < 12; i++) n.p[i] = *(uint64_t *)p[i];
  return launch(&n);
}
R cuGraphCreate(H *g, unsigned f) { return *g = calloc(1, sizeof(graph)), 0; }
R cuGraphAddKernelNode_v2(H *out, H g, const H *deps, size_t ndeps, const node_params *k) {
  graph *x = g;
  node *n = calloc(1, sizeof *n);
  n->name = k->func;
  memcpy(n->grid, k->grid, sizeof n->grid);
  memcpy(n->block, k->block, sizeof n->block);
  for (int i = 0; i < 12; i++) n->p[i] = *(uint64_t *)k->params[i];
  for (size_t i = 0; i < ndeps && i < 64; i++) n->deps[n->ndeps++] = ((node *)deps[i])->index;
  n->index = x->count++;
  if (x->last) x->last->next = n; else x->first = n;
  x->last = n;
  return *out = n, 0;
}
R cuGraphInstantiateWithFlags(H *e, H g, unsigned long long f) { graph *x = malloc(sizeof *x); return *x = *(graph *)g, *e = x, 0; }
R cuGraphLaunch(H e, H s) {
  for (node *n = ((graph *)e)->first; n; n = n->next) if (launch(n)) return 0; // the error shows at the next call
  return 0;
}
R cuGraphExecDestroy(H e) { return 0; }
R cuGraphDestroy(H g) { return 0; }
