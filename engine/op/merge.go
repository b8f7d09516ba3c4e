package op

import (
	"sightglass/engine/device"
	"sightglass/engine/graph"
	"sightglass/engine/tensor"
)

// Merge replaces rows of x [N, C] by rows [R, C], such as those of image tokens by features:
//
//	y[i] = rows[index[i]] where index[i] >= 0, else x[i]
func Merge(x, rows, index *graph.Node) *graph.Node {
	return graph.Apply(merge{rowsOf(x), dim(rows, 0)}, x, rows, index)
}

type merge struct {
	rows
	R uint32
}

var _ = graph.Define(merge{}, graph.Cases(func(in []*graph.Node) *graph.Node {
	return Merge(in[0], in[1], in[2])
}, "7x16 4x16 7:i32>-2<4", "5x7 3x7 5:i32>-2<3", "1x1 1x1 1:i32>-2<1"))

func (merge) Name() string { return "merge" }

func (merge) Shape(in []tensor.Type) (tensor.Type, error) {
	x, rows := in[0], in[1]
	if !floats(x, rows) || len(x.Shape) != 2 || len(rows.Shape) != 2 || rows.Shape[1] != x.Shape[1] ||
		!same(tensor.Type{DType: tensor.I32, Shape: x.Shape[:1]}, in[2]) {
		return want("x f32[N C], rows f32[R C], index i32[N]")
	}
	return x, nil
}

func (merge) Ref(y tensor.Array, in []tensor.Array) {
	rows, out := in[1].Rows(), y.Rows()
	for i, x := range in[0].Rows() {
		if r := in[2].I32()[i]; r >= 0 {
			x = rows[r]
		}
		copy(out[i], x)
	}
}

func (o merge) Launch(tensor.Type, []tensor.Type) device.Launch {
	return perFour("merge", o, o.N, o.C)
}

// dx is dy with rows of 0 merged in; each of the rows takes the gradients of its places.
func (o merge) Grad(_, dy *graph.Node, in []*graph.Node) []*graph.Node {
	rows, index := in[1], in[2]
	return []*graph.Node{Merge(dy, Scale(rows, 0), index), ScatterAdd(dy, index, int(o.R)), nil}
}
