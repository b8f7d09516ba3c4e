// simdgroup_matrix: 8x8 numbers over the lanes, two in each. Which lane holds what is Metal's secret: kernels must not ask.
#pragma clang system_header
namespace metal {
template <class T, int Cols, int Rows = Cols> struct simdgroup_matrix {
  static_assert(Cols == 8 && Rows == 8, "simdgroup_matrix is 8x8");
  typedef T pair __attribute__((ext_vector_type(2)));
  pair sgp_e;
  SGP_INLINE simdgroup_matrix() {}
  SGP_INLINE explicit simdgroup_matrix(T diagonal) { for (int i = 0; i < 2; i++) sgp_e[i] = sgp_row() == sgp_col() + i ? diagonal : T(0); }
#if defined(__NVPTX__) // the layout of NVIDIA's m8n8 fragments
  SGP_INLINE static uint sgp_row() { return sgp::lane() >> 2; }
  SGP_INLINE static uint sgp_col() { return (sgp::lane() & 3) * 2; }
#else // another, so that a kernel which relies on either is found out
  SGP_INLINE static uint sgp_row() { return sgp::lane() & 7; }
  SGP_INLINE static uint sgp_col() { return sgp::lane() / 8 * 2; }
#endif
};
typedef simdgroup_matrix<float, 8, 8> simdgroup_float8x8;
typedef simdgroup_matrix<half, 8, 8> simdgroup_half8x8;
#if __METAL_VERSION__ >= 310
typedef simdgroup_matrix<bfloat, 8, 8> simdgroup_bfloat8x8;
#endif
template <class T, int C, int R = C> SGP_INLINE simdgroup_matrix<T, C, R> make_filled_simdgroup_matrix(T v) { simdgroup_matrix<T, C, R> m; m.sgp_e = v; return m; }
#if defined(__NVPTX__)
#define SGP_TOGETHER
#else
#define SGP_TOGETHER sgp_arrive(nullptr); // a load or store belongs to the simdgroup as a whole
#endif
#define SGP_LOAD_STORE(SPACE) \
  template <class T> SGP_CONVERGENT SGP_INLINE void simdgroup_load(thread simdgroup_matrix<T, 8, 8> &d, const SPACE T *src, ulong stride = 8, ulong2 origin = (ulong2)(0ul), bool transpose = false) { \
    SGP_TOGETHER const uint r = d.sgp_row(), c = d.sgp_col(); \
    for (uint i = 0; i < 2; i++) { const ulong y = transpose ? c + i : r, x = transpose ? r : c + i; d.sgp_e[i] = src[(y + origin.y) * stride + x + origin.x]; } } \
  template <class T> SGP_CONVERGENT SGP_INLINE void simdgroup_store(simdgroup_matrix<T, 8, 8> s, SPACE T *dst, ulong stride = 8, ulong2 origin = (ulong2)(0ul), bool transpose = false) { \
    SGP_TOGETHER const uint r = s.sgp_row(), c = s.sgp_col(); \
    for (uint i = 0; i < 2; i++) { const ulong y = transpose ? c + i : r, x = transpose ? r : c + i; dst[(y + origin.y) * stride + x + origin.x] = s.sgp_e[i]; } }
SGP_LOAD_STORE(threadgroup) SGP_LOAD_STORE(device)
#if defined(__NVPTX__)
template <class TD, class TA, class TB, class TC>
SGP_CONVERGENT SGP_INLINE void simdgroup_multiply_accumulate(thread simdgroup_matrix<TD, 8, 8> &d, simdgroup_matrix<TA, 8, 8> a, simdgroup_matrix<TB, 8, 8> b, simdgroup_matrix<TC, 8, 8> c) {
  if constexpr (is_same_v<TA, half> && is_same_v<TB, half> && is_same_v<TC, float> && is_same_v<TD, float>) {
    uint ub = as_type<uint>(b.sgp_e), ua = as_type<uint>(a.sgp_e), bt, z = 0;
    float d0, d1, d2, d3, f0 = c.sgp_e[0], f1 = c.sgp_e[1], zf = 0;
    asm volatile("movmatrix.sync.aligned.m8n8.trans.b16 %0, %1;" : "=r"(bt) : "r"(ub));
    asm volatile("mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5}, {%6}, {%7,%8,%9,%10};"
                 : "=f"(d0), "=f"(d1), "=f"(d2), "=f"(d3) : "r"(ua), "r"(z), "r"(bt), "f"(f0), "f"(f1), "f"(zf), "f"(zf));
    d.sgp_e[0] = d0; d.sgp_e[1] = d1;
  } else {
    float s0 = c.sgp_e[0], s1 = c.sgp_e[1];
    const uint r = a.sgp_row(), c0 = a.sgp_col();
    for (uint k = 0; k < 8; k++) { // A[r][k] is in lane 4r + k/2, B[k][c] in lane 4k + c/2
      const float a0 = sgp::shuffle((float)a.sgp_e[0], r * 4 + k / 2), a1 = sgp::shuffle((float)a.sgp_e[1], r * 4 + k / 2), av = k & 1 ? a1 : a0;
      s0 += av * sgp::shuffle((float)b.sgp_e[0], k * 4 + c0 / 2);
      s1 += av * sgp::shuffle((float)b.sgp_e[1], k * 4 + c0 / 2);
    }
    d.sgp_e[0] = (TD)s0; d.sgp_e[1] = (TD)s1;
  }
}
#else
} // namespace metal
namespace sgp {
struct Pairs { float a0, a1, b0, b1; };
inline SGP_UNCHECKED void multiply(Simdgroup *s, uint phase) {
  if (s->inactive) { sgp_fault("a simdgroup matrix operation without all 32 lanes"); return; }
  float A[8][8], B[8][8];
  float (*D)[8] = (float (*)[8])s->out[phase];
  for (uint l = 0; l < 32; l++) {
    Pairs p;
    __builtin_memcpy(&p, s->slot[phase][l], sizeof p);
    const uint r = l & 7, c = l / 8 * 2;
    A[r][c] = p.a0; A[r][c + 1] = p.a1; B[r][c] = p.b0; B[r][c + 1] = p.b1;
  }
  for (int i = 0; i < 8; i++) for (int j = 0; j < 8; j++) { float v = 0.0f; for (int k = 0; k < 8; k++) v += A[i][k] * B[k][j]; D[i][j] = v; }
}
} // namespace sgp
namespace metal {
template <class TD, class TA, class TB, class TC>
SGP_CONVERGENT SGP_INLINE void simdgroup_multiply_accumulate(thread simdgroup_matrix<TD, 8, 8> &d, simdgroup_matrix<TA, 8, 8> a, simdgroup_matrix<TB, 8, 8> b, simdgroup_matrix<TC, 8, 8> c) {
  const uint phase = sgp::gather(sgp::Pairs{(float)a.sgp_e[0], (float)a.sgp_e[1], (float)b.sgp_e[0], (float)b.sgp_e[1]}, &sgp::multiply);
  const char *D = sgp_current->simdgroup->out[phase] + (d.sgp_row() * 8 + d.sgp_col()) * sizeof(float);
  d.sgp_e[0] = (TD)((float)c.sgp_e[0] + sgp::at<float>(D));
  d.sgp_e[1] = (TD)((float)c.sgp_e[1] + sgp::at<float>(D + sizeof(float)));
}
#endif
template <class TD, class TA, class TB>
SGP_CONVERGENT SGP_INLINE void simdgroup_multiply(thread simdgroup_matrix<TD, 8, 8> &d, simdgroup_matrix<TA, 8, 8> a, simdgroup_matrix<TB, 8, 8> b) {
  simdgroup_multiply_accumulate(d, a, b, make_filled_simdgroup_matrix<TD, 8, 8>(TD(0)));
}
} // namespace metal
