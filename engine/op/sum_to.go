package op

import (
	"sightglass/engine/device"
	"sightglass/engine/graph"
	"sightglass/engine/tensor"
)

// SumTo sums x over its leading dimensions down to shape, a suffix of the shape of x. It is x itself where nothing is left to sum.
func SumTo(x *graph.Node, shape tensor.Shape) *graph.Node {
	if x.Shape().Equal(shape) {
		return x
	}
	if !suffix(shape, x.Shape()) {
		_, err := want("x [... %v]", shape)
		panic(&graph.ShapeError{Op: "sum_to", In: []tensor.Type{x.Type}, Err: err})
	}
	c := max(shape.Size(), 1)
	return Reshape(graph.Apply(sumTo{rows{u32(x.Type.Shape.Size() / c), u32(c)}}, x), shape...)
}

// Sum is the sum of all elements of x, as [1].
func Sum(x *graph.Node) *graph.Node {
	return SumTo(Reshape(x, x.Type.Shape.Size(), 1), tensor.Shape{1})
}

type sumTo struct{ rows }

var _ = graph.Define(sumTo{}, graph.Cases(func(in []*graph.Node) *graph.Node {
	return SumTo(in[0], tensor.Shape{in[0].Shape().Last()})
}, "3x64", "2x3x33", "7x1", "20x40"), graph.Cases(func(in []*graph.Node) *graph.Node {
	return SumTo(in[0], tensor.Shape{3, 5})
}, "2x4x3x5"), graph.Cases(func(in []*graph.Node) *graph.Node {
	return Sum(in[0])
}, "3x64", "1", "3x701"))

func (sumTo) Name() string { return "sum_to" }

func (o sumTo) Shape(in []tensor.Type) (tensor.Type, error) {
	if !floats(in[0]) {
		return want("x f32")
	}
	return tensor.Type{DType: tensor.F32, Shape: tensor.Shape{int(o.C)}}, nil
}

func (o sumTo) Ref(y tensor.Array, in []tensor.Array) {
	x, n, c := in[0].F32(), int(o.N), int(o.C)
	for j := range c {
		var sum float64
		for i := range n {
			sum += float64(x[i*c+j])
		}
		y.F32()[j] = float32(sum)
	}
}

func (o sumTo) Launch(tensor.Type, []tensor.Type) device.Launch {
	if o.C == 1 {
		return device.Launch{Kernel: "sum_to", Grid: [3]int{1, 1, 1}, Group: [3]int{threadsFor(o.N), 1, 1}, Args: o, Variant: "all"}
	}
	slices := min((o.N+7)/8, 32) // simdgroups that share the rows
	return device.Launch{Kernel: "sum_to", Grid: [3]int{int(o.C+31) / 32, 1, 1}, Group: [3]int{32 * int(slices), 1, 1}, Args: o}
}

func (sumTo) Grad(_, dy *graph.Node, in []*graph.Node) []*graph.Node {
	x := in[0]
	repeated := BroadcastTo(dy, tensor.Shape{x.Type.Shape.Size() / dy.Type.Shape.Size(), dy.Type.Shape.Size()})
	return []*graph.Node{Reshape(repeated, x.Shape()...)}
}
