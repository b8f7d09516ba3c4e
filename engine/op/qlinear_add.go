package op

import (
	"sightglass/engine/device"
	"sightglass/engine/graph"
	"sightglass/engine/tensor"
)

// QLinearAdd is r + QLinear(x), for one row x and no bias: the end of a block, where its result joins the residual r.
func QLinearAdd(x, r, w, scales, biases *graph.Node, aff tensor.Affine) *graph.Node {
	return graph.Apply(qlinearAdd{qlinear{N: 1, K: inputs(w, aff), M: dim(w, 0), Group: u32(aff.Group), Exact: 1}}, x, r, w, scales, biases)
}

type qlinearAdd struct{ qlinear }

var _ = graph.Define(qlinearAdd{}, graph.Cases(func(in []*graph.Node) *graph.Node {
	return QLinearAdd(in[0], in[1], in[2], in[3], in[4], tensor.Affine{Bits: 4, Group: 32})
}, "1x64 1x5 5x8:u32 5x2 5x2", "1x1632 1x9 9x204:u32 9x51:f16 9x51:f16"), graph.Cases(func(in []*graph.Node) *graph.Node {
	return QLinearAdd(in[0], in[1], in[2], in[3], in[4], tensor.Affine{Bits: 8, Group: 64})
}, "1x832 1x3 3x208:u32 3x13:bf16 3x13:bf16"))

func (qlinearAdd) Name() string { return "qlinear_add" }

func (o qlinearAdd) Shape(in []tensor.Type) (tensor.Type, error) {
	y, err := o.qlinear.Shape(o.product(in))
	if err == nil && (in[0].Shape.Rows() != 1 || !same(y, in[1])) {
		return want("x f32[1 K], r f32[1 M]")
	}
	return y, err
}

// product is the inputs of the product alone.
func (qlinearAdd) product(in []tensor.Type) []tensor.Type {
	return append([]tensor.Type{in[0]}, in[2:]...)
}

func (o qlinearAdd) Ref(y tensor.Array, in []tensor.Array) {
	o.qlinear.Ref(y, append([]tensor.Array{in[0]}, in[2:]...))
	r, out := in[1].F32(), y.F32()
	for i := range out {
		out[i] += r[i]
	}
}

func (o qlinearAdd) Launch(_ tensor.Type, in []tensor.Type) device.Launch {
	l := o.few("qlinear_add", o, in[2:])
	l.Variant = ""
	return l
}

func (o qlinearAdd) Expand(in []*graph.Node) *graph.Node {
	return Add(in[1], graph.Apply(o.qlinear, append([]*graph.Node{in[0]}, in[2:]...)...))
}

// Planning places this op, after gradients are made.
func (qlinearAdd) Grad(_, _ *graph.Node, _ []*graph.Node) []*graph.Node { return graph.NoGrad() }
