// Threads and simdgroups of an NVIDIA GPU: a simdgroup is a warp.
#pragma clang system_header
namespace sgp {
SGP_INLINE uint lane() { return __nvvm_read_ptx_sreg_laneid(); }
SGP_CONVERGENT SGP_INLINE uint word(uint v, uint from) { return (uint)__nvvm_shfl_sync_idx_i32(0xffffffffu, (int)v, (int)from, 31); }
template <class T> SGP_CONVERGENT SGP_INLINE T shuffle(T v, uint from) {
  if constexpr (sizeof(T) == 2) return as_type<T>((ushort)word(as_type<ushort>(v), from));
  else if constexpr (sizeof(T) == 8) { uint2 u = as_type<uint2>(v), r; r.x = word(u.x, from); r.y = word(u.y, from); return as_type<T>(r); }
  else return as_type<T>(word(as_type<uint>(v), from));
}
template <class T, class Op> SGP_CONVERGENT SGP_INLINE T reduce(T v, Op op) {
  for (uint m = 16; m; m >>= 1) v = op(v, shuffle(v, lane() ^ m));
  return v;
}
} // namespace sgp
namespace metal {
SGP_CONVERGENT SGP_INLINE void threadgroup_barrier(mem_flags) { __syncthreads(); }
SGP_CONVERGENT SGP_INLINE void simdgroup_barrier(mem_flags) { __nvvm_bar_warp_sync(0xffffffffu); }
} // namespace metal
extern "C" {
float __nv_expf(float); float __nv_exp2f(float); float __nv_exp10f(float); float __nv_logf(float); float __nv_log2f(float); float __nv_log10f(float);
float __nv_sinf(float); float __nv_cosf(float); float __nv_tanf(float); float __nv_sinhf(float); float __nv_coshf(float); float __nv_tanhf(float);
float __nv_asinf(float); float __nv_acosf(float); float __nv_atanf(float); float __nv_atan2f(float, float); float __nv_powf(float, float); float __nv_fmodf(float, float);
float __nv_rsqrtf(float);
}
#define SGP_MATH(name) __nv_##name##f
namespace sgp {
SGP_INLINE float rsqrt(float x) { return __nv_rsqrtf(x); }
SGP_INLINE float fast_exp(float x) { return __nvvm_ex2_approx_f(x * M_LOG2E_F); }
} // namespace sgp
