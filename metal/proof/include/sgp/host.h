// Threads and simdgroups of the executor: every GPU thread is a fiber, which switches only here.
#pragma clang system_header
#include "thread.h"
#define SGP_UNCHECKED __attribute__((no_sanitize("thread"))) // the executor's own memory
namespace sgp {
SGP_INLINE uint lane() { return sgp_current->lane; }
// gather puts v into this lane's slot and waits for the others.
template <class T> SGP_CONVERGENT SGP_INLINE uint gather(T v, void (*combine)(Simdgroup *, uint) = nullptr) {
  static_assert(sizeof(T) <= 16, "an exchange of at most 16 bytes");
  Simdgroup *s = sgp_current->simdgroup;
  __builtin_memcpy(s->slot[s->phase & 1][sgp_current->lane], &v, sizeof v);
  return sgp_arrive(combine);
}
template <class T> SGP_INLINE T at(const char *p) { T v; __builtin_memcpy(&v, p, sizeof v); return v; }
template <class T> SGP_CONVERGENT SGP_INLINE T shuffle(T v, uint from) {
  const uint phase = gather(v);
  Simdgroup *s = sgp_current->simdgroup;
  if (from > 31 || (s->inactive >> from & 1)) { sgp_fault("a simd shuffle reads a lane that is not there"); return v; }
  return at<T>(s->slot[phase][from]);
}
// combined reduces the slots as a butterfly does; lanes that are not there are left out.
template <class T, class Op> SGP_UNCHECKED void combined(Simdgroup *s, uint phase) {
  T a[32], r = T(0);
  bool any = false;
  for (int i = 0; i < 32; i++) __builtin_memcpy(&a[i], s->slot[phase][i], sizeof(T));
  if (s->inactive == 0) {
    for (int w = 16; w; w >>= 1) for (int i = 0; i < w; i++) a[i] = Op()(a[i], a[i + w]);
    r = a[0];
  } else for (int i = 0; i < 32; i++) if (!(s->inactive >> i & 1)) { r = any ? Op()(r, a[i]) : a[i]; any = true; }
  __builtin_memcpy(s->out[phase], &r, sizeof r);
}
template <class T, class Op> SGP_CONVERGENT SGP_INLINE T reduce(T v, Op) {
  const uint phase = gather(v, &combined<T, Op>);
  return at<T>(sgp_current->simdgroup->out[phase]);
}
} // namespace sgp
namespace metal {
SGP_CONVERGENT SGP_INLINE void threadgroup_barrier(mem_flags f) { sgp_barrier(uint(f)); }
SGP_CONVERGENT SGP_INLINE void simdgroup_barrier(mem_flags f) { sgp_simdgroup_barrier(uint(f)); }
} // namespace metal
#define SGP_MATH(name) __builtin_##name##f
namespace sgp {
SGP_INLINE float rsqrt(float x) { return 1.0f / __builtin_sqrtf(x); }
SGP_INLINE float fast_exp(float x) { return __builtin_expf(x); }
} // namespace sgp
