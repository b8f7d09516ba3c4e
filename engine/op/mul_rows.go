package op

import (
	"sightglass/engine/device"
	"sightglass/engine/graph"
	"sightglass/engine/tensor"
)

// MulRows multiplies each row of x [..., C] by its number in r [..., 1].
func MulRows(x, r *graph.Node) *graph.Node { return graph.Apply(mulRows{rowsOf(x)}, x, r) }

type mulRows struct{ rows }

var _ = graph.Define(mulRows{}, graph.Cases(func(in []*graph.Node) *graph.Node {
	return MulRows(in[0], in[1])
}, "3x64 3x1", "2x3x33 2x3x1", "1 1"))

func (mulRows) Name() string { return "mul_rows" }

func (mulRows) Shape(in []tensor.Type) (tensor.Type, error) {
	x, r := in[0], in[1]
	if !floats(x, r) || len(x.Shape) == 0 || !r.Shape.Equal(withLast(x.Shape, 1)) {
		return want("x f32[... C], r f32[... 1]")
	}
	return x, nil
}

func (mulRows) Ref(y tensor.Array, in []tensor.Array) {
	r, out := in[1].F32(), y.Rows()
	for i, x := range in[0].Rows() {
		for j, v := range x {
			out[i][j] = v * r[i]
		}
	}
}

func (o mulRows) Launch(tensor.Type, []tensor.Type) device.Launch {
	return perFour("mul_rows", o, o.N, o.C)
}

func (mulRows) InPlace() int { return 0 }

func (o mulRows) Grad(_, dy *graph.Node, in []*graph.Node) []*graph.Node {
	x, r := in[0], in[1]
	return []*graph.Node{MulRows(dy, r), sumRows(Mul(dy, x))}
}

// sumRows is the sum of each row of x [..., C], as [..., 1].
func sumRows(x *graph.Node) *graph.Node { return Scale(Mean(x), float32(x.Dim(-1))) }
