package op

import (
	"sightglass/engine/device"
	"sightglass/engine/graph"
	"sightglass/engine/tensor"
)

// SiLUMul returns silu(a) · b, element by element, for a and b of one shape: the gate of a SwiGLU block.
func SiLUMul(a, b *graph.Node) *graph.Node { return graph.Apply(siluMul{unaryOf(a)}, a, b) }

type siluMul struct{ unary }

var _ = graph.Define(siluMul{}, graph.Cases(func(in []*graph.Node) *graph.Node {
	return SiLUMul(in[0], in[1])
}, "3x64 3x64", "2x3x33 2x3x33", "1 1"), graph.Bench(func(in []*graph.Node) *graph.Node {
	return SiLUMul(in[0], in[1])
}, "1x1536 1x1536", "512x1536 512x1536"))

func (siluMul) Name() string { return "silu_mul" }

func (siluMul) Shape(in []tensor.Type) (tensor.Type, error) {
	if !floats(in...) || !in[0].Shape.Equal(in[1].Shape) {
		return want("a f32, b f32 of the same shape")
	}
	return in[0], nil
}

func (siluMul) Ref(y tensor.Array, in []tensor.Array) {
	a, b, out := in[0].F32(), in[1].F32(), y.F32()
	for i := range out {
		out[i] = float32(float64(a[i]) * logistic(float64(a[i])) * float64(b[i]))
	}
}

func (o siluMul) Launch(tensor.Type, []tensor.Type) device.Launch {
	return perFour("silu_mul", o, 1, o.Size)
}

// Fuse makes the gate of one row as its two products are made.
func (siluMul) Fuse(in []*graph.Node, alone func(*graph.Node) bool) *graph.Node {
	gate, ok := in[0].Op.(qlinear)
	up, both := in[1].Op.(qlinear)
	if !ok || !both || gate != up || gate.N != 1 || gate.Bias == 1 || in[0].In[0] != in[1].In[0] || !alone(in[0]) || !alone(in[1]) {
		return nil
	}
	a, b := in[0].In, in[1].In
	if a[2].Type.DType != b[2].Type.DType {
		return nil
	}
	gate.Exact = 1
	return graph.Apply(qlinearSiLUMul{gate}, a[0], a[1], a[2], a[3], b[1], b[2], b[3])
}

func (siluMul) Expand(in []*graph.Node) *graph.Node { return Mul(SiLU(in[0]), in[1]) }

// With s = sigmoid(a) and t = silu(a): da = dy·b·(s + t·(1 − s)) and db = dy·t.
func (siluMul) Grad(_, dy *graph.Node, in []*graph.Node) []*graph.Node {
	a, b := in[0], in[1]
	s, t := Sigmoid(a), SiLU(a)
	da := Mul(Mul(dy, b), Add(s, Sub(t, Mul(t, s))))
	return []*graph.Node{da, Mul(dy, t)}
}
