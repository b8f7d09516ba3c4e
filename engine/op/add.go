package op

import (
	"sightglass/engine/device"
	"sightglass/engine/graph"
	"sightglass/engine/tensor"
)

// Add returns a + b, element by element. The shape of b is that of a or a suffix of it: b repeats over the leading dimensions.
func Add(a, b *graph.Node) *graph.Node { return graph.Apply(add{binaryOf(a, b)}, a, b) }

type add struct{ binary }

var _ = graph.Define(add{}, graph.Cases(func(in []*graph.Node) *graph.Node {
	return Add(in[0], in[1])
}, "3x64 3x64", "2x3x33 33", "2x3x5 3x5", "1 1"))

func (add) Name() string { return "add" }

func (o add) Ref(y tensor.Array, in []tensor.Array) {
	o.pairs(y, in, func(a, b float32) float32 { return a + b })
}

func (o add) Launch(_ tensor.Type, in []tensor.Type) device.Launch {
	return perFour(suffixed("add", in[0].DType, in[1].DType), o, 1, o.Size)
}

// Fuse adds a product of one row to its residual as it is made.
func (o add) Fuse(in []*graph.Node, alone func(*graph.Node) bool) *graph.Node {
	q, ok := in[1].Op.(qlinear)
	if !ok || q.N != 1 || q.Bias == 1 || o.Size != o.BSize || !alone(in[1]) || !in[0].Shape().Equal(in[1].Shape()) {
		return nil
	}
	q.Exact = 1
	m := in[1].In
	return graph.Apply(qlinearAdd{q}, m[0], in[0], m[1], m[2], m[3])
}

func (add) Grad(_, dy *graph.Node, in []*graph.Node) []*graph.Node {
	return []*graph.Node{dy, SumTo(dy, in[1].Shape())}
}
