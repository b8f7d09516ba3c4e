package op

import (
	"sightglass/engine/device"
	"sightglass/engine/graph"
	"sightglass/engine/tensor"
)

// Slice takes c columns of x [N, W], from column from on:
//
//	y[i, j] = x[i, from + j]    [N, c]
func Slice(x *graph.Node, from, c int) *graph.Node {
	return graph.Apply(slice{N: dim(x, 0), C: u32(c), W: dim(x, 1), From: u32(from)}, x)
}

// slice has Inverse set for its gradient: y [N, W] is 0 but for the columns that are those of x [N, C].
type slice struct{ N, C, W, From, Inverse uint32 }

var _ = graph.Define(slice{}, graph.Cases(func(in []*graph.Node) *graph.Node {
	return Slice(in[0], 4, 8)
}, "3x24", "1x12"), graph.Cases(func(in []*graph.Node) *graph.Node {
	return Slice(in[0], 3, 5)
}, "4x11", "1x8"), graph.Cases(func(in []*graph.Node) *graph.Node {
	return graph.Apply(slice{N: dim(in[0], 0), C: dim(in[0], 1), W: 13, From: 3, Inverse: 1}, in[0])
}, "4x7", "1x10", "2x1"))

func (slice) Name() string { return "slice" }

func (o slice) Shape(in []tensor.Type) (tensor.Type, error) {
	c, y := o.W, o.C
	if o.Inverse == 1 {
		c, y = o.C, o.W
	}
	if !floats(in[0]) || !in[0].Shape.Equal(tensor.Shape{int(o.N), int(c)}) || o.C == 0 || uint64(o.From)+uint64(o.C) > uint64(o.W) {
		return want("x f32[N W] with columns %d to %d", o.From, uint64(o.From)+uint64(o.C))
	}
	return tensor.Type{DType: tensor.F32, Shape: tensor.Shape{int(o.N), int(y)}}, nil
}

func (o slice) Ref(y tensor.Array, in []tensor.Array) {
	out := y.Rows()
	for i, x := range in[0].Rows() {
		if o.Inverse == 1 {
			clear(out[i])
			copy(out[i][o.From:], x)
		} else {
			copy(out[i], x[o.From:])
		}
	}
}

func (o slice) Launch(y tensor.Type, _ []tensor.Type) device.Launch {
	return perFour("slice", o, o.N, u32(y.Shape.Last()))
}

func (o slice) Grad(_, dy *graph.Node, _ []*graph.Node) []*graph.Node {
	o.Inverse = 1 - o.Inverse
	return []*graph.Node{graph.Apply(o, dy)}
}
