package op

import (
	"math"

	"sightglass/engine/device"
	"sightglass/engine/graph"
	"sightglass/engine/tensor"
)

// Sigmoid returns 1 / (1 + e⁻ˣ) for each element.
func Sigmoid(x *graph.Node) *graph.Node { return graph.Apply(sigmoid{unaryOf(x)}, x) }

type sigmoid struct{ unary }

var _ = graph.Define(sigmoid{}, graph.Cases(func(in []*graph.Node) *graph.Node {
	return Sigmoid(in[0])
}, "3x64", "2x3x33", "1"))

func (sigmoid) Name() string { return "sigmoid" }

func (sigmoid) Ref(y tensor.Array, in []tensor.Array) {
	each(y, in[0], logistic)
}

func (o sigmoid) Launch(tensor.Type, []tensor.Type) device.Launch {
	return perFour("sigmoid", o, 1, o.Size)
}

// dx = dy · y · (1 − y)
func (sigmoid) Grad(y, dy *graph.Node, _ []*graph.Node) []*graph.Node {
	g := Mul(dy, y)
	return []*graph.Node{Sub(g, Mul(g, y))}
}

func logistic(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
