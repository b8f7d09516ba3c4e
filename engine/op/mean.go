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
}, "3x64", "2x3x33", "1", "2x1500", "2x1031"))

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

func (o mean) Launch(tensor.Type, []tensor.Type) device.Launch {
	return o.launch("mean", o)
}

func (o mean) Grad(_, dy *graph.Node, in []*graph.Node) []*graph.Node {
	return []*graph.Node{BroadcastTo(Scale(dy, 1/float32(o.C)), in[0].Shape())}
}

// rows is the size of a tensor of N rows of C elements.
type rows struct{ N, C uint32 }

// launch gives each row a simdgroup of a threadgroup or, in the variant wide, where a simdgroup would read a row in more than eight steps of
// four numbers a thread, a threadgroup.
func (r rows) launch(kernel string, args any) device.Launch {
	if r.C > 1024 {
		return device.Launch{Kernel: kernel, Grid: [3]int{int(r.N), 1, 1}, Group: [3]int{threadsFor(r.C), 1, 1}, Args: args, Variant: "wide"}
	}
	n := min(r.N, 4)
	return device.Launch{Kernel: kernel, Grid: [3]int{int((r.N + n - 1) / n), 1, 1}, Group: [3]int{32 * int(n), 1, 1}, Args: args}
}

// threadsFor is a number of threads for n numbers: 16 numbers each, in whole simdgroups, as far as a threadgroup goes.
func threadsFor(n uint32) int { return min(32*int((n+511)/512), 1024) }

func rowsOf(x *graph.Node) rows {
	return rows{u32(x.Type.Shape.Rows()), u32(x.Type.Shape.Last())}
}
