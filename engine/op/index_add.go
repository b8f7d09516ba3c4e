package op

import (
	"sightglass/engine/device"
	"sightglass/engine/graph"
	"sightglass/engine/tensor"
)

// IndexAdd is y0 [R, C] with each row of x [N, C] added to its row index [N]. Rows with a negative index go nowhere.
func IndexAdd(y0, x, index *graph.Node) *graph.Node {
	return graph.Apply(indexAdd{rowsOf(x), dim(y0, 0)}, y0, x, index)
}

type indexAdd struct {
	rows
	R uint32
}

var _ = graph.Define(indexAdd{}, graph.Cases(func(in []*graph.Node) *graph.Node {
	return IndexAdd(in[0], in[1], in[2])
}, "4x16 7x16 7:i32>-2<4", "40x1 9x1 9:i32>-2<40", "1x1 1x1 1:i32<1"))

func (indexAdd) Name() string { return "index_add" }

func (o indexAdd) Shape(in []tensor.Type) (tensor.Type, error) {
	y0, x := in[0], in[1]
	if !floats(y0, x) || len(x.Shape) != 2 || len(y0.Shape) != 2 || y0.Shape[1] != x.Shape[1] ||
		!same(tensor.Type{DType: tensor.I32, Shape: x.Shape[:1]}, in[2]) {
		return want("y0 f32[R C], x f32[N C], index i32[N]")
	}
	return y0, nil
}

func (o indexAdd) Ref(y tensor.Array, in []tensor.Array) {
	sums := make([]float64, o.R*o.C)
	for i, v := range in[0].F32() {
		sums[i] = float64(v)
	}
	for i, x := range in[1].Rows() {
		if r := in[2].I32()[i]; r >= 0 {
			for j, v := range x {
				sums[int(r)*int(o.C)+j] += float64(v)
			}
		}
	}
	for i, s := range sums {
		y.F32()[i] = float32(s)
	}
}

func (indexAdd) InPlace() int { return 0 }

func (o indexAdd) Expand(in []*graph.Node) *graph.Node {
	return Add(in[0], ScatterAdd(in[1], in[2], int(o.R)))
}

func (o indexAdd) Launch(tensor.Type, []tensor.Type) device.Launch {
	return perFour("index_add", o, o.R, o.C)
}

func (indexAdd) Grad(_, dy *graph.Node, in []*graph.Node) []*graph.Node {
	x, index := in[1], in[2]
	return []*graph.Node{dy, Merge(Scale(x, 0), dy, index), nil}
}
