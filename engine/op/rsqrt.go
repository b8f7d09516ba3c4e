package op

import (
	"math"

	"sightglass/engine/device"
	"sightglass/engine/graph"
	"sightglass/engine/tensor"
)

// Rsqrt returns 1 / √(x + eps) for each element.
func Rsqrt(x *graph.Node, eps float32) *graph.Node {
	return graph.Apply(rsqrt{unaryOf(x), eps}, x)
}

type rsqrt struct {
	unary
	Eps float32
}

var _ = graph.Define(rsqrt{}, graph.Cases(func(in []*graph.Node) *graph.Node {
	return Rsqrt(Mul(in[0], in[0]), 0.5)
}, "3x64", "2x3x1", "1"))

func (rsqrt) Name() string { return "rsqrt" }

func (o rsqrt) Ref(y tensor.Array, in []tensor.Array) {
	each(y, in[0], func(x float64) float64 { return 1 / math.Sqrt(x+float64(o.Eps)) })
}

func (o rsqrt) Launch(tensor.Type, []tensor.Type) device.Launch {
	return perFour("rsqrt", o, 1, o.Size)
}

// dx = −dy · y³ / 2
func (rsqrt) Grad(y, dy *graph.Node, _ []*graph.Node) []*graph.Node {
	return []*graph.Node{Scale(Mul(dy, Mul(y, Mul(y, y))), -0.5)}
}
