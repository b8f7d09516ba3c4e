// Functions of a simdgroup. All its threads must come to the same call together: Metal lets some stay away, kernels here do not.
#pragma clang system_header
namespace sgp {
struct Add { template <class T> SGP_INLINE T operator()(T a, T b) const { return a + b; } };
struct Mul { template <class T> SGP_INLINE T operator()(T a, T b) const { return a * b; } };
struct Max { template <class T> SGP_INLINE T operator()(T a, T b) const { return metal::max(a, b); } };
struct Min { template <class T> SGP_INLINE T operator()(T a, T b) const { return metal::min(a, b); } };
struct And { template <class T> SGP_INLINE T operator()(T a, T b) const { return a & b; } };
struct Or { template <class T> SGP_INLINE T operator()(T a, T b) const { return a | b; } };
struct Xor { template <class T> SGP_INLINE T operator()(T a, T b) const { return a ^ b; } };
} // namespace sgp
namespace metal {
#define SGP_REDUCE(name, op) template <class T> SGP_CONVERGENT SGP_INLINE T name(T v) { return sgp::reduce(v, sgp::op()); }
SGP_REDUCE(simd_sum, Add) SGP_REDUCE(simd_product, Mul) SGP_REDUCE(simd_max, Max) SGP_REDUCE(simd_min, Min)
SGP_REDUCE(simd_and, And) SGP_REDUCE(simd_or, Or) SGP_REDUCE(simd_xor, Xor)
SGP_CONVERGENT SGP_INLINE bool simd_any(bool v) { return sgp::reduce(uint(v), sgp::Or()) != 0; }
SGP_CONVERGENT SGP_INLINE bool simd_all(bool v) { return sgp::reduce(uint(v), sgp::And()) != 0; }
template <class T> SGP_CONVERGENT SGP_INLINE T simd_shuffle(T v, ushort from) { return sgp::shuffle(v, from); }
template <class T> SGP_CONVERGENT SGP_INLINE T simd_broadcast(T v, ushort from) { return sgp::shuffle(v, from); }
template <class T> SGP_CONVERGENT SGP_INLINE T simd_shuffle_xor(T v, ushort mask) { return sgp::shuffle(v, sgp::lane() ^ mask); }
// Reading past an end of the simdgroup is undefined in Metal, and a fault here.
template <class T> SGP_CONVERGENT SGP_INLINE T simd_shuffle_down(T v, ushort d) { return sgp::shuffle(v, sgp::lane() + d); }
template <class T> SGP_CONVERGENT SGP_INLINE T simd_shuffle_up(T v, ushort d) { return sgp::shuffle(v, sgp::lane() - d); }
template <class T> SGP_CONVERGENT SGP_INLINE T simd_shuffle_rotate_down(T v, ushort d) { return sgp::shuffle(v, (sgp::lane() + d) & 31); }
template <class T> SGP_CONVERGENT SGP_INLINE T simd_shuffle_rotate_up(T v, ushort d) { return sgp::shuffle(v, (sgp::lane() - d) & 31); }
template <class T> SGP_CONVERGENT SGP_INLINE T simd_prefix_inclusive_sum(T v) {
  for (uint d = 1; d < 32; d <<= 1) { const T w = sgp::shuffle(v, sgp::lane() >= d ? sgp::lane() - d : sgp::lane()); v = sgp::lane() >= d ? v + w : v; }
  return v;
}
template <class T> SGP_CONVERGENT SGP_INLINE T simd_prefix_exclusive_sum(T v) { return simd_prefix_inclusive_sum(v) - v; }
} // namespace metal
