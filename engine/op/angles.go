package op

import (
	"math"

	"sightglass/engine/device"
	"sightglass/engine/graph"
	"sightglass/engine/tensor"
)

// Angles makes the table for Rope of positions pos [N, A] on A axes and frequencies freqs [A, R/2], in radians a position:
//
//	table[n] = cos(Σa pos[n, a]·freqs[a]), sin(Σa pos[n, a]·freqs[a])    [N, R]
//
// Words have one axis, pos [N] and freqs [R/2]; on several, a frequency follows those where it is not 0. The angles are float64, for they grow
// with the position.
func Angles(pos, freqs *graph.Node) *graph.Node {
	o := angles{N: dim(pos, 0), A: 1, R: 2 * dim(freqs, 0)}
	if len(freqs.Shape()) == 2 {
		o.A, o.R = dim(freqs, 0), 2*dim(freqs, 1)
	}
	return graph.Apply(o, pos, freqs)
}

type angles struct{ N, A, R uint32 }

var _ = graph.Define(angles{}, graph.Cases(func(in []*graph.Node) *graph.Node {
	return Angles(in[0], in[1])
}, "5:i32<1000 32", "1:i32<9 1", "3:i32<100000 5", "5x3:i32<1000 3x32", "4x2:i32<100 2x7", "1x1:i32<9 1x1"))

// Wide implements graph.Wide.
func (angles) Wide() {}

func (angles) Name() string { return "angles" }

func (o angles) Shape(in []tensor.Type) (tensor.Type, error) {
	pos, freqs := in[0], in[1]
	n, half := tensor.Shape{int(o.N)}, tensor.Shape{int(o.R / 2)}
	if len(freqs.Shape) == 2 {
		n, half = tensor.Shape{int(o.N), int(o.A)}, tensor.Shape{int(o.A), int(o.R / 2)}
	}
	if !same(tensor.Type{DType: tensor.I32, Shape: n}, pos) || !floats(freqs) || !freqs.Shape.Equal(half) {
		return want("pos i32[N] and freqs f32[R/2], or pos i32[N A] and freqs f32[A R/2]")
	}
	return tensor.Type{DType: tensor.F32, Shape: tensor.Shape{int(o.N), int(o.R)}}, nil
}

func (o angles) Ref(y tensor.Array, in []tensor.Array) {
	pos, freqs, half, axes := in[0].I32(), in[1].F32(), int(o.R/2), int(o.A)
	for n, out := range y.Rows() {
		for i := range half {
			angle := 0.0
			for a := range axes {
				angle += float64(pos[n*axes+a]) * float64(freqs[a*half+i])
			}
			sin, cos := math.Sincos(angle)
			out[i], out[half+i] = float32(cos), float32(sin)
		}
	}
}

func (o angles) Launch(_ tensor.Type, in []tensor.Type) device.Launch {
	return device.PerElement(suffixed("angles", tensor.F32, in[1].DType), o, tensor.Type{Shape: tensor.Shape{int(o.N), int(o.R / 2)}})
}

// Frequencies are not trained.
func (angles) Grad(_, _ *graph.Node, _ []*graph.Node) []*graph.Node { return graph.NoGrad() }
