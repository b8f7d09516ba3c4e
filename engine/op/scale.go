package op

import (
	"sightglass/engine/device"
	"sightglass/engine/graph"
	"sightglass/engine/tensor"
)

// Scale returns x · factor for each element.
func Scale(x *graph.Node, factor float32) *graph.Node {
	return graph.Apply(scale{unaryOf(x), factor}, x)
}

type scale struct {
	unary
	Factor float32
}

var _ = graph.Define(scale{}, graph.Cases(func(in []*graph.Node) *graph.Node {
	return Scale(in[0], -1.75)
}, "3x64", "2x3x33", "1"))

func (scale) Name() string { return "scale" }

func (o scale) Ref(y tensor.Array, in []tensor.Array) {
	each(y, in[0], func(x float64) float64 { return x * float64(o.Factor) })
}

func (o scale) Launch(tensor.Type, []tensor.Type) device.Launch {
	return perFour("scale", o, 1, o.Size)
}

func (o scale) Grad(_, dy *graph.Node, _ []*graph.Node) []*graph.Node {
	return []*graph.Node{Scale(dy, o.Factor)}
}
