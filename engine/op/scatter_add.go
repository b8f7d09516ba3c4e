package op

import (
	"sightglass/engine/device"
	"sightglass/engine/graph"
	"sightglass/engine/tensor"
)

// ScatterAdd adds each row of x [N, C] to the row index [N] of a result [R, C] that starts as 0. Rows with a negative index go nowhere.
func ScatterAdd(x, index *graph.Node, r int) *graph.Node {
	return graph.Apply(scatterAdd{rowsOf(x), u32(r)}, x, index)
}

type scatterAdd struct {
	rows
	R uint32
}

var _ = graph.Define(scatterAdd{}, graph.Cases(func(in []*graph.Node) *graph.Node {
	return ScatterAdd(in[0], in[1], 4)
}, "7x16 7:i32>-2<4", "9x7 9:i32>-2<4", "1x1 1:i32<4"))

func (scatterAdd) Name() string { return "scatter_add" }

func (o scatterAdd) Shape(in []tensor.Type) (tensor.Type, error) {
	x := in[0]
	if !floats(x) || len(x.Shape) != 2 || !same(tensor.Type{DType: tensor.I32, Shape: x.Shape[:1]}, in[1]) {
		return want("x f32[N C], index i32[N]")
	}
	return tensor.Type{DType: tensor.F32, Shape: tensor.Shape{int(o.R), int(o.C)}}, nil
}

func (o scatterAdd) Ref(y tensor.Array, in []tensor.Array) {
	sums := make([]float64, o.R*o.C)
	for i, x := range in[0].Rows() {
		r := in[1].I32()[i]
		if r < 0 {
			continue
		}
		for j, v := range x {
			sums[int(r)*int(o.C)+j] += float64(v)
		}
	}
	for i, s := range sums {
		y.F32()[i] = float32(s)
	}
}

func (o scatterAdd) Launch(tensor.Type, []tensor.Type) device.Launch {
	return perFour("scatter_add", o, o.R, o.C)
}

func (scatterAdd) Grad(_, dy *graph.Node, in []*graph.Node) []*graph.Node {
	x, index := in[0], in[1]
	return []*graph.Node{Merge(Scale(x, 0), dy, index), nil}
}
