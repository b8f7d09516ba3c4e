package op

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"sightglass/engine/graph"
	"sightglass/engine/tensor"
)

func f32(shape ...int) *graph.Node  { return graph.Input("x", tensor.F32, shape...) }
func f16(shape ...int) *graph.Node  { return graph.Input("x", tensor.F16, shape...) }
func i32(shape ...int) *graph.Node  { return graph.Input("x", tensor.I32, shape...) }
func word(shape ...int) *graph.Node { return graph.Input("x", tensor.U32, shape...) }

func TestInputsThatDoNotFitAreShapeErrors(t *testing.T) {
	aff := tensor.Affine{Bits: 4, Group: 32}
	for name, build := range map[string]func(){
		"add: b is no suffix of a":               func() { Add(f32(3, 4), f32(3)) },
		"add: a is smaller than b":               func() { Add(f32(4), f32(3, 4)) },
		"mul: b is f16":                          func() { Mul(f32(3, 4), f16(4)) },
		"sub: the size fits, the shape does not": func() { Sub(f32(3, 4), f32(12)) },
		"silu_mul: b repeats":                    func() { SiLUMul(f32(3, 4), f32(4)) },
		"mul_rows: one number too many":          func() { MulRows(f32(3, 4), f32(4, 1)) },
		"reshape: another size":                  func() { Reshape(f32(3, 4), 5, 2) },
		"reshape: too many dimensions":           func() { Reshape(f32(1), 1, 1, 1, 1, 1, 1, 1, 1, 1) },
		"permute: a dimension twice":             func() { Permute(f32(3, 4), 0, 0) },
		"permute: too few dimensions":            func() { Permute(f32(3, 4, 5), 1, 0) },
		"permute: a negative dimension":          func() { Permute(f32(3, 4), -1, 0) },
		"permute: six dimensions":                func() { Permute(f32(1, 1, 1, 1, 1, 1), 0, 1, 2, 3, 4, 5) },
		"cast: f16 to bf16":                      func() { Cast(f16(3), tensor.BF16) },
		"cast: i32 to f32":                       func() { Cast(i32(3), tensor.F32) },
		"matmul: inner extents differ":           func() { MatMul(f32(3, 4), f32(5, 4), false, false) },
		"matmul: transposed extents differ":      func() { MatMul(f32(3, 4), f32(4, 5), true, false) },
		"matmul: batches differ":                 func() { MatMul(f32(2, 3, 4), f32(3, 4, 5), false, false) },
		"matmul: a vector":                       func() { MatMul(f32(4), f32(4, 5), false, false) },
		"sum_to: no suffix":                      func() { SumTo(f32(3, 4), tensor.Shape{3}) },
		"broadcast: another extent":              func() { BroadcastTo(f32(2), tensor.Shape{3, 4}) },
		"linear: w of other inputs":              func() { Linear(f32(3, 4), f32(5, 6), nil, true) },
		"linear: b of other outputs":             func() { Linear(f32(3, 4), f32(5, 4), f32(4), true) },
		"linear: w is a vector":                  func() { Linear(f32(3, 4), f32(4), nil, true) },
		"linear: no dimensions":                  func() { Linear(f32(), f32(), nil, true) },
		"lora: ranks differ":                     func() { LoRA(f32(3, 5), f32(3, 4), f32(2, 4), f32(5, 3), 1) },
		"lora: a and b of different types":       func() { LoRA(f32(3, 5), f32(3, 4), f32(2, 4), f16(5, 2), 1) },
		"lora: y0 of other rows":                 func() { LoRA(f32(2, 5), f32(3, 4), f32(2, 4), f32(5, 2), 1) },
		"qlinear: too few words":                 func() { QLinear(f32(3, 64), word(5, 4), f32(5, 2), f32(5, 2), nil, aff, true) },
		"qlinear: another group":                 func() { QLinear(f32(3, 64), word(5, 8), f32(5, 1), f32(5, 1), nil, aff, true) },
		"qlinear: biases of another shape":       func() { QLinear(f32(3, 64), word(5, 8), f32(5, 2), f32(5, 1), nil, aff, true) },
		"qlinear: scales of other outputs":       func() { QLinear(f32(3, 64), word(5, 8), f32(4, 2), f32(4, 2), nil, aff, true) },
		"qlinear_add: two rows":                  func() { QLinearAdd(f32(2, 64), f32(2, 5), word(5, 8), f32(5, 2), f32(5, 2), aff) },
		"qlinear_add: another residual":          func() { QLinearAdd(f32(1, 64), f32(1, 4), word(5, 8), f32(5, 2), f32(5, 2), aff) },
		"qlinear_silu_mul: two rows": func() {
			m := [3]*graph.Node{word(5, 8), f32(5, 2), f32(5, 2)}
			QLinearSiLUMul(f32(2, 64), m, m, aff)
		},
		"qlinear_silu_mul: another matrix": func() {
			QLinearSiLUMul(f32(1, 64), [3]*graph.Node{word(5, 8), f32(5, 2), f32(5, 2)}, [3]*graph.Node{word(4, 8), f32(4, 2), f32(4, 2)}, aff)
		},
		"cache_write_rope: another table":         func() { CacheWriteRope(f32(2, 4, 3, 8), f32(1, 3, 8), f32(2, 8), i32(1), i32(1), false) },
		"qlinear: no such quantization":           func() { Dequantize(word(5, 8), f32(5, 2), f32(5, 2), tensor.Affine{}) },
		"qembedding: ids are floats":              func() { QEmbedding(f32(3), word(5, 8), f32(5, 2), f32(5, 2), aff) },
		"dequantize: w is not packed":             func() { Dequantize(f32(5, 8), f32(5, 2), f32(5, 2), aff) },
		"embedding: ids are floats":               func() { Embedding(f32(3), f32(5, 8)) },
		"embedding: w is a vector":                func() { Embedding(i32(3), f32(5)) },
		"rmsnorm: w of another width":             func() { RMSNorm(f32(3, 4), f32(3), 1e-5, 0) },
		"layernorm: b of another width":           func() { LayerNorm(f32(3, 4), f32(4), f32(3), 1e-5) },
		"rope: R is odd":                          func() { Rope(f32(3, 2, 8), f32(3, 5), false) },
		"rope: R is larger than D":                func() { Rope(f32(3, 2, 8), f32(3, 10), false) },
		"rope: a table of other rows":             func() { Rope(f32(3, 2, 8), f32(4, 8), false) },
		"angles: positions are floats":            func() { Angles(f32(3), f32(4)) },
		"attention: H is no multiple of Hkv":      func() { Attention(f32(3, 3, 8), f32(1, 5, 2, 8), f32(1, 5, 2, 8), i32(3), i32(3), 1) },
		"attention: no heads in k":                func() { Attention(f32(3, 3, 8), f32(1, 5, 0, 8), f32(1, 5, 0, 8), i32(3), i32(3), 1) },
		"attention: k and v of different lengths": func() { Attention(f32(3, 2, 8), f32(1, 5, 2, 8), f32(1, 6, 2, 8), i32(3), i32(3), 1) },
		"attention: too few lengths":              func() { Attention(f32(3, 2, 8), f32(1, 5, 2, 8), f32(1, 5, 2, 8), i32(3), i32(2), 1) },
		"attention: three ends":                   func() { Attention(f32(3, 2, 8), f32(1, 5, 2, 8), f32(1, 5, 2, 8), i32(3), i32(3, 3), 1) },
		"masked_softmax: columns that do not fit": func() { MaskedSoftmax(f32(2, 3, 9), i32(3), i32(3), 4) },
		"cache_write: heads of another size":      func() { CacheWrite(f32(1, 5, 2, 8), f32(3, 2, 7), i32(3), i32(3)) },
		"merge: rows of another width":            func() { Merge(f32(3, 4), f32(2, 5), i32(3)) },
		"merge: one index too few":                func() { Merge(f32(3, 4), f32(2, 4), i32(2)) },
		"scatter_add: one index too few":          func() { ScatterAdd(f32(3, 4), i32(2), 5) },
		"topk: more than there are":               func() { TopK(f32(3, 4), 5) },
		"topk: none":                              func() { TopK(f32(3, 4), 0) },
		"mean: no dimensions":                     func() { Mean(f32()) },
	} {
		t.Run(name, func(t *testing.T) {
			err := graph.Build(build)
			var shape *graph.ShapeError
			if !errors.As(err, &shape) || !strings.HasPrefix(shape.Err.Error(), "want ") {
				t.Errorf("got %v, want a ShapeError that says what was wanted", err)
			}
		})
	}
}

// Constructors read the shapes of their inputs before Shape checks them, so no shape may make them panic in another way: Build lets that pass.
func TestNoShapeOfAnInputIsABug(t *testing.T) {
	mutations := []func(tensor.Shape) tensor.Shape{
		func(s tensor.Shape) tensor.Shape { return nil },
		func(s tensor.Shape) tensor.Shape { return s[1:] },
		func(s tensor.Shape) tensor.Shape { return append(tensor.Shape{2}, s...) },
		func(s tensor.Shape) tensor.Shape { return append(slices.Clone(s), 1) },
		func(s tensor.Shape) tensor.Shape { return append(s[:len(s)-1:len(s)-1], s.Last()+1) },
		func(s tensor.Shape) tensor.Shape { return append(tensor.Shape{s[0] + 1}, s[1:]...) },
	}
	eachCase(t, func(t *testing.T, op graph.Op, c graph.Case) {
		in, _ := c.Inputs(1)
		for i := range in {
			for _, mutate := range mutations {
				changed := slices.Clone(in)
				changed[i] = graph.Input("x", in[i].Type.DType, mutate(in[i].Shape())...)
				_ = graph.Build(func() { c.Build(changed) })
			}
			changed := slices.Clone(in)
			changed[i] = graph.Input("x", tensor.U8, in[i].Shape()...)
			if err := graph.Build(func() { c.Build(changed) }); err == nil && op.Name() != "reshape" {
				t.Errorf("input %d: got no error for u8, want one", i)
			}
		}
	})
}
