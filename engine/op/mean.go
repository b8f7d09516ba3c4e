package op

import (
	"sightglass/engine/device"
	"sightglass/engine/graph"
	"sightglass/engine/tensor"
)

// Mean is the mean of each row of x [..., C], as [..., 1].
func Mean(x *graph.Node) *graph.Node { return graph.Apply(mean{rowsOf(x)}, x) }

type mean struct{ rows }

var _ = graph.Define(mean{}, graph.Cases(func(in []*graph.Node) *graph.Node {
	return Mean(in[0])
}, "3x64", "2x3x33", "1"))

func (mean) Name() string { return "mean" }

func (mean) Shape(in []tensor.Type) (tensor.Type, error) {
	x := in[0]
	if !floats(x) || len(x.Shape) == 0 {
		return want("x f32[... C]")
	}
	return tensor.Type{DType: tensor.F32, Shape: withLast(x.Shape, 1)}, nil
}

func (o mean) Ref(y tensor.Array, in []tensor.Array) {
	for i, x := range in[0].Rows() {
		var sum float64
		for _, v := range x {
			sum += float64(v)
		}
		y.F32()[i] = float32(sum / float64(o.C))
	}
}

func (o mean) Launch(_ tensor.Type, in []tensor.Type) device.Launch {
	return device.PerRow("mean", o, in[0])
}

func (o mean) Grad(_, dy *graph.Node, in []*graph.Node) []*graph.Node {
	return []*graph.Node{BroadcastTo(Scale(dy, 1/float32(o.C)), in[0].Shape())}
}

// rows is the size of a tensor of N rows of C elements.
type rows struct{ N, C uint32 }

func rowsOf(x *graph.Node) rows {
	return rows{u32(x.Type.Shape.Rows()), u32(x.Type.Shape.Last())}
}
