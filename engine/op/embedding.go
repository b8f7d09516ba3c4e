package op

import (
	"sightglass/engine/device"
	"sightglass/engine/graph"
	"sightglass/engine/tensor"
)

// Embedding takes the rows ids [...] of w [V, C], stored as f32, f16 or bf16:
//
//	y[i] = w[ids[i]]    [..., C]
//
// Every id must be at least 0 and below V.
func Embedding(ids, w *graph.Node) *graph.Node {
	return graph.Apply(embedding{u32(ids.Type.Shape.Size()), dim(w, 1), dim(w, 0)}, ids, w)
}

type embedding struct{ N, C, V uint32 }

var _ = graph.Define(embedding{}, graph.Cases(func(in []*graph.Node) *graph.Node {
	return Embedding(in[0], in[1])
}, "5:i32<3 3x64", "2x3:i32<10 10x33:f16", "4:i32<7 7x16:bf16", "1:i32<1 1x1"))

func (embedding) Name() string { return "embedding" }

func (o embedding) Shape(in []tensor.Type) (tensor.Type, error) {
	ids, w := in[0], in[1]
	if ids.DType != tensor.I32 || !w.DType.Float() || len(w.Shape) != 2 {
		return want("ids i32, w [V C]")
	}
	return tensor.Type{DType: tensor.F32, Shape: append(ids.Shape[:len(ids.Shape):len(ids.Shape)], int(o.C))}, nil
}

func (o embedding) Ref(y tensor.Array, in []tensor.Array) {
	w, c, out := in[1], int(o.C), y.Rows()
	row := tensor.Type{DType: w.DType, Shape: tensor.Shape{c}}
	for i, id := range in[0].I32() {
		tensor.Array{Type: row, Data: w.Data[int(id)*row.Bytes():][:row.Bytes()]}.Convert(out[i])
	}
}

func (o embedding) Launch(_ tensor.Type, in []tensor.Type) device.Launch {
	return perFour("embedding_"+in[1].DType.String(), o, o.N, o.C)
}

// Only f32 weights are trained.
func (o embedding) Grad(_, dy *graph.Node, in []*graph.Node) []*graph.Node {
	ids, w := in[0], in[1]
	if w.Type.DType != tensor.F32 {
		return graph.NoGrad()
	}
	return []*graph.Node{nil, ScatterAdd(flat(dy), Reshape(ids, int(o.N)), int(o.V))}
}
