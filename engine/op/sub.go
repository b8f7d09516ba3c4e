package op

import (
	"sightglass/engine/device"
	"sightglass/engine/graph"
	"sightglass/engine/tensor"
)

// Sub returns a − b, element by element. The shape of b is that of a or a suffix of it: b repeats over the leading dimensions.
func Sub(a, b *graph.Node) *graph.Node { return graph.Apply(sub{binaryOf(a, b)}, a, b) }

type sub struct{ binary }

var _ = graph.Define(sub{}, graph.Cases(func(in []*graph.Node) *graph.Node {
	return Sub(in[0], in[1])
}, "3x64 3x64", "2x3x33 33", "2x3x5 3x5", "1 1"))

func (sub) Name() string { return "sub" }

func (o sub) Ref(y tensor.Array, in []tensor.Array) {
	o.pairs(y, in, func(a, b float32) float32 { return a - b })
}

func (o sub) Launch(_ tensor.Type, in []tensor.Type) device.Launch {
	return perFour(suffixed("sub", in[0].DType, in[1].DType), o, 1, o.Size)
}

func (sub) Grad(_, dy *graph.Node, in []*graph.Node) []*graph.Node {
	return []*graph.Node{dy, Scale(SumTo(dy, in[1].Shape()), -1)}
}
