package op

import (
	"math"

	"sightglass/engine/device"
	"sightglass/engine/graph"
	"sightglass/engine/tensor"
)

// Angles makes the table for Rope of positions pos [N] and frequencies freqs [R/2], in radians a position:
//
//	table[n] = cos(pos[n]·freqs), sin(pos[n]·freqs)    [N, R]
//
// The angles are float64, for they grow with the position.
func Angles(pos, freqs *graph.Node) *graph.Node {
	return graph.Apply(angles{dim(pos, 0), 2 * dim(freqs, 0)}, pos, freqs)
}

type angles struct{ N, R uint32 }

var _ = graph.Define(angles{}, graph.Cases(func(in []*graph.Node) *graph.Node {
	return Angles(in[0], in[1])
}, "5:i32<1000 32", "1:i32<9 1", "3:i32<100000 5"))

// Wide implements graph.Wide.
func (angles) Wide() {}

func (angles) Name() string { return "angles" }

func (o angles) Shape(in []tensor.Type) (tensor.Type, error) {
	pos, freqs := in[0], in[1]
	if pos.DType != tensor.I32 || len(pos.Shape) != 1 || !floats(freqs) || len(freqs.Shape) != 1 {
		return want("pos i32[N], freqs f32[R/2]")
	}
	return tensor.Type{DType: tensor.F32, Shape: tensor.Shape{int(o.N), int(o.R)}}, nil
}

func (angles) Ref(y tensor.Array, in []tensor.Array) {
	freqs, out := in[1].F32(), y.Rows()
	for n, pos := range in[0].I32() {
		for i, f := range freqs {
			sin, cos := math.Sincos(float64(pos) * float64(f))
			out[n][i], out[n][len(freqs)+i] = float32(cos), float32(sin)
		}
	}
}

func (o angles) Launch(_ tensor.Type, in []tensor.Type) device.Launch {
	return device.PerElement(suffixed("angles", tensor.F32, in[1].DType), o, tensor.Type{Shape: tensor.Shape{int(o.N), int(o.R / 2)}})
}

// Frequencies are not trained.
func (angles) Grad(_, _ *graph.Node, _ []*graph.Node) []*graph.Node { return graph.NoGrad() }
