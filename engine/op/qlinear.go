package op

import (
	"sightglass/engine/device"
	"sightglass/engine/graph"
	"sightglass/engine/tensor"
)

// QLinear is Linear by a matrix [M, K] that is quantized as aff says: w u32 [M, K·bits/32], scales and biases [M, K/group]; b may be nil.
// Unless exact is set, a device may round the activations to 8 bits in groups of 32, or to bf16, and the weights with them.
func QLinear(x, w, scales, biases, b *graph.Node, aff tensor.Affine, exact bool) *graph.Node {
	o := qlinear{N: u32(x.Type.Shape.Rows()), K: inputs(w, aff), M: dim(w, 0), Group: u32(aff.Group), Exact: flag(exact)}
	if b == nil {
		return graph.Apply(o, x, w, scales, biases)
	}
	o.Bias = 1
	return graph.Apply(o, x, w, scales, biases, b)
}

type qlinear struct{ N, K, M, Group, Bias, Exact uint32 }

var _ = graph.Define(qlinear{}, graph.Cases(func(in []*graph.Node) *graph.Node {
	return QLinear(in[0], in[1], in[2], in[3], nil, tensor.Affine{Bits: 4, Group: 32}, true)
}, "3x64 5x8:u32 5x2 5x2", "2x3x96 7x12:u32 7x3:f16 7x3:f16", "1x32 1x4:u32 1x1:bf16 1x1:bf16", "1x1632 9x204:u32 9x51:f16 9x51:f16", "70x96 67x12:u32 67x3 67x3"), graph.Cases(func(in []*graph.Node) *graph.Node {
	return QLinear(in[0], in[1], in[2], in[3], in[4], tensor.Affine{Bits: 8, Group: 64}, true)
}, "3x128 5x32:u32 5x2 5x2 5", "17x64 33x16:u32 33x1:f16 33x1:f16 33", "1x832 3x208:u32 3x13:bf16 3x13:bf16 3"), graph.Cases(func(in []*graph.Node) *graph.Node {
	return QLinear(in[0], in[1], in[2], in[3], nil, tensor.Affine{Bits: 4, Group: 64}, false)
}, "3x64 5x8:u32 5x1:f16 5x1:f16"), graph.Cases(func(in []*graph.Node) *graph.Node {
	return QLinear(in[0], in[1], in[2], in[3], nil, tensor.Affine{Bits: 4, Group: 128}, true)
}, "2x256 5x32:u32 5x2:f16 5x2:f16"), graph.Cases(func(in []*graph.Node) *graph.Node {
	return QLinear(in[0], in[1], in[2], in[3], in[4], tensor.Affine{Bits: 4, Group: 64}, true)
}, "1x128 5x16:u32 5x2 5x2 5", "5x64 3x8:u32 3x1 3x1 3", "19x64 7x8:u32 7x1 7x1 7"), graph.Cases(func(in []*graph.Node) *graph.Node {
	return QLinear(in[0], in[1], in[2], in[3], nil, tensor.Affine{Bits: 8, Group: 128}, true)
}, "1x256 5x64:u32 5x2 5x2", "2x128 5x32:u32 5x1 5x1"), graph.Cases(func(in []*graph.Node) *graph.Node {
	return QLinear(in[0], in[1], in[2], in[3], nil, tensor.Affine{Bits: 8, Group: 32}, true)
}, "18x96 7x24:u32 7x3 7x3"), graph.Bench(func(in []*graph.Node) *graph.Node {
	return QLinear(in[0], in[1], in[2], in[3], nil, tensor.Affine{Bits: 4, Group: 64}, false)
}, "1x576 1536x72:u32 1536x9:f16 1536x9:f16", "512x576 1536x72:u32 1536x9:f16 1536x9:f16"))

func (qlinear) Name() string { return "qlinear" }

func (o qlinear) Shape(in []tensor.Type) (tensor.Type, error) {
	x := in[0]
	if err := packed(in[1:], o.M, o.K, o.Group); err != nil {
		return tensor.Type{}, err
	}
	if !floats(x) || len(x.Shape) == 0 || x.Shape.Last() != int(o.K) {
		return want("x f32[... %d]", o.K)
	}
	if o.Bias == 1 && !same(tensor.Type{DType: tensor.F32, Shape: tensor.Shape{int(o.M)}}, in[4]) {
		return want("b f32[%d]", o.M)
	}
	return tensor.Type{DType: tensor.F32, Shape: withLast(x.Shape, int(o.M))}, nil
}

func (o qlinear) Ref(y tensor.Array, in []tensor.Array) {
	w := tensor.NewArray(tensor.F32, int(o.M), int(o.K))
	dequantize{}.Ref(w, in[1:4])
	linear{Bias: o.Bias}.Ref(y, append([]tensor.Array{in[0], w}, in[4:]...))
}

func (o qlinear) Launch(_ tensor.Type, in []tensor.Type) device.Launch {
	if o.N <= 16 {
		return o.few("qlinear", o, in[1:])
	}
	return product(packedKernel("qlinear", in[1:], o.K), o, int(o.N), int(o.M), o.Bias == 1)
}

// few launches an op on few rows. Up to four simdgroups share the columns, of which a lane takes 64 bits of weights at a time, and make eight
// outputs of one row, or four outputs of four rows.
func (o qlinear) few(kernel string, args any, packed []tensor.Type) device.Launch {
	l := product(packedKernel(kernel, packed, o.K), args, int(o.N), int(o.M), o.Bias == 1)
	words := packed[0].Shape.Last()
	l.Group[0] = 32 * min(4, ceil(words, 64))
	l.Grid[1] = ceil(int(o.M), 4)
	if o.N == 1 {
		l.Grid[1] = ceil(int(o.M), 8)
	}
	return l
}

func (o qlinear) Expand(in []*graph.Node) *graph.Node {
	if o.Bias == 1 {
		return Linear(in[0], o.weight(in), in[4], true)
	}
	return Linear(in[0], o.weight(in), nil, true)
}

// dx = dy·w, db = Σrows dy. Packed weights are not trained.
func (o qlinear) Grad(_, dy *graph.Node, in []*graph.Node) []*graph.Node {
	g := make([]*graph.Node, len(in))
	g[0] = Reshape(MatMul(flat(dy), o.weight(in), false, false), in[0].Shape()...)
	if o.Bias == 1 {
		g[4] = SumTo(dy, in[4].Shape())
	}
	return g
}

func (o qlinear) weight(in []*graph.Node) *graph.Node {
	return graph.Apply(dequantize{o.M, o.K, o.Group}, in[1], in[2], in[3])
}
