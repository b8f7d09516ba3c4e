package op

import (
	"math"

	"sightglass/engine/device"
	"sightglass/engine/graph"
	"sightglass/engine/tensor"
)

// Erf returns the error function of each element.
func Erf(x *graph.Node) *graph.Node { return graph.Apply(erf{unaryOf(x)}, x) }

type erf struct{ unary }

var _ = graph.Define(erf{}, graph.Cases(func(in []*graph.Node) *graph.Node {
	return Erf(in[0])
}, "3x64", "2x3x33", "1"))

func (erf) Name() string { return "erf" }

func (erf) Ref(y tensor.Array, in []tensor.Array) {
	each(y, in[0], math.Erf)
}

func (o erf) Launch(tensor.Type, []tensor.Type) device.Launch {
	return perFour("erf", o, 1, o.Size)
}

// dx = dy · 2/√π · e^(−x²)
func (erf) Grad(_, dy *graph.Node, in []*graph.Node) []*graph.Node {
	x := in[0]
	return []*graph.Node{Scale(Mul(dy, Exp(Scale(Mul(x, x), -1))), 2/math.SqrtPi)}
}
