package op

import (
	"math"

	"sightglass/engine/device"
	"sightglass/engine/graph"
	"sightglass/engine/tensor"
)

// GELUErf returns x · Φ(x) for each element, with Φ the normal distribution function:
//
//	y = x/2 · (1 + erf(x/√2))
func GELUErf(x *graph.Node) *graph.Node { return graph.Apply(geluErf{unaryOf(x)}, x) }

type geluErf struct{ unary }

var _ = graph.Define(geluErf{}, graph.Cases(func(in []*graph.Node) *graph.Node {
	return GELUErf(in[0])
}, "3x64", "2x3x33", "1"))

func (geluErf) Name() string { return "gelu_erf" }

func (geluErf) Ref(y tensor.Array, in []tensor.Array) {
	each(y, in[0], func(x float64) float64 { return x / 2 * (1 + math.Erf(x/math.Sqrt2)) })
}

func (o geluErf) Launch(tensor.Type, []tensor.Type) device.Launch {
	return perFour("gelu_erf", o, 1, o.Size)
}

func (geluErf) Expand(in []*graph.Node) *graph.Node {
	x := in[0]
	return Scale(Add(x, Mul(x, Erf(Scale(x, 1/math.Sqrt2)))), 0.5)
}

// dx = dy · (Φ(x) + x·φ(x))    Φ = (1 + erf(x/√2))/2    φ = e^(−x²/2)/√(2π)
func (geluErf) Grad(_, dy *graph.Node, in []*graph.Node) []*graph.Node {
	x := in[0]
	cdf := Scale(Add(dy, Mul(dy, Erf(Scale(x, 1/math.Sqrt2)))), 0.5)
	pdf := Scale(Exp(Scale(Mul(x, x), -0.5)), 1/(math.Sqrt2*math.SqrtPi))
	return []*graph.Node{Add(cdf, Mul(Mul(dy, x), pdf))}
}
