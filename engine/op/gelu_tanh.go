package op

import (
	"math"

	"sightglass/engine/device"
	"sightglass/engine/graph"
	"sightglass/engine/tensor"
)

// GELUTanh is the tanh approximation of GELUErf, for each element:
//
//	y = x/2 · (1 + tanh(u)) = x · sigmoid(2u)    u = √(2/π) · (x + 0.044715·x³)
func GELUTanh(x *graph.Node) *graph.Node { return graph.Apply(geluTanh{unaryOf(x)}, x) }

// The constants of Hendrycks and Gimpel, Gaussian Error Linear Units, 2016.
const (
	geluC     = math.Sqrt2 / math.SqrtPi
	geluCubic = 0.044715
)

type geluTanh struct{ unary }

var _ = graph.Define(geluTanh{}, graph.Cases(func(in []*graph.Node) *graph.Node {
	return GELUTanh(in[0])
}, "3x64", "2x3x33", "1"), graph.Bench(func(in []*graph.Node) *graph.Node {
	return GELUTanh(in[0])
}, "1024x3072"))

func (geluTanh) Name() string { return "gelu_tanh" }

func (geluTanh) Ref(y tensor.Array, in []tensor.Array) {
	each(y, in[0], func(x float64) float64 { return x * logistic(2*geluC*(x+geluCubic*x*x*x)) })
}

func (o geluTanh) Launch(tensor.Type, []tensor.Type) device.Launch {
	return perFour("gelu_tanh", o, 1, o.Size)
}

func (geluTanh) Expand(in []*graph.Node) *graph.Node {
	x := in[0]
	return Mul(x, gate(x))
}

// With s = sigmoid(2u): dx = dy · (s + y·(1 − s)·2u′)    2u′ = √(8/π) · (1 + 3·0.044715·x²)
func (geluTanh) Grad(y, dy *graph.Node, in []*graph.Node) []*graph.Node {
	x, s := in[0], gate(in[0])
	t := Scale(Sub(y, Mul(y, s)), 2*geluC)
	return []*graph.Node{Mul(dy, Add(s, Add(t, Scale(Mul(t, Mul(x, x)), 3*geluCubic))))}
}

// gate is sigmoid(2u).
func gate(x *graph.Node) *graph.Node {
	return Sigmoid(Scale(Add(x, Scale(Mul(x, Mul(x, x)), geluCubic)), 2*geluC))
}
