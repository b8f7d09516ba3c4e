package op

import (
	"math"

	"sightglass/engine/device"
	"sightglass/engine/graph"
	"sightglass/engine/tensor"
)

// Softmax normalises each row of x [..., C]:
//
//	y = eˣ / Σ eˣ
func Softmax(x *graph.Node) *graph.Node { return graph.Apply(softmax{rowsOf(x)}, x) }

type softmax struct{ rows }

var _ = graph.Define(softmax{}, graph.Cases(func(in []*graph.Node) *graph.Node {
	return Softmax(in[0])
}, "3x64", "2x3x33", "1x1", "1x1000", "2x1500", "2x1031"), graph.Bench(func(in []*graph.Node) *graph.Node {
	return Softmax(in[0])
}, "64x49280"))

func (softmax) InPlace() int { return 0 }

func (softmax) Name() string { return "softmax" }

func (softmax) Shape(in []tensor.Type) (tensor.Type, error) {
	if !floats(in[0]) {
		return want("x f32[... C]")
	}
	return in[0], nil
}

func (softmax) Ref(y tensor.Array, in []tensor.Array) {
	out := y.Rows()
	for i, x := range in[0].Rows() {
		top, sum := peak(x)
		for j, v := range x {
			out[i][j] = float32(math.Exp(float64(v)-top) / sum)
		}
	}
}

func (o softmax) Launch(tensor.Type, []tensor.Type) device.Launch {
	return o.launch("softmax", o)
}

func (softmax) Grad(y, dy *graph.Node, _ []*graph.Node) []*graph.Node {
	return []*graph.Node{softmaxGrad(y, dy)}
}

// softmaxGrad is dx = y·(dy − Σrow y·dy). Where y is 0 for good, as under a mask, so is dx.
func softmaxGrad(y, dy *graph.Node) *graph.Node {
	g := Mul(dy, y)
	return Sub(g, MulRows(y, sumRows(g)))
}

// peak returns the largest number of x and Σ e^(x − largest).
func peak(x []float32) (top, sum float64) {
	top = math.Inf(-1)
	for _, v := range x {
		top = max(top, float64(v))
	}
	for _, v := range x {
		sum += math.Exp(float64(v) - top)
	}
	return top, sum
}
