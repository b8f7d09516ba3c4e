package op

import (
	"sightglass/engine/device"
	"sightglass/engine/graph"
	"sightglass/engine/tensor"
)

// Reshape gives x another shape of the same size, without moving a number. It is x itself where the shape is the same.
func Reshape(x *graph.Node, shape ...int) *graph.Node {
	if x.Shape().Equal(shape) {
		return x
	}
	o := reshape{Rank: u32(len(shape))}
	for i := range min(len(shape), len(o.Dims)) {
		o.Dims[i] = u32(shape[i])
	}
	return graph.Apply(o, x)
}

type reshape struct {
	Rank uint32
	Dims [8]uint32
}

var _ = graph.Define(reshape{}, graph.Cases(func(in []*graph.Node) *graph.Node {
	return Reshape(in[0], 2, in[0].Type.Shape.Size()/2)
}, "3x64", "2x3x33", "2"))

func (reshape) Name() string { return "reshape" }

func (o reshape) Shape(in []tensor.Type) (tensor.Type, error) {
	if int(o.Rank) > len(o.Dims) {
		return want("at most %d dimensions", len(o.Dims))
	}
	y := tensor.Type{DType: in[0].DType, Shape: make(tensor.Shape, o.Rank)}
	for i := range y.Shape {
		y.Shape[i] = int(o.Dims[i])
	}
	if y.Shape.Size() != in[0].Shape.Size() {
		return want("x of the size of %v", y.Shape)
	}
	return y, nil
}

func (reshape) View() {}

func (reshape) Ref(y tensor.Array, in []tensor.Array) { copy(y.Data, in[0].Data) }

func (reshape) Launch(tensor.Type, []tensor.Type) device.Launch { return device.Launch{} }

func (reshape) Grad(_, dy *graph.Node, in []*graph.Node) []*graph.Node {
	return []*graph.Node{Reshape(dy, in[0].Shape()...)}
}
