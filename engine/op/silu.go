package op

import (
	"sightglass/engine/device"
	"sightglass/engine/graph"
	"sightglass/engine/tensor"
)

// SiLU returns x · sigmoid(x) for each element.
func SiLU(x *graph.Node) *graph.Node { return graph.Apply(silu{unaryOf(x)}, x) }

type silu struct{ unary }

var _ = graph.Define(silu{}, graph.Cases(func(in []*graph.Node) *graph.Node {
	return SiLU(in[0])
}, "3x64", "2x3x33", "1"))

func (silu) Name() string { return "silu" }

func (silu) Ref(y tensor.Array, in []tensor.Array) {
	each(y, in[0], func(x float64) float64 { return x * logistic(x) })
}

func (o silu) Launch(tensor.Type, []tensor.Type) device.Launch {
	return perFour("silu", o, 1, o.Size)
}

// With s = sigmoid(x): dx = dy · (s + y·(1 − s))
func (silu) Grad(y, dy *graph.Node, in []*graph.Node) []*graph.Node {
	s := Sigmoid(in[0])
	return []*graph.Node{Mul(dy, Add(s, Sub(y, Mul(y, s))))}
}
