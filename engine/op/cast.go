package op

import (
	"sightglass/engine/device"
	"sightglass/engine/graph"
	"sightglass/engine/tensor"
)

// Cast converts x from f32 to f16 or bf16, rounding to nearest even, or from one of them to f32. It is x itself where nothing changes.
func Cast(x *graph.Node, to tensor.DType) *graph.Node {
	if x.Type.DType == to {
		return x
	}
	return graph.Apply(cast{u32(x.Type.Shape.Size()), uint32(to)}, x)
}

type cast struct {
	Size uint32
	To   uint32 // a tensor.DType
}

var _ = graph.Define(cast{}, graph.Cases(func(in []*graph.Node) *graph.Node {
	return Cast(in[0], tensor.F32)
}, "3x33:f16", "3x33:bf16", "1:f16"), graph.Cases(func(in []*graph.Node) *graph.Node {
	return Cast(in[0], tensor.F16)
}, "3x33"), graph.Cases(func(in []*graph.Node) *graph.Node {
	return Cast(in[0], tensor.BF16)
}, "3x33"))

// Casts implements graph.Caster.
func (cast) Casts(size int, d tensor.DType) graph.Op { return cast{u32(size), uint32(d)} }

func (cast) Name() string { return "cast" }

func (o cast) Shape(in []tensor.Type) (tensor.Type, error) {
	from, to := in[0].DType, tensor.DType(o.To)
	if !from.Float() || !to.Float() || (from != tensor.F32) == (to != tensor.F32) {
		return want("f32 to f16 or bf16, or back")
	}
	return tensor.Type{DType: to, Shape: in[0].Shape}, nil
}

func (cast) Ref(y tensor.Array, in []tensor.Array) { y.Store(in[0].Floats()) }

func (o cast) Launch(y tensor.Type, in []tensor.Type) device.Launch {
	return perFour("cast_"+in[0].DType.String()+"_"+y.DType.String(), o, 1, o.Size)
}

// Gradients are f32 whatever they are gradients of, and rounding counts as the identity.
func (cast) Grad(_, dy *graph.Node, _ []*graph.Node) []*graph.Node {
	return []*graph.Node{dy}
}
