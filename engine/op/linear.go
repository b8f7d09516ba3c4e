package op

import (
	"sightglass/engine/device"
	"sightglass/engine/graph"
	"sightglass/engine/tensor"
)

// Linear multiplies rows x [..., K] by a matrix w [M, K] stored as f32, f16 or bf16, and adds b [M] unless it is nil:
//
//	y = x·wᵀ + b    [..., M]
func Linear(x, w, b *graph.Node) *graph.Node {
	o := linear{N: u32(x.Type.Shape.Rows()), K: u32(x.Type.Shape.Last()), M: dim(w, 0)}
	if b == nil {
		return graph.Apply(o, x, w)
	}
	o.Bias = 1
	return graph.Apply(o, x, w, b)
}

type linear struct{ N, K, M, Bias uint32 }

var _ = graph.Define(linear{}, graph.Cases(func(in []*graph.Node) *graph.Node {
	return Linear(in[0], in[1], nil)
}, "3x64 5x64", "1x33 7x33:f16", "2x3x48 16x48:bf16", "1x1 1x1"), graph.Cases(func(in []*graph.Node) *graph.Node {
	return Linear(in[0], in[1], in[2])
}, "3x64 5x64 5", "17x40 33x40:f16 33"), graph.Bench(func(in []*graph.Node) *graph.Node {
	return Linear(in[0], in[1], nil)
}, "1x576 1536x576:f16", "512x576 1536x576:f16", "1024x768 3072x768"))

func (linear) Name() string { return "linear" }

func (o linear) Shape(in []tensor.Type) (tensor.Type, error) {
	x, w := in[0], in[1]
	if !floats(x) || len(x.Shape) == 0 || !w.DType.Float() || len(w.Shape) != 2 || w.Shape[1] != x.Shape.Last() {
		return want("x f32[N K], w [M K], b f32[M]")
	}
	if o.Bias == 1 && (!floats(in[2]) || !in[2].Shape.Equal(w.Shape[:1])) {
		return want("x f32[N K], w [M K], b f32[M]")
	}
	return tensor.Type{DType: tensor.F32, Shape: withLast(x.Shape, w.Shape[0])}, nil
}

func (o linear) Ref(y tensor.Array, in []tensor.Array) {
	w := tensor.Of(in[1].Floats(), in[1].Shape...).Rows()
	out := y.Rows()
	for i, x := range in[0].Rows() {
		for j, row := range w {
			var sum float64
			for k, v := range x {
				sum += float64(v) * float64(row[k])
			}
			if o.Bias == 1 {
				sum += float64(in[2].F32()[j])
			}
			out[i][j] = float32(sum)
		}
	}
}

func (o linear) Launch(y tensor.Type, in []tensor.Type) device.Launch {
	return device.PerTile("linear_"+in[1].DType.String(), o, y, 32, 32)
}

// dx = dy·w, dw = dyᵀ·x (f32 weights only: others are not trained), db = Σrows dy.
func (o linear) Grad(_, dy *graph.Node, in []*graph.Node) []*graph.Node {
	x, w := in[0], in[1]
	g := make([]*graph.Node, len(in))
	g[0] = Reshape(MatMul(flat(dy), Cast(w, tensor.F32), false, false), x.Shape()...)
	if w.Type.DType == tensor.F32 {
		g[1] = MatMul(flat(dy), flat(x), true, false)
	}
	if o.Bias == 1 {
		g[2] = SumTo(dy, in[2].Shape())
	}
	return g
}

// withLast is s with another innermost extent.
func withLast(s tensor.Shape, n int) tensor.Shape {
	return append(s[:len(s)-1:len(s)-1], n)
}

// flat views x as a matrix of its innermost rows.
func flat(x *graph.Node) *graph.Node {
	return Reshape(x, x.Type.Shape.Rows(), x.Dim(-1))
}
