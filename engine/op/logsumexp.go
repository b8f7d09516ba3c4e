package op

import (
	"math"

	"sightglass/engine/device"
	"sightglass/engine/graph"
	"sightglass/engine/tensor"
)

// LogSumExp is log Σ eˣ of each row of x [..., C], as [...].
func LogSumExp(x *graph.Node) *graph.Node { return graph.Apply(logsumexp{rowsOf(x)}, x) }

type logsumexp struct{ rows }

var _ = graph.Define(logsumexp{}, graph.Cases(func(in []*graph.Node) *graph.Node {
	return LogSumExp(in[0])
}, "3x64", "2x3x33", "1x1", "2x1500", "2x1031"))

// Wide implements graph.Wide.
func (logsumexp) Wide() {}

func (logsumexp) Name() string { return "logsumexp" }

func (logsumexp) Shape(in []tensor.Type) (tensor.Type, error) {
	x := in[0]
	if !floats(x) || len(x.Shape) == 0 {
		return want("x f32[... C]")
	}
	return tensor.Type{DType: tensor.F32, Shape: x.Shape[:len(x.Shape)-1]}, nil
}

func (logsumexp) Ref(y tensor.Array, in []tensor.Array) {
	for i, x := range in[0].Rows() {
		top, sum := peak(x)
		y.F32()[i] = float32(top + math.Log(sum))
	}
}

func (o logsumexp) Launch(tensor.Type, []tensor.Type) device.Launch {
	return o.launch("logsumexp", o)
}

func (logsumexp) Grad(_, dy *graph.Node, in []*graph.Node) []*graph.Node {
	x := in[0]
	return []*graph.Node{MulRows(Softmax(x), Reshape(dy, withLast(x.Shape(), 1)...))}
}
