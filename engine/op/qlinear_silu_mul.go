package op

import (
	"sightglass/engine/device"
	"sightglass/engine/graph"
	"sightglass/engine/tensor"
)

// QLinearSiLUMul is SiLUMul of two QLinears of one row x, without biases: gate and up are each packed words, scales and biases.
func QLinearSiLUMul(x *graph.Node, gate, up [3]*graph.Node, aff tensor.Affine) *graph.Node {
	o := qlinearSiLUMul{qlinear{N: 1, K: inputs(gate[0], aff), M: dim(gate[0], 0), Group: u32(aff.Group), Exact: 1}}
	return graph.Apply(o, x, gate[0], gate[1], gate[2], up[0], up[1], up[2])
}

type qlinearSiLUMul struct{ qlinear }

var _ = graph.Define(qlinearSiLUMul{}, graph.Cases(func(in []*graph.Node) *graph.Node {
	return QLinearSiLUMul(in[0], [3]*graph.Node(in[1:4]), [3]*graph.Node(in[4:7]), tensor.Affine{Bits: 4, Group: 32})
}, "1x64 5x8:u32 5x2 5x2 5x8:u32 5x2 5x2", "1x1632 9x204:u32 9x51:f16 9x51:f16 9x204:u32 9x51:f16 9x51:f16"), graph.Cases(func(in []*graph.Node) *graph.Node {
	return QLinearSiLUMul(in[0], [3]*graph.Node(in[1:4]), [3]*graph.Node(in[4:7]), tensor.Affine{Bits: 8, Group: 64})
}, "1x832 3x208:u32 3x13:bf16 3x13:bf16 3x208:u32 3x13:bf16 3x13:bf16"))

func (qlinearSiLUMul) Name() string { return "qlinear_silu_mul" }

func (o qlinearSiLUMul) Shape(in []tensor.Type) (tensor.Type, error) {
	y, err := o.qlinear.Shape(in[:4])
	if err == nil && (in[0].Shape.Rows() != 1 || !same(in[1], in[4]) || !same(in[2], in[5], in[6])) {
		return want("x f32[1 K] and two packed matrices of one type")
	}
	return y, err
}

func (o qlinearSiLUMul) Ref(y tensor.Array, in []tensor.Array) {
	gate, up := tensor.NewArray(tensor.F32, y.Shape...), tensor.NewArray(tensor.F32, y.Shape...)
	o.qlinear.Ref(gate, in[:4])
	o.qlinear.Ref(up, append([]tensor.Array{in[0]}, in[4:]...))
	siluMul{}.Ref(y, []tensor.Array{gate, up})
}

func (o qlinearSiLUMul) Launch(_ tensor.Type, in []tensor.Type) device.Launch {
	l := o.few("qlinear_silu_mul", o, in[1:])
	l.Variant = ""
	l.Grid[1] = ceil(int(o.M), 4) // each with its gate
	return l
}

func (o qlinearSiLUMul) Expand(in []*graph.Node) *graph.Node {
	return SiLUMul(graph.Apply(o.qlinear, in[:4]...), graph.Apply(o.qlinear, append([]*graph.Node{in[0]}, in[4:]...)...))
}

// Planning places this op, after gradients are made.
func (qlinearSiLUMul) Grad(_, _ *graph.Node, _ []*graph.Node) []*graph.Node { return graph.NoGrad() }
