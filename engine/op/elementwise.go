package op

import (
	"sightglass/engine/graph"
	"sightglass/engine/tensor"
)

// unary is what the ops y = f(x) of each element have in common.
type unary struct{ Size uint32 }

func (unary) Shape(in []tensor.Type) (tensor.Type, error) {
	if !floats(in[0]) {
		return want("x f32")
	}
	return in[0], nil
}

func (unary) InPlace() int { return 0 }

func unaryOf(x *graph.Node) unary { return unary{u32(x.Type.Shape.Size())} }

// each sets y = f(x) for each element.
func each(y, x tensor.Array, f func(float64) float64) {
	out := y.F32()
	for i, v := range x.F32() {
		out[i] = float32(f(float64(v)))
	}
}

// binary is what the ops y = f(a, b) of each element have in common. The shape of b is a suffix of that of a, or the same: b repeats.
type binary struct{ Size, BSize uint32 }

func (binary) Shape(in []tensor.Type) (tensor.Type, error) {
	if !floats(in...) || !suffix(in[1].Shape, in[0].Shape) {
		return want("a f32, b f32 of the same shape or a suffix of it")
	}
	return in[0], nil
}

func (binary) InPlace() int { return 0 }

func (o binary) pairs(y tensor.Array, in []tensor.Array, f func(a, b float32) float32) {
	a, b, out := in[0].F32(), in[1].F32(), y.F32()
	for i := range out {
		out[i] = f(a[i], b[i%len(b)])
	}
}

func binaryOf(a, b *graph.Node) binary {
	return binary{u32(a.Type.Shape.Size()), u32(b.Type.Shape.Size())}
}

// suffix reports whether s is t without some of its leading dimensions.
func suffix(s, t tensor.Shape) bool {
	return len(s) <= len(t) && s.Equal(t[len(t)-len(s):])
}
