// Address spaces, numbers and vectors.
#pragma clang system_header
#define SGP_SPACE(n) __attribute__((address_space(n)))
#define device SGP_SPACE(1)
#define constant const SGP_SPACE(2)
#define threadgroup SGP_SPACE(3)
#define thread
#define kernel
#define SGP_GROUP __attribute__((loader_uninitialized)) static SGP_SPACE(3) // a threadgroup variable
#define SGP_INLINE __attribute__((always_inline)) inline
#define SGP_CONVERGENT __attribute__((convergent))

typedef unsigned char uchar;
typedef unsigned short ushort;
typedef unsigned int uint;
typedef unsigned long ulong;
typedef unsigned char uint8_t;
typedef signed char int8_t;
typedef unsigned short uint16_t;
typedef short int16_t;
typedef unsigned int uint32_t;
typedef int int32_t;
typedef unsigned long uint64_t;
typedef long int64_t;
typedef unsigned long size_t;
typedef long ptrdiff_t;
typedef _Float16 half;
#if __METAL_VERSION__ >= 310
typedef __bf16 bfloat;
#define SGP_BFLOAT(X) X(bfloat)
#else
#define SGP_BFLOAT(X)
#endif
constexpr half operator""h(long double x) { return (half)x; }
#define INFINITY __builtin_inff()
#define NAN __builtin_nanf("")
#define FLT_MAX 3.402823466e+38f
#define HALF_MAX ((half)65504.0f)
#define M_PI_F 3.14159265358979323846f
#define M_1_PI_F 0.318309886183790671538f
#define M_2_SQRTPI_F 1.12837916709551257390f
#define M_SQRT1_2_F 0.707106781186547524401f
#define M_LOG2E_F 1.44269504088896340736f
#define M_LN2_F 0.693147180559945309417f

// Vectors of 64-bit numbers end at two: the checker sees accesses of up to 16 bytes.
#define SGP_VECTOR2(T) typedef T T##2 __attribute__((ext_vector_type(2)));
#define SGP_VECTOR(T) SGP_VECTOR2(T) typedef T T##3 __attribute__((ext_vector_type(3))); typedef T T##4 __attribute__((ext_vector_type(4)));
#define SGP_EACH(X) X(char) X(uchar) X(short) X(ushort) X(int) X(uint) X(half) X(float) X(bool) SGP_BFLOAT(X)
#define SGP_EACH2(X) X(long) X(ulong)
SGP_EACH(SGP_VECTOR) SGP_EACH2(SGP_VECTOR2)

namespace sgp {
template <class V> struct of { static constexpr int n = 1; using t = V; };
template <class T, int N> struct vector;
#define SGP_OF2(T) template <> struct of<T##2> { static constexpr int n = 2; using t = T; }; template <> struct vector<T, 2> { using t = T##2; };
#define SGP_OF(T) SGP_OF2(T) \
  template <> struct of<T##3> { static constexpr int n = 3; using t = T; }; template <> struct vector<T, 3> { using t = T##3; }; \
  template <> struct of<T##4> { static constexpr int n = 4; using t = T; }; template <> struct vector<T, 4> { using t = T##4; };
SGP_EACH(SGP_OF) SGP_EACH2(SGP_OF2)
template <class... A> struct count { static constexpr int n = (0 + ... + of<A>::n); };
template <class V, class A> SGP_INLINE void put(V &r, int &i, A a) {
  if constexpr (of<A>::n == 1) r[i++] = (typename of<V>::t)a;
  else for (int j = 0; j < of<A>::n; j++) r[i++] = (typename of<V>::t)a[j];
}
// make is the constructor of vector V: float4(xy, z, w), half4(float4), float4(0).
template <class V, class... A> SGP_INLINE V make(A... a) {
  if constexpr (sizeof...(A) == 0) return V(0);
  else if constexpr (count<A...>::n == 1) { V r; ((r = (V)(typename of<V>::t)a), ...); return r; }
  else { static_assert(count<A...>::n == of<V>::n, "wrong number of components"); V r; int i = 0; (put(r, i, a), ...); return r; }
}
template <bool B, class T = void> struct enable {};
template <class T> struct enable<true, T> { typedef T type; };
template <class A, class B> struct same { static constexpr bool value = false; };
template <class A> struct same<A, A> { static constexpr bool value = true; };
template <bool B, class X, class Y> struct either { typedef X type; };
template <class X, class Y> struct either<false, X, Y> { typedef Y type; };
} // namespace sgp
template <class D, class S> SGP_INLINE D as_type(S s) { static_assert(sizeof(D) == sizeof(S), "as_type: want the same size"); return __builtin_bit_cast(D, s); }
namespace metal {
template <class T, int N> using vec = typename sgp::vector<T, N>::t;
template <bool B, class T = void> using enable_if_t = typename sgp::enable<B, T>::type;
template <bool B, class X, class Y> using conditional_t = typename sgp::either<B, X, Y>::type;
template <class A, class B> constexpr bool is_same_v = sgp::same<A, B>::value;
template <class A, class B> using is_same = sgp::same<A, B>;
template <class T> struct numeric_limits;
template <> struct numeric_limits<float> {
  static constexpr float max() { return FLT_MAX; }
  static constexpr float lowest() { return -FLT_MAX; }
  static constexpr float infinity() { return __builtin_inff(); }
};
template <> struct numeric_limits<half> {
  static constexpr half max() { return HALF_MAX; }
  static constexpr half lowest() { return -HALF_MAX; }
};
template <> struct numeric_limits<uint> { static constexpr uint max() { return 0xffffffffu; } static constexpr uint min() { return 0; } };
template <> struct numeric_limits<int> { static constexpr int max() { return 0x7fffffff; } static constexpr int min() { return -0x7fffffff - 1; } };
enum class mem_flags : uint { mem_none = 0, mem_device = 1, mem_threadgroup = 2, mem_texture = 4, mem_threadgroup_imageblock = 8 };
constexpr mem_flags operator|(mem_flags a, mem_flags b) { return mem_flags(uint(a) | uint(b)); }
} // namespace metal
