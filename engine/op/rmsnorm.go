package op

import (
	"math"

	"sightglass/engine/device"
	"sightglass/engine/graph"
	"sightglass/engine/tensor"
)

// RMSNorm scales each row of x [N, C] to unit root mean square, then by w [C] plus a shift, which is 1 in Gemma and 0 elsewhere:
//
//	y = x / √(mean(x²) + eps) · (w + shift)
func RMSNorm(x, w *graph.Node, eps, shift float32) *graph.Node {
	return graph.Apply(rmsnorm{rowsOf(x), eps, shift}, x, w)
}

type rmsnorm struct {
	rows
	Eps, Shift float32
}

var _ = graph.Define(rmsnorm{}, graph.Cases(func(in []*graph.Node) *graph.Node {
	return RMSNorm(in[0], in[1], 1e-5, 0)
}, "3x64 64", "2x7x33 33", "1x1 1", "1x4096 4096", "2x1031 1031", "1x17000 17000"), graph.Cases(func(in []*graph.Node) *graph.Node {
	return RMSNorm(in[0], in[1], 1e-6, 1)
}, "3x64 64", "2x37 37", "1x2050 2050", "2x4100 4100", "1x17001 17001"), graph.Bench(func(in []*graph.Node) *graph.Node {
	return RMSNorm(in[0], in[1], 1e-5, 0)
}, "1x576 576", "512x576 576"))

func (rmsnorm) Name() string { return "rmsnorm" }

func (rmsnorm) Shape(in []tensor.Type) (tensor.Type, error) {
	x, w := in[0], in[1]
	if !floats(x, w) || !w.Shape.Equal(tensor.Shape{x.Shape.Last()}) {
		return want("x f32[N C], w f32[C]")
	}
	return x, nil
}

func (o rmsnorm) Ref(y tensor.Array, in []tensor.Array) {
	w, out := in[1].F32(), y.Rows()
	for i, x := range in[0].Rows() {
		var sum float64
		for _, v := range x {
			sum += float64(v) * float64(v)
		}
		r := float32(1 / math.Sqrt(sum/float64(o.C)+float64(o.Eps)))
		for j, v := range x {
			out[i][j] = v * r * (w[j] + o.Shift)
		}
	}
}

func (o rmsnorm) Launch(_ tensor.Type, in []tensor.Type) device.Launch {
	return o.launch(suffixed("rmsnorm", tensor.F32, in[1].DType), o)
}

// With r = 1/√(mean(x²)+eps), n = x·r and g = dy·(w+shift): dx = r·(g − n·mean(g·n)) and dw = Σrows dy·n.
func (o rmsnorm) Grad(_, dy *graph.Node, in []*graph.Node) []*graph.Node {
	x, w := in[0], in[1]
	r := Rsqrt(Mean(Mul(x, x)), o.Eps)
	n, g := MulRows(x, r), Mul(dy, w)
	if o.Shift != 0 {
		g = Add(g, Scale(dy, o.Shift))
	}
	dx := MulRows(Sub(g, MulRows(n, Mean(Mul(g, n)))), r)
	return []*graph.Node{dx, SumTo(Mul(dy, n), w.Shape())}
}
