package op

import (
	"math"

	"sightglass/engine/device"
	"sightglass/engine/graph"
	"sightglass/engine/tensor"
)

// Exp returns eˣ for each element.
func Exp(x *graph.Node) *graph.Node { return graph.Apply(exp{unaryOf(x)}, x) }

type exp struct{ unary }

var _ = graph.Define(exp{}, graph.Cases(func(in []*graph.Node) *graph.Node {
	return Exp(in[0])
}, "3x64", "2x3x33", "1"))

func (exp) Name() string { return "exp" }

func (exp) Ref(y tensor.Array, in []tensor.Array) {
	each(y, in[0], math.Exp)
}

func (o exp) Launch(tensor.Type, []tensor.Type) device.Launch {
	return perFour("exp", o, 1, o.Size)
}

func (exp) Grad(y, dy *graph.Node, _ []*graph.Node) []*graph.Node {
	return []*graph.Node{Mul(dy, y)}
}
