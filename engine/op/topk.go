package op

import (
	"math"
	"slices"
	"sort"

	"sightglass/engine/device"
	"sightglass/engine/graph"
	"sightglass/engine/tensor"
)

// TopK is the indices of the k largest numbers of each row of x [..., C], the largest first and of equals the first, as i32 [..., k].
// NaN and what is not below the largest f32 in size count as no numbers: where a row has fewer than k, −1 stands for the rest.
func TopK(x *graph.Node, k int) *graph.Node { return graph.Apply(topk{rowsOf(x), u32(k)}, x) }

type topk struct {
	rows
	K uint32
}

var _ = graph.Define(topk{}, graph.Cases(func(in []*graph.Node) *graph.Node {
	return TopK(in[0], 7)
}, "3x64", "2x3x33", "2x1500", "2x1031"), graph.Cases(func(in []*graph.Node) *graph.Node {
	return TopK(in[0], 1)
}, "2x5", "1x1"), graph.Cases(func(in []*graph.Node) *graph.Node {
	return TopK(in[0], 33)
}, "2x33"), graph.Cases(func(in []*graph.Node) *graph.Node {
	return TopK(BroadcastTo(in[0], tensor.Shape{2, 40}), 5) // of equals, the first
}, "2x1"), graph.Cases(func(in []*graph.Node) *graph.Node {
	return TopK(Exp(Scale(in[0], 3e4)), 20) // half of them are infinite, and no numbers
}, "2x20"), graph.Bench(func(in []*graph.Node) *graph.Node {
	return TopK(in[0], 64)
}, "1x49280"))

func (topk) Name() string { return "topk" }

func (o topk) Shape(in []tensor.Type) (tensor.Type, error) {
	x := in[0]
	if !floats(x) || len(x.Shape) == 0 || o.K < 1 || o.K > o.C {
		return want("x f32[... C] with C at least k = %d, and k at least 1", o.K)
	}
	return tensor.Type{DType: tensor.I32, Shape: withLast(x.Shape, int(o.K))}, nil
}

func (o topk) Ref(y tensor.Array, in []tensor.Array) {
	k := int(o.K)
	for n, x := range in[0].Rows() {
		out := y.I32()[n*k : (n+1)*k]
		best := make([]int32, 0, k+1)
		for i, v := range x {
			if len(best) == k && !(v > x[best[k-1]]) || !(math.Abs(float64(v)) < math.MaxFloat32) {
				continue
			}
			at := sort.Search(len(best), func(j int) bool { return x[best[j]] < v }) // behind those that are equal
			best = slices.Insert(best, at, int32(i))
			best = best[:min(len(best), k)]
		}
		for i := range out {
			out[i] = -1
		}
		copy(out, best)
	}
}

func (o topk) Launch(tensor.Type, []tensor.Type) device.Launch {
	return device.Launch{Kernel: "topk", Grid: [3]int{int(o.N), 1, 1}, Group: [3]int{threadsFor(o.C), 1, 1}, Args: o}
}

// Indices do not change with their numbers, or jump.
func (topk) Grad(_, _ *graph.Node, _ []*graph.Node) []*graph.Node { return graph.NoGrad() }
