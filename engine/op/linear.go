package op

import (
	"sightglass/engine/device"
	"sightglass/engine/graph"
	"sightglass/engine/tensor"
)

// Linear multiplies rows x [..., K] by a matrix w [M, K] stored as f32, f16 or bf16, and adds b [M] unless it is nil. Unless exact is set, a
// device may round x to bf16 where w is bf16:
//
//	y = x·wᵀ + b    [..., M]
func Linear(x, w, b *graph.Node, exact bool) *graph.Node {
	o := linear{N: u32(x.Type.Shape.Rows()), K: u32(x.Type.Shape.Last()), M: dim(w, 0), Exact: flag(exact)}
	if b == nil {
		return graph.Apply(o, x, w)
	}
	o.Bias = 1
	return graph.Apply(o, x, w, b)
}

type linear struct{ N, K, M, Bias, Exact uint32 }

var _ = graph.Define(linear{}, graph.Cases(func(in []*graph.Node) *graph.Node {
	return Linear(in[0], in[1], nil, true)
}, "3x64 5x64", "1x33 7x33:f16", "2x3x48 16x48:bf16", "1x1 1x1", "1x1100 9x1100:f16", "70x72 67x72:bf16"), graph.Cases(func(in []*graph.Node) *graph.Node {
	return Linear(in[0], in[1], in[2], true)
}, "3x64 5x64 5", "17x40 33x40:f16 33", "1x30 3x30:f16 3"), graph.Bench(func(in []*graph.Node) *graph.Node {
	return Linear(in[0], in[1], nil, true)
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

func (o linear) Launch(_ tensor.Type, in []tensor.Type) device.Launch {
	return product("linear_"+in[1].DType.String(), o, int(o.N), int(o.M), o.Bias == 1)
}

// product launches the multiplication of n rows by a matrix with m outputs. Few rows go by simdgroups, two to a threadgroup, that make four
// outputs of one row or of four; many go by tiles of 64 x 64.
func product(kernel string, args any, n, m int, bias bool) device.Launch {
	l := device.Launch{Kernel: kernel, Args: args}
	switch {
	case n == 1:
		l.Variant, l.Grid, l.Group = "mv", [3]int{1, ceil(m, 8), 1}, [3]int{64, 1, 1}
	case n <= 16:
		l.Variant, l.Grid, l.Group = "mv4", [3]int{ceil(n, 4), ceil(m, 8), 1}, [3]int{64, 1, 1}
	default:
		l.Variant, l.Grid, l.Group = "mm", [3]int{ceil(n, 64), ceil(m, 64), 1}, [3]int{128, 1, 1}
	}
	if bias {
		l.Variant += "_bias"
	}
	return l
}

func ceil(n, d int) int { return (n + d - 1) / d }

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
