package op

import (
	"sightglass/engine/device"
	"sightglass/engine/graph"
	"sightglass/engine/tensor"
)

// QEmbedding takes the rows ids [...] of a matrix [V, C] that is quantized as aff says: w u32 [V, C·bits/32], scales and biases [V, C/group].
// Every id must be at least 0 and below V.
func QEmbedding(ids, w, scales, biases *graph.Node, aff tensor.Affine) *graph.Node {
	o := qembedding{u32(ids.Type.Shape.Size()), inputs(w, aff), dim(w, 0), u32(aff.Group)}
	return graph.Apply(o, ids, w, scales, biases)
}

type qembedding struct{ N, C, V, Group uint32 }

var _ = graph.Define(qembedding{}, graph.Cases(func(in []*graph.Node) *graph.Node {
	return QEmbedding(in[0], in[1], in[2], in[3], tensor.Affine{Bits: 4, Group: 32})
}, "5:i32<3 3x8:u32 3x2 3x2", "2x3:i32<5 5x12:u32 5x3:f16 5x3:f16", "1:i32<1 1x4:u32 1x1:bf16 1x1:bf16"), graph.Cases(func(in []*graph.Node) *graph.Node {
	return QEmbedding(in[0], in[1], in[2], in[3], tensor.Affine{Bits: 8, Group: 64})
}, "5:i32<3 3x32:u32 3x2 3x2", "4:i32<5 5x16:u32 5x1:f16 5x1:f16"))

func (qembedding) Name() string { return "qembedding" }

func (o qembedding) Shape(in []tensor.Type) (tensor.Type, error) {
	ids := in[0]
	if ids.DType != tensor.I32 {
		return want("ids i32")
	}
	if err := packed(in[1:], o.V, o.C, o.Group); err != nil {
		return tensor.Type{}, err
	}
	return tensor.Type{DType: tensor.F32, Shape: append(ids.Shape[:len(ids.Shape):len(ids.Shape)], int(o.C))}, nil
}

func (o qembedding) Ref(y tensor.Array, in []tensor.Array) {
	out := y.Rows()
	unpack := unpacker(in[1:], int(o.C))
	for i, id := range in[0].I32() {
		unpack(out[i], int(id))
	}
}

func (o qembedding) Launch(_ tensor.Type, in []tensor.Type) device.Launch {
	return perFour(packedKernel("qembedding", in[1:], o.C), o, o.N, o.C)
}

func (o qembedding) Expand(in []*graph.Node) *graph.Node {
	return Embedding(in[0], graph.Apply(dequantize{o.V, o.C, o.Group}, in[1:]...))
}

// Packed weights are not trained.
func (qembedding) Grad(_, _ *graph.Node, _ []*graph.Node) []*graph.Node { return graph.NoGrad() }
