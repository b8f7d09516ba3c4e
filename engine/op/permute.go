package op

import (
	"slices"

	"sightglass/engine/device"
	"sightglass/engine/graph"
	"sightglass/engine/tensor"
)

// Permute reorders the dimensions of x, at most five: dimension i of the result is dimension perm[i] of x.
func Permute(x *graph.Node, perm ...int) *graph.Node {
	o := permute{Rank: u32(len(perm))}
	for i := range o.Dims {
		o.Dims[i], o.Perm[i] = max(dim(x, i), 1), u32(i)
		if i < len(perm) {
			o.Perm[i] = u32(perm[i])
		}
	}
	return graph.Apply(o, x)
}

// permute holds the shape of x. Dimensions from Rank on have extent 1 and stay where they are.
type permute struct {
	Rank       uint32
	Dims, Perm [5]uint32
}

var _ = graph.Define(permute{}, graph.Cases(func(in []*graph.Node) *graph.Node {
	return Permute(in[0], 1, 0)
}, "3x64", "1x7", "1x1"), graph.Cases(func(in []*graph.Node) *graph.Node {
	return Permute(in[0], 1, 0, 2)
}, "3x5x16"), graph.Cases(func(in []*graph.Node) *graph.Node {
	return Permute(in[0], 3, 0, 2, 4, 1)
}, "2x3x4x5x6", "1x3x1x2x2"))

func (permute) Name() string { return "permute" }

func (o permute) Shape(in []tensor.Type) (tensor.Type, error) {
	rank := len(in[0].Shape)
	perm := make([]int, 0, rank)
	for i := range min(rank, len(o.Perm)) {
		perm = append(perm, int(o.Perm[i]))
	}
	sorted := slices.Sorted(slices.Values(perm))
	for i, p := range sorted {
		if p != i {
			return want("each dimension once, found %v", perm)
		}
	}
	if !floats(in[0]) || len(perm) != rank || int(o.Rank) != rank {
		return want("x f32 of %d dimensions, at most 5", o.Rank)
	}
	y := make(tensor.Shape, rank)
	for i, p := range perm {
		y[i] = in[0].Shape[p]
	}
	return tensor.Type{DType: tensor.F32, Shape: y}, nil
}

func (o permute) Ref(y tensor.Array, in []tensor.Array) {
	x, out := in[0].F32(), y.F32()
	var extent, stride [5]int // of the result's dimensions, the strides in x
	for i, p := range o.Perm {
		extent[i], stride[i] = int(o.Dims[p]), 1
		for _, d := range o.Dims[p+1:] {
			stride[i] *= int(d)
		}
	}
	for i := range out {
		from, rest := 0, i
		for d := 4; d >= 0; d-- {
			from += rest % extent[d] * stride[d]
			rest /= extent[d]
		}
		out[i] = x[from]
	}
}

func (o permute) Launch(y tensor.Type, _ []tensor.Type) device.Launch {
	return device.PerElement("permute", o, y)
}

func (o permute) Grad(_, dy *graph.Node, _ []*graph.Node) []*graph.Node {
	inverse := make([]int, o.Rank)
	for i := range inverse {
		inverse[o.Perm[i]] = i
	}
	return []*graph.Node{Permute(dy, inverse...)}
}
