// Mathematical functions. Metal has no erf, expm1, log1p or cbrt.
#pragma clang system_header
namespace metal {
#define SGP_F1(name, expr) \
  SGP_INLINE float name(float x) { return expr; } \
  SGP_INLINE half name(half h) { float x = h; return (half)(expr); } \
  SGP_INLINE float2 name(float2 v) { float2 r; for (int i = 0; i < 2; i++) r[i] = name(v[i]); return r; } \
  SGP_INLINE float3 name(float3 v) { float3 r; for (int i = 0; i < 3; i++) r[i] = name(v[i]); return r; } \
  SGP_INLINE float4 name(float4 v) { float4 r; for (int i = 0; i < 4; i++) r[i] = name(v[i]); return r; }
#define SGP_FUNCTIONS(exp_) \
  SGP_F1(exp, exp_) SGP_F1(exp2, SGP_MATH(exp2)(x)) SGP_F1(log, SGP_MATH(log)(x)) SGP_F1(log2, SGP_MATH(log2)(x)) SGP_F1(log10, SGP_MATH(log10)(x)) \
  SGP_F1(rsqrt, sgp::rsqrt(x)) SGP_F1(sqrt, __builtin_sqrtf(x)) SGP_F1(sin, SGP_MATH(sin)(x)) SGP_F1(cos, SGP_MATH(cos)(x)) SGP_F1(tan, SGP_MATH(tan)(x)) \
  SGP_F1(sinh, SGP_MATH(sinh)(x)) SGP_F1(cosh, SGP_MATH(cosh)(x)) SGP_F1(tanh, SGP_MATH(tanh)(x)) SGP_F1(asin, SGP_MATH(asin)(x)) SGP_F1(acos, SGP_MATH(acos)(x)) SGP_F1(atan, SGP_MATH(atan)(x)) \
  SGP_F1(abs, __builtin_fabsf(x)) SGP_F1(fabs, __builtin_fabsf(x)) SGP_F1(floor, __builtin_floorf(x)) SGP_F1(ceil, __builtin_ceilf(x)) SGP_F1(trunc, __builtin_truncf(x)) \
  SGP_F1(rint, __builtin_rintf(x)) SGP_F1(round, __builtin_roundf(x)) SGP_F1(fract, x - __builtin_floorf(x)) SGP_F1(saturate, x < 0.0f ? 0.0f : x > 1.0f ? 1.0f : x) \
  SGP_F1(sign, x > 0.0f ? 1.0f : x < 0.0f ? -1.0f : 0.0f) \
  SGP_INLINE float pow(float a, float b) { return SGP_MATH(pow)(a, b); } \
  SGP_INLINE float powr(float a, float b) { return SGP_MATH(pow)(a, b); } \
  SGP_INLINE float atan2(float a, float b) { return SGP_MATH(atan2)(a, b); } \
  SGP_INLINE float fmod(float a, float b) { return SGP_MATH(fmod)(a, b); } \
  SGP_INLINE float divide(float a, float b) { return a / b; }
namespace precise { SGP_FUNCTIONS(SGP_MATH(exp)(x)) }
namespace fast { SGP_FUNCTIONS(sgp::fast_exp(x)) }
using namespace precise;
SGP_INLINE int abs(int x) { return x < 0 ? -x : x; }
SGP_INLINE float copysign(float a, float b) { return __builtin_copysignf(a, b); }
SGP_INLINE float ldexp(float x, int e) { return x * as_type<float>(uint(e + 127) << 23); }
SGP_INLINE float fma(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
SGP_INLINE float4 fma(float4 a, float4 b, float4 c) { float4 r; for (int i = 0; i < 4; i++) r[i] = __builtin_fmaf(a[i], b[i], c[i]); return r; }
// min and max of floats return the other operand where one is NaN. Operands of different types are ambiguous, as they are in Metal.
#define SGP_ORDER(T) SGP_INLINE T min(T a, T b) { return b < a ? b : a; } SGP_INLINE T max(T a, T b) { return a < b ? b : a; } \
  SGP_INLINE T clamp(T x, T lo, T hi) { return metal::min(metal::max(x, lo), hi); }
SGP_INLINE float fmin(float a, float b) { return __builtin_fminf(a, b); }
SGP_INLINE float fmax(float a, float b) { return __builtin_fmaxf(a, b); }
SGP_INLINE float min(float a, float b) { return __builtin_fminf(a, b); }
SGP_INLINE float max(float a, float b) { return __builtin_fmaxf(a, b); }
SGP_INLINE float clamp(float x, float lo, float hi) { return metal::min(metal::max(x, lo), hi); }
SGP_ORDER(half) SGP_ORDER(int) SGP_ORDER(uint) SGP_ORDER(short) SGP_ORDER(ushort) SGP_ORDER(long) SGP_ORDER(ulong) SGP_ORDER(char) SGP_ORDER(uchar)
#define SGP_ORDER_VECTOR(V) SGP_INLINE V min(V a, V b) { V r; for (int i = 0; i < sgp::of<V>::n; i++) r[i] = metal::min(a[i], b[i]); return r; } \
  SGP_INLINE V max(V a, V b) { V r; for (int i = 0; i < sgp::of<V>::n; i++) r[i] = metal::max(a[i], b[i]); return r; }
SGP_ORDER_VECTOR(float2) SGP_ORDER_VECTOR(float4) SGP_ORDER_VECTOR(uint2) SGP_ORDER_VECTOR(uint4) SGP_ORDER_VECTOR(int2) SGP_ORDER_VECTOR(int4)
SGP_INLINE float max3(float a, float b, float c) { return max(max(a, b), c); }
SGP_INLINE float min3(float a, float b, float c) { return min(min(a, b), c); }
SGP_INLINE bool isnan(float x) { return (as_type<uint>(x) & 0x7fffffffu) > 0x7f800000u; }
SGP_INLINE bool isinf(float x) { return (as_type<uint>(x) & 0x7fffffffu) == 0x7f800000u; }
SGP_INLINE bool isfinite(float x) { return (as_type<uint>(x) & 0x7fffffffu) < 0x7f800000u; }
SGP_INLINE float mix(float a, float b, float t) { return a + (b - a) * t; }
template <class V> SGP_INLINE auto dot(V a, V b) -> typename sgp::of<V>::t { typename sgp::of<V>::t r = 0; for (int i = 0; i < sgp::of<V>::n; i++) r += a[i] * b[i]; return r; }
template <class V> SGP_INLINE V select(V a, V b, bool c) { return c ? b : a; }
SGP_INLINE uint popcount(uint x) { return __builtin_popcount(x); }
SGP_INLINE uint clz(uint x) { return x ? __builtin_clz(x) : 32; }
SGP_INLINE uint ctz(uint x) { return x ? __builtin_ctz(x) : 32; }
SGP_INLINE uint mulhi(uint a, uint b) { return uint((ulong(a) * ulong(b)) >> 32); }
SGP_INLINE uint extract_bits(uint x, uint offset, uint bits) { return bits ? x << (32 - offset - bits) >> (32 - bits) : 0; }
} // namespace metal
