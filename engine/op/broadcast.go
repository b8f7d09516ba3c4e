package op

import (
	"sightglass/engine/device"
	"sightglass/engine/graph"
	"sightglass/engine/tensor"
)

// BroadcastTo repeats x up to shape: over leading dimensions that x does not have, and over the last where that of x is 1.
// It is x itself where nothing is repeated.
func BroadcastTo(x *graph.Node, shape tensor.Shape) *graph.Node {
	if x.Shape().Equal(shape) {
		return x
	}
	o := broadcast{Size: u32(shape.Size()), XSize: u32(x.Type.Shape.Size()), Inner: 1}
	if !suffix(x.Shape(), shape) {
		if len(x.Shape()) == 0 || x.Dim(-1) != 1 || !suffix(withLast(x.Shape(), shape.Last()), shape) {
			_, err := want("x that repeats to %v", shape)
			panic(&graph.ShapeError{Op: o.Name(), In: []tensor.Type{x.Type}, Err: err})
		}
		o.Inner = u32(shape.Last())
	}
	return Reshape(graph.Apply(o, x), shape...)
}

// broadcast sets y[i] = x[i/Inner mod XSize].
type broadcast struct{ Size, XSize, Inner uint32 }

var _ = graph.Define(broadcast{}, graph.Cases(func(in []*graph.Node) *graph.Node {
	return BroadcastTo(in[0], tensor.Shape{2, 3, 5})
}, "3x5", "5", "2x3x1", "3x1"))

func (broadcast) Name() string { return "broadcast" }

func (o broadcast) Shape(in []tensor.Type) (tensor.Type, error) {
	if !floats(in[0]) {
		return want("x f32")
	}
	return tensor.Type{DType: tensor.F32, Shape: tensor.Shape{int(o.Size)}}, nil
}

func (o broadcast) Ref(y tensor.Array, in []tensor.Array) {
	x, out := in[0].F32(), y.F32()
	for i := range out {
		out[i] = x[i/int(o.Inner)%len(x)]
	}
}

func (o broadcast) Launch(tensor.Type, []tensor.Type) device.Launch {
	return perFour("broadcast", o, 1, o.Size)
}

func (o broadcast) Grad(_, dy *graph.Node, in []*graph.Node) []*graph.Node {
	inner, n := int(o.Inner), int(o.XSize)
	if inner > 1 {
		dy = sumRows(Reshape(dy, dy.Type.Shape.Size()/inner, inner))
	}
	return []*graph.Node{Reshape(SumTo(Reshape(dy, dy.Type.Shape.Size()/n, n), tensor.Shape{n}), in[0].Shape()...)}
}
