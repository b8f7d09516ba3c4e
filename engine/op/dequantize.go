package op

import (
	"sightglass/engine/device"
	"sightglass/engine/graph"
	"sightglass/engine/tensor"
)

// Dequantize unpacks a matrix quantized as aff says, w u32 [M, K·bits/32] with scales and biases [M, K/group], to f32 [M, K].
func Dequantize(w, scales, biases *graph.Node, aff tensor.Affine) *graph.Node {
	return graph.Apply(dequantize{dim(w, 0), inputs(w, aff), u32(aff.Group)}, w, scales, biases)
}

type dequantize struct{ M, K, Group uint32 }

var _ = graph.Define(dequantize{}, graph.Cases(func(in []*graph.Node) *graph.Node {
	return Dequantize(in[0], in[1], in[2], tensor.Affine{Bits: 4, Group: 32})
}, "3x8:u32 3x2 3x2", "5x12:u32 5x3:f16 5x3:f16", "1x4:u32 1x1:bf16 1x1:bf16"), graph.Cases(func(in []*graph.Node) *graph.Node {
	return Dequantize(in[0], in[1], in[2], tensor.Affine{Bits: 8, Group: 64})
}, "3x32:u32 3x2 3x2", "5x16:u32 5x1:f16 5x1:f16"))

func (dequantize) Name() string { return "dequantize" }

func (o dequantize) Shape(in []tensor.Type) (tensor.Type, error) {
	if err := packed(in, o.M, o.K, o.Group); err != nil {
		return tensor.Type{}, err
	}
	return tensor.Type{DType: tensor.F32, Shape: tensor.Shape{int(o.M), int(o.K)}}, nil
}

func (dequantize) Ref(y tensor.Array, in []tensor.Array) {
	out := y.Rows()
	unpack := unpacker(in, y.Shape.Last())
	for i := range out {
		unpack(out[i], i)
	}
}

func (o dequantize) Launch(_ tensor.Type, in []tensor.Type) device.Launch {
	return perFour(packedKernel("dequantize", in, o.K), o, o.M, o.K)
}

// Packed weights are not trained, and neither are their scales.
func (dequantize) Grad(_, _ *graph.Node, _ []*graph.Node) []*graph.Node { return graph.NoGrad() }

// inputs is the number of inputs K of a packed matrix.
func inputs(w *graph.Node, aff tensor.Affine) uint32 {
	return dim(w, 1) * 32 / max(u32(aff.Bits), 1)
}

// packed returns an error unless in starts with a packed matrix [M, K], its scales and its biases.
func packed(in []tensor.Type, m, k, group uint32) error {
	w, scales := in[0], in[1]
	_, err := want("w u32[M K·bits/32], scales [M K/%d] and biases like them", group)
	if w.DType != tensor.U32 || len(w.Shape) != 2 || !scales.DType.Float() || len(scales.Shape) != 2 || !same(scales, in[2]) || scales.Shape[0] != int(m) {
		return err
	}
	if aff, e := tensor.AffineOf(int(k), w.Shape[1], scales.Shape[1]); e != nil || aff.Group != int(group) {
		return err
	}
	return nil
}

// packedKernel names the kernel for the bits of a packed matrix and the type of its scales, such as "qlinear_4_f16".
func packedKernel(stem string, in []tensor.Type, k uint32) string {
	bits := "_4_"
	if in[0].Shape[1]*32 == int(k)*8 {
		bits = "_8_"
	}
	return stem + bits + in[1].DType.String()
}

// unpacker returns a function that dequantizes row i of a packed matrix with k inputs.
func unpacker(in []tensor.Array, k int) func(out []float32, i int) {
	w, scales, biases := in[0].U32(), in[1].Floats(), in[2].Floats()
	words, groups := in[0].Shape.Last(), in[1].Shape.Last()
	aff := tensor.Affine{Bits: words * 32 / k, Group: k / groups}
	return func(out []float32, i int) {
		aff.Row(out, w[i*words:(i+1)*words], scales[i*groups:(i+1)*groups], biases[i*groups:(i+1)*groups])
	}
}
