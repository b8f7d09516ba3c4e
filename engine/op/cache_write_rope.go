package op

import (
	"sightglass/engine/device"
	"sightglass/engine/graph"
	"sightglass/engine/tensor"
)

// CacheWriteRope is CacheWrite of Rope(x, table).
func CacheWriteRope(cache, x, table, seq, pos *graph.Node, interleaved bool) *graph.Node {
	o := cacheWriteRope{N: dim(x, 0), H: dim(x, 1), D: dim(x, 2), R: dim(table, 1), Interleaved: flag(interleaved), M: dim(cache, 1), S: dim(cache, 0)}
	return graph.Apply(o, cache, x, table, seq, pos)
}

type cacheWriteRope struct{ N, H, D, R, Interleaved, M, S uint32 }

// The cases have one row for each sequence, so that the places differ.
var _ = graph.Define(cacheWriteRope{}, graph.Cases(func(in []*graph.Node) *graph.Node {
	return CacheWriteRope(in[0], in[1], Angles(in[4], in[2]), in[3], in[4], false)
}, "1x4x2x8 1x2x8 4 1:i32<1 1:i32<4", "3x5x1x10:f16 1x1x10 3 1:i32<3 1:i32<5", "3x5x1x8 1x1x8 4 1:i32>-2<0 1:i32<5", "2x3x2x20:f16 1x2x20 4 1:i32<2 1:i32<3"),
	graph.Cases(func(in []*graph.Node) *graph.Node {
		return CacheWriteRope(in[0], in[1], Angles(in[4], in[2]), in[3], in[4], true)
	}, "2x3x2x8:f16 1x2x8 4 1:i32<2 1:i32<3"))

func (cacheWriteRope) Name() string { return "cache_write_rope" }

func (o cacheWriteRope) parts() (cacheWrite, rope) {
	return cacheWrite{N: o.N, C: o.H * o.D, M: o.M, S: o.S, D: o.D}, rope{N: o.N, H: o.H, D: o.D, R: o.R, Interleaved: o.Interleaved}
}

func (o cacheWriteRope) Shape(in []tensor.Type) (tensor.Type, error) {
	write, rotate := o.parts()
	y, err := rotate.Shape(in[1:3])
	if err != nil {
		return y, err
	}
	if in[0].DType == tensor.I8 {
		return want("a cache in f32 or f16")
	}
	return write.Shape([]tensor.Type{in[0], y, in[3], in[4]})
}

func (cacheWriteRope) Writes() int { return 0 }

func (o cacheWriteRope) Ref(y tensor.Array, in []tensor.Array) {
	write, rotate := o.parts()
	x := tensor.NewArray(tensor.F32, in[1].Shape...)
	rotate.Ref(x, in[1:3])
	write.Ref(y, []tensor.Array{in[0], x, in[3], in[4]})
}

func (o cacheWriteRope) Launch(y tensor.Type, _ []tensor.Type) device.Launch {
	_, rotate := o.parts()
	return perFour("cache_write_rope_"+y.DType.String(), o, o.N*o.H, 4*rotate.fours())
}

func (o cacheWriteRope) Expand(in []*graph.Node) *graph.Node {
	write, rotate := o.parts()
	return graph.Apply(write, in[0], graph.Apply(rotate, in[1], in[2]), in[3], in[4])
}

// A cache serves generation; training attends to the keys and values themselves.
func (cacheWriteRope) Grad(_, _ *graph.Node, _ []*graph.Node) []*graph.Node { return graph.NoGrad() }
