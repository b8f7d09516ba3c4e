package op

import (
	"sightglass/engine/device"
	"sightglass/engine/graph"
	"sightglass/engine/tensor"
)

// QuickGELU is the sigmoid approximation of GELUErf, for each element:
//
//	y = x · sigmoid(1.702·x)
func QuickGELU(x *graph.Node) *graph.Node { return graph.Apply(quickGELU{unaryOf(x)}, x) }

// quickGELUC is the constant of Hendrycks and Gimpel, Gaussian Error Linear Units, 2016.
const quickGELUC = 1.702

type quickGELU struct{ unary }

var _ = graph.Define(quickGELU{}, graph.Cases(func(in []*graph.Node) *graph.Node {
	return QuickGELU(in[0])
}, "3x64", "2x3x33", "1"), graph.Bench(func(in []*graph.Node) *graph.Node {
	return QuickGELU(in[0])
}, "1024x5120"))

func (quickGELU) Name() string { return "quick_gelu" }

func (quickGELU) Ref(y tensor.Array, in []tensor.Array) {
	each(y, in[0], func(x float64) float64 { return x * logistic(quickGELUC*x) })
}

func (o quickGELU) Launch(tensor.Type, []tensor.Type) device.Launch {
	return perFour("quick_gelu", o, 1, o.Size)
}

func (quickGELU) Expand(in []*graph.Node) *graph.Node {
	return Mul(in[0], Sigmoid(Scale(in[0], quickGELUC)))
}

// With s = sigmoid(1.702·x): dx = dy · (s + 1.702·y·(1 − s))
func (quickGELU) Grad(y, dy *graph.Node, in []*graph.Node) []*graph.Node {
	s := Sigmoid(Scale(in[0], quickGELUC))
	return []*graph.Node{Mul(dy, Add(s, Scale(Sub(y, Mul(y, s)), quickGELUC)))}
}
