package op

import (
	"sightglass/engine/device"
	"sightglass/engine/graph"
	"sightglass/engine/tensor"
)

// Mul returns a · b, element by element. The shape of b is that of a or a suffix of it: b repeats over the leading dimensions.
func Mul(a, b *graph.Node) *graph.Node { return graph.Apply(mul{binaryOf(a, b)}, a, b) }

type mul struct{ binary }

var _ = graph.Define(mul{}, graph.Cases(func(in []*graph.Node) *graph.Node {
	return Mul(in[0], in[1])
}, "3x64 3x64", "2x3x33 33", "2x3x5 3x5", "1 1"))

func (mul) Name() string { return "mul" }

func (o mul) Ref(y tensor.Array, in []tensor.Array) {
	o.pairs(y, in, func(a, b float32) float32 { return a * b })
}

func (o mul) Launch(_ tensor.Type, in []tensor.Type) device.Launch {
	return perFour(suffixed("mul", in[0].DType, in[1].DType), o, 1, o.Size)
}

func (mul) Grad(_, dy *graph.Node, in []*graph.Node) []*graph.Node {
	a, b := in[0], in[1]
	return []*graph.Node{Mul(dy, b), SumTo(Mul(dy, a), b.Shape())}
}
