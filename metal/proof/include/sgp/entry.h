// How a kernel is entered: each parameter gets what its attribute names.
#pragma clang system_header
namespace sgp {
enum Kind { Buffer, Memory, PositionInGrid, GridSize, PositionInGroup, GroupSize, GroupPosition, Groups, IndexInGroup, Lane, SimdgroupIndex, Simdgroups, SimdgroupSize };
struct Bind { Kind kind; int index; };
#if defined(__NVPTX__)
struct Arguments { void *buffer[12]; void *memory[1]; };
SGP_INLINE uint coordinate(Kind k, int d) {
  const uint t = d == 0 ? __nvvm_read_ptx_sreg_tid_x() : d == 1 ? __nvvm_read_ptx_sreg_tid_y() : __nvvm_read_ptx_sreg_tid_z();
  const uint b = d == 0 ? __nvvm_read_ptx_sreg_ctaid_x() : d == 1 ? __nvvm_read_ptx_sreg_ctaid_y() : __nvvm_read_ptx_sreg_ctaid_z();
  const uint size = d == 0 ? __nvvm_read_ptx_sreg_ntid_x() : d == 1 ? __nvvm_read_ptx_sreg_ntid_y() : __nvvm_read_ptx_sreg_ntid_z();
  const uint n = d == 0 ? __nvvm_read_ptx_sreg_nctaid_x() : d == 1 ? __nvvm_read_ptx_sreg_nctaid_y() : __nvvm_read_ptx_sreg_nctaid_z();
#else
SGP_INLINE uint coordinate(Kind k, int d) {
  const uint t = sgp_current->position[d], b = sgp_current->group[d], size = sgp_current->group_size[d], n = sgp_current->groups[d];
#endif
  switch (k) {
  case PositionInGrid: return b * size + t;
  case GridSize: return n * size;
  case PositionInGroup: return t;
  case GroupSize: return size;
  case GroupPosition: return b;
  default: return n;
  }
}
SGP_INLINE uint scalar(Kind k) {
  const uint x = coordinate(GroupSize, 0), y = coordinate(GroupSize, 1), n = x * y * coordinate(GroupSize, 2);
  const uint t = coordinate(PositionInGroup, 0) + x * (coordinate(PositionInGroup, 1) + y * coordinate(PositionInGroup, 2));
  switch (k) {
  case IndexInGroup: return t;
  case Lane: return t & 31;
  case SimdgroupIndex: return t >> 5;
  case Simdgroups: return (n + 31) / 32;
  default: return 32;
  }
}
template <class P> struct Argument {
  SGP_INLINE static P get(const Arguments &, Bind b) {
    if constexpr (of<P>::n == 1) return P(b.kind >= IndexInGroup ? scalar(b.kind) : coordinate(b.kind, 0));
    else { P r; for (int i = 0; i < of<P>::n; i++) r[i] = coordinate(b.kind, i); return r; }
  }
};
template <class P> struct Argument<P *> { SGP_INLINE static P *get(const Arguments &a, Bind b) { return (P *)(b.kind == Memory ? a.memory[b.index] : a.buffer[b.index]); } };
template <class P> struct Argument<P &> { SGP_INLINE static P &get(const Arguments &a, Bind b) { return *(P *)a.buffer[b.index]; } };
template <class T, T... I> struct sequence {};
template <class F> struct Call;
template <class... P> struct Call<void (*)(P...)> {
  template <unsigned... I> SGP_CONVERGENT SGP_INLINE static void run(void (*f)(P...), const Arguments &a, const Bind *b, sequence<unsigned, I...>) { f(Argument<P>::get(a, b[I])...); }
  SGP_CONVERGENT SGP_INLINE static void call(void (*f)(P...), const Arguments &a, const Bind *b) { run(f, a, b, __make_integer_seq<sequence, unsigned, sizeof...(P)>()); }
};
// Parameter is the type of a kernel's parameter i, which is a reference to arguments.
template <class T> struct Referred { typedef T type; };
template <class T> struct Referred<const SGP_SPACE(2) T &> { typedef T type; };
template <unsigned i, class P, class... R> struct Pick { typedef typename Pick<i - 1, R...>::type type; };
template <class P, class... R> struct Pick<0, P, R...> { typedef typename Referred<P>::type type; };
template <class F, unsigned i> struct Parameter;
template <unsigned i, class... P> struct Parameter<void (*)(P...), i> { typedef typename Pick<i, P...>::type type; };
} // namespace sgp
#define SGP_NAME(...) __VA_ARGS__
#define SGP_CALL(host, fn, a) sgp::Call<decltype(&SGP_NAME fn)>::call(&SGP_NAME fn, a, sgp_bind_##host)
#if defined(__NVPTX__)
extern "C" __attribute__((aligned(16))) __attribute__((address_space(3))) char sgp_memory[];
#define SGP_P(i) char SGP_SPACE(1) * b##i
#define SGP_ENTRY(host, fn) extern "C" __attribute__((nvptx_kernel)) void sgp_##host(SGP_P(0), SGP_P(1), SGP_P(2), SGP_P(3), SGP_P(4), SGP_P(5), SGP_P(6), SGP_P(7), SGP_P(8), SGP_P(9), SGP_P(10), SGP_P(11)) { \
  const sgp::Arguments a = {{(void *)b0, (void *)b1, (void *)b2, (void *)b3, (void *)b4, (void *)b5, (void *)b6, (void *)b7, (void *)b8, (void *)b9, (void *)b10, (void *)b11}, {(void *)&sgp_memory[0]}}; \
  SGP_CALL(host, fn, a); }
#define SGP_TABLE(...)
#else
#define SGP_ENTRY(host, fn) static void sgp_run_##host(const sgp::Arguments &a) { SGP_CALL(host, fn, a); }
#define SGP_TABLE(...) extern "C" { extern const sgp::Entry sgp_table[]; const sgp::Entry sgp_table[] = {__VA_ARGS__ {nullptr, nullptr, 0, 0}}; }
#endif
