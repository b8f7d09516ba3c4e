package op

import (
	"sightglass/engine/device"
	"sightglass/engine/graph"
	"sightglass/engine/tensor"
)

// Argmax is the index of the largest number of each row of x [..., C], the first of them if there are several, as i32 [...].
func Argmax(x *graph.Node) *graph.Node { return graph.Apply(argmax{rowsOf(x)}, x) }

type argmax struct{ rows }

var _ = graph.Define(argmax{}, graph.Cases(func(in []*graph.Node) *graph.Node {
	return Argmax(in[0])
}, "3x64", "2x3x33", "1x1", "2x1500", "2x1031"))

func (argmax) Name() string { return "argmax" }

func (argmax) Shape(in []tensor.Type) (tensor.Type, error) {
	x := in[0]
	if !floats(x) || len(x.Shape) == 0 {
		return want("x f32[... C]")
	}
	return tensor.Type{DType: tensor.I32, Shape: x.Shape[:len(x.Shape)-1]}, nil
}

func (argmax) Ref(y tensor.Array, in []tensor.Array) {
	for i, x := range in[0].Rows() {
		best := 0
		for j, v := range x {
			if v > x[best] {
				best = j
			}
		}
		y.I32()[i] = int32(best)
	}
}

func (o argmax) Launch(tensor.Type, []tensor.Type) device.Launch {
	return o.launch("argmax", o)
}

// An index does not change with its numbers, or jumps.
func (argmax) Grad(_, _ *graph.Node, _ []*graph.Node) []*graph.Node { return graph.NoGrad() }
