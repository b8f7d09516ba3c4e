package proof_test

import (
	"context"
	"strings"
	"testing"

	"sightglass/metal/proof"
)

// sum is a kernel that no check has anything against. Faults are planted into it.
const sum = `#include <metal_stdlib>
using namespace metal;
constant constexpr uint N = 64;
struct Arguments {
  uint n;
};
struct Pair {
  float a, b;
  float both() { return a + b; }
};
// helpers
template <typename T>
float pick(device const T* x, uint i, uint n) {
  return i < n ? float(x[i]) : 0.0f;
}
template <typename T>
[[kernel]] void sum(
    device const T* x [[buffer(0)]],
    device T* y [[buffer(1)]],
    constant Arguments& p [[buffer(2)]],
    uint group [[threadgroup_position_in_grid]],
    uint i [[thread_position_in_threadgroup]]) {
  threadgroup float part[N];
  part[i] = pick(x, group * N + i, p.n);
  threadgroup_barrier(mem_flags::mem_threadgroup);
  if (i == 0) {
    float s = 0.0f;
    for (uint k = 0; k < N; k++) {
      s += part[k];
    }
    if (group < p.n) {
      y[group] = T(s);
    }
  }
}
template [[host_name("sum_f32")]] [[kernel]] decltype(sum<float>) sum<float>;
template [[host_name("sum_" "f16")]] [[kernel]] void sum<half>(device const half* x, device half* y, constant Arguments& p, uint group, uint i);
`

func TestLintRefusesWhatMetalDoes(t *testing.T) {
	const helpers, body, statement = "// helpers", "  part[i] = ", "    float s = 0.0f;"
	for _, c := range []struct{ name, at, by, want string }{
		{"nothing", "", "", ""},
		{"double", statement, "double d = 0.0f; " + statement, "has no double"},
		{"a number that is a double", statement, "float d = 1.0; " + statement, "is a double"},
		{"a small number that is a double", statement, "float d = 1e-5; " + statement, "is a double"},
		{"a number with f", statement, "float d = 1e-5f + .5f + 1.f + 0xef; " + statement, ""},
		{"half of a double by an operator", statement, "float d = 1.5h; " + statement, ""},
		{"if constexpr", statement, "if constexpr (sizeof(T) == 2) { p.n; } " + statement, "c++17-extensions"},
		{"structured bindings", statement, "Pair q = {1.0f, 2.0f}; auto [a, b] = q; " + statement, "c++17-extensions"},
		{"an inline variable", helpers, "constant inline constexpr uint M = 3;", "c++17-extensions"},
		{"a fold", helpers, "template <typename... A> float add(A... a) { return (a + ...); }", "c++17-extensions"},
		{"nested namespaces", helpers, "namespace a::b { struct C { uint d; }; }", "c++17-extensions"},
		{"static_assert without a text", helpers, "static_assert(N == 64);", "c++17-extensions"},
		{"a template of auto", helpers, "template <auto n> uint count() { return n; }", "error"},
		{"deduced arguments of a class", helpers, "template <typename T> struct Box { T t; Box(T t) : t(t) {} };\ninline float open(float f) { Box b(f); return b.t; }", "error"},
		{"a lambda", statement, "auto f = [](float v) { return v; }; " + statement, "lambda"},
		{"a lambda with a capture", statement, "auto f = [&](float v) { return v; }; " + statement, "lambda"},
		{"a virtual function", helpers, "struct V { virtual float f(); };", "virtual"},
		{"a derived class", helpers, "struct D : Pair {};", "derived"},
		{"a class template", helpers, "template <typename T> struct D { T t; };", ""},
		{"goto", statement, "goto end; end: " + statement, "goto"},
		{"new", statement, "float s = *new float(0.0f);", "no new"},
		{"an exception", statement, "throw 1; " + statement, "exceptions"},
		{"the C++ library", statement, "float s = std::abs(0.0f);", "not Metal's"},
		{"a function that Metal has not", statement, "float s = metal::erf(0.0f);", "error"},
		{"a builtin of clang", statement, "float s = __builtin_expf(0.0f);", "reserved"},
		{"which lane holds what of a matrix", statement, "simdgroup_float8x8 m; m.thread_elements(); " + statement, "not documented"},
		{"a variable length array", statement, "float v[p.n]; " + statement, "vla"},
		{"a threadgroup variable in a helper", "  return i < n", "  threadgroup float part[4]; return i < n", "into a kernel"},
		{"a threadgroup variable outside functions", helpers, "threadgroup float part[4];", "into a kernel"},
		{"a threadgroup variable with a value", body, "threadgroup float q = 0.0f; " + body, "error"},
		{"a constant without its space", helpers, "constexpr uint M = 3;", "outside functions is constant"},
		{"a table without its space", helpers, "const float table[2] = {1.0f, 2.0f};", "outside functions is constant"},
		{"a table in its space", helpers, "constant const float table[2] = {1.0f, 2.0f};", ""},
		{"a variable that lasts", helpers, "uint count = 0;", "outside functions is constant"},
		{"a static variable", statement, "static float s = 0.0f;", "static"},
		{"a static member", helpers, "struct S { static constexpr uint n = 1; };", "static"},
		{"a static function", helpers, "struct S { static uint n(uint a) { return a; } };\nstatic inline uint m(uint a) { return S::n(a); }", ""},
		{"a pointer without its space", statement, "float* q = &part2; " + statement, "without an address space"},
		{"a parameter without its space", helpers, "inline float get(float* v) { return *v; }", "without an address space"},
		{"a reference without its space", helpers, "inline float get(const float& v) { return v; }", "without an address space"},
		{"a pointer behind auto", statement, "auto* q = x; " + statement, "without an address space"},
		{"a reference behind auto", statement, "auto& q = s0; " + statement, "without an address space"},
		{"a pointer behind a typedef", helpers, "typedef float* Numbers;", "without an address space"},
		{"a pointer behind using", helpers, "using Numbers = Pair*;", "without an address space"},
		{"a pointer to a template's type", helpers, "template <typename U> U get(U* v) { return *v; }", "without an address space"},
		{"a pointer to a vector", helpers, "inline float get(vec<float, 4>* v) { return v->x; }", "without an address space"},
		{"a pointer to a pointer", helpers, "inline float get(device float** v) { return **v; }", "without an address space"},
		{"a cast to a pointer without its space", body, "  part[i] = *(float*)(x) + ", "without an address space"},
		{"pointers in their spaces", helpers, "inline float get(thread float* v, device const float* thread* w, threadgroup const Pair& q) { return *v + **w + q.a; }", ""},
		{"auto for a pointer", body, "auto q = x + 1; " + body, ""},
		{"a product of a cast", body, "const uint m = uint(i) * N; const float f = float(m)*2.0f; " + body, ""},
		{"a cast between address spaces", body, "  part[i] = *(threadgroup float*)(x) + ", "address space"},
		{"a cast between address spaces by a typedef", body, "typedef threadgroup float* Part; " + strings.TrimSuffix(body, " ") + "*(Part)(x) + ", "address space"},
		{"a pointer assigned to another space", body, "threadgroup float* q = x; " + body, "error"},
		{"a device pointer for the thread's", helpers, "inline float at(thread const float* v) { return *v; }\ninline float get(device const float* v) { return at(v); }", "error"},
		{"a pointer made of a number", body, "  part[i] = *(device float*)(ulong(i)) + ", "made of a number"},
		{"a write through const", "      y[group] = T(s)", "      x[group] = T(s)", "error"},
		{"a write to the arguments", statement, "p.n = 0; " + statement, "error"},
		{"a recursion", helpers, "uint down(uint n) { return n == 0 ? 0 : down(n - 1); }", "recursion"},
		{"a recursion of two", helpers, "uint even(uint n);\ninline uint odd(uint n) { return n == 0 ? 0 : even(n - 1); }\nuint even(uint n) { return n == 0 ? 1 : odd(n - 1); }", "recursion"},
		{"a pointer to a function", statement, "uint (*f)(uint) = &metal::popcount; f(p.n); " + statement, "pointer to a function"},
		{"33 KB of threadgroup memory", "threadgroup float part[N];", "threadgroup float part[N]; threadgroup float more[8384]; more[i] = 0.0f;", "threadgroup memory"},
		{"32 KB of threadgroup memory", "threadgroup float part[N];", "threadgroup float part[N]; threadgroup float more[8128]; more[i] = 0.0f;", ""},
		{"too much threadgroup memory in structs", "threadgroup float part[N];", "threadgroup float part[N]; threadgroup Pair more[4090]; more[i].a = 0.0f;", "threadgroup memory"},
		{"buffer 31", "x [[buffer(0)]]", "x [[buffer(31)]]", "below 31"},
		{"a buffer twice", "y [[buffer(1)]]", "y [[buffer(0)]]", "taken"},
		{"a buffer whose number is no number", "y [[buffer(1)]]", "y [[buffer(N)]]", "want buffer(number)"},
		{"a buffer in no space", "device const T* x [[buffer(0)]]", "thread const T* x [[buffer(0)]]", "wrong address space"},
		{"a parameter without an attribute", "uint i [[thread_position_in_threadgroup]]", "uint i", "no attribute"},
		{"an attribute that Metal has not", "[[thread_position_in_threadgroup]]", "[[thread_position_in_simdgroup]]", "no attribute"},
		{"positions of different widths", "uint i [[thread_position_in_threadgroup]]", "uint2 i2 [[thread_position_in_threadgroup]], uint i [[thread_index_in_threadgroup]]", "same number of components"},
		{"a float as a position", "uint i [[thread_position_in_threadgroup]]", "float i [[thread_position_in_threadgroup]]", "want uint"},
		{"half from float unasked", "y[group] = T(s)", "y[group] = s", "implicit-float-conversion"},
		{"a kernel that returns a number", helpers, "kernel uint count(device uint* n [[buffer(0)]]) { return 1; }", "returns void"},
		{"an instance of no kernel", `decltype(sum<float>) sum<float>;`, `decltype(pick<float>) pick<float>;`, "no kernel pick"},
		{"an uninitialized number", statement, "float u; float s = u;", "uninitialized"},
	} {
		t.Run(c.name, func(t *testing.T) {
			tool := tools(t)
			text := sum
			if c.at != "" {
				if strings.Count(text, c.at) != 1 {
					t.Fatalf("the place %q is there %d times, want once", c.at, strings.Count(text, c.at))
				}
				text = strings.Replace(text, c.at, c.by, 1)
			}
			_, err := tool.Compile(context.Background(), proof.Check, proof.File{Name: "sum.metal", Text: text})
			switch {
			case c.want == "" && err != nil:
				t.Errorf("got %v, want no error", err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("got %v, want an error with %q", err, c.want)
			}
		})
	}
}
