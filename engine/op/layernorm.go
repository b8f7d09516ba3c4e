package op

import (
	"math"

	"sightglass/engine/device"
	"sightglass/engine/graph"
	"sightglass/engine/tensor"
)

// LayerNorm brings each row of x [..., C] to mean 0 and variance 1, then scales it by w [C] and adds b [C]:
//
//	y = (x − mean(x)) / √(var(x) + eps) · w + b
func LayerNorm(x, w, b *graph.Node, eps float32) *graph.Node {
	return graph.Apply(layernorm{rowsOf(x), eps}, x, w, b)
}

type layernorm struct {
	rows
	Eps float32
}

var _ = graph.Define(layernorm{}, graph.Cases(func(in []*graph.Node) *graph.Node {
	return LayerNorm(in[0], in[1], in[2], 1e-5)
}, "3x64 64 64", "2x7x33 33 33", "1x1000 1000 1000", "2x1031 1031 1031", "1x17000 17000 17000"), graph.Bench(func(in []*graph.Node) *graph.Node {
	return LayerNorm(in[0], in[1], in[2], 1e-6)
}, "1024x768 768 768"))

func (layernorm) Name() string { return "layernorm" }

func (o layernorm) Shape(in []tensor.Type) (tensor.Type, error) {
	c := tensor.Type{DType: tensor.F32, Shape: tensor.Shape{in[0].Shape.Last()}}
	if !floats(in[0]) || !same(c, in[1], in[2]) {
		return want("x f32[... C], w f32[C], b f32[C]")
	}
	return in[0], nil
}

func (o layernorm) Ref(y tensor.Array, in []tensor.Array) {
	w, b, out := in[1].F32(), in[2].F32(), y.Rows()
	for i, x := range in[0].Rows() {
		var sum, squares float64
		for _, v := range x {
			sum += float64(v)
		}
		mean := sum / float64(o.C)
		for _, v := range x {
			squares += (float64(v) - mean) * (float64(v) - mean)
		}
		r := 1 / math.Sqrt(squares/float64(o.C)+float64(o.Eps))
		for j, v := range x {
			out[i][j] = float32((float64(v)-mean)*r*float64(w[j]) + float64(b[j]))
		}
	}
}

func (o layernorm) Launch(_ tensor.Type, in []tensor.Type) device.Launch {
	return o.launch(suffixed("layernorm", tensor.F32, in[1].DType), o)
}

func (o layernorm) Expand(in []*graph.Node) *graph.Node {
	n, _ := o.normal(in[0])
	return Add(Mul(n, in[1]), in[2])
}

// With n the normal rows, r = 1/√(var+eps) and g = dy·w: dx = r·(g − mean(g) − n·mean(g·n)), dw = Σrows dy·n, db = Σrows dy.
func (o layernorm) Grad(_, dy *graph.Node, in []*graph.Node) []*graph.Node {
	x, w := in[0], in[1]
	n, r := o.normal(x)
	g := Mul(dy, w)
	dx := MulRows(Sub(center(g), MulRows(n, Mean(Mul(g, n)))), r)
	return []*graph.Node{dx, SumTo(Mul(dy, n), w.Shape()), SumTo(dy, w.Shape())}
}

// normal is the rows of x with mean 0 and variance 1, and 1/√(var+eps).
func (o layernorm) normal(x *graph.Node) (n, r *graph.Node) {
	c := center(x)
	r = Rsqrt(Mean(Mul(c, c)), o.Eps)
	return MulRows(c, r), r
}

// center takes its mean from each row.
func center(x *graph.Node) *graph.Node { return Sub(x, BroadcastTo(Mean(x), x.Shape())) }
