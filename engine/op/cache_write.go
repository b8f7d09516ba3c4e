package op

import (
	"sightglass/engine/device"
	"sightglass/engine/graph"
	"sightglass/engine/tensor"
)

// CacheWrite stores row i of x [N, Hkv, D] at position pos[i] of sequence seq[i] in cache [S, M, Hkv, D], f32 or f16, and skips the rows
// whose seq is negative. The result is the cache itself, changed. No two rows may have the same place.
func CacheWrite(cache, x, seq, pos *graph.Node) *graph.Node {
	o := cacheWrite{N: dim(x, 0), C: dim(x, 1) * dim(x, 2), M: dim(cache, 1), S: dim(cache, 0)}
	return graph.Apply(o, cache, x, seq, pos)
}

type cacheWrite struct{ N, C, M, S uint32 }

// The cases have one row for each sequence, so that the places differ.
var _ = graph.Define(cacheWrite{}, graph.Cases(func(in []*graph.Node) *graph.Node {
	return CacheWrite(in[0], in[1], in[2], in[3])
}, "1x4x2x8 1x2x8 1:i32<1 1:i32<4", "3x5x1x7:f16 1x1x7 1:i32<3 1:i32<5", "3x5x1x8 1x1x8 1:i32>-2<0 1:i32<5"))

func (cacheWrite) Name() string { return "cache_write" }

func (o cacheWrite) Shape(in []tensor.Type) (tensor.Type, error) {
	cache, x := in[0], in[1]
	rows := tensor.Type{DType: tensor.I32, Shape: tensor.Shape{int(o.N)}}
	if !floats(x) || len(x.Shape) != 3 || !cached(cache, x.Shape[2]) || cache.Shape[2] != x.Shape[1] || !same(rows, in[2], in[3]) {
		return want("cache [S M Hkv D] in f32 or f16, x f32[N Hkv D], seq i32[N], pos i32[N]")
	}
	return cache, nil
}

func (cacheWrite) Writes() int { return 0 }

func (o cacheWrite) Ref(y tensor.Array, in []tensor.Array) {
	x, seq, pos, c := in[1].F32(), in[2].I32(), in[3].I32(), int(o.C)
	row := tensor.Type{DType: y.DType, Shape: tensor.Shape{c}}
	for i, s := range seq {
		if s < 0 {
			continue
		}
		at := (int(s)*int(o.M) + int(pos[i])) * row.Bytes()
		tensor.Array{Type: row, Data: y.Data[at:][:row.Bytes()]}.Store(x[i*c : (i+1)*c])
	}
}

// Fuse rotates keys as they are written.
func (o cacheWrite) Fuse(in []*graph.Node, alone func(*graph.Node) bool) *graph.Node {
	r, ok := in[1].Op.(rope)
	if !ok || r.Inverse == 1 || !alone(in[1]) {
		return nil
	}
	x := in[1].In
	return CacheWriteRope(in[0], x[0], x[1], in[2], in[3], r.Interleaved == 1)
}

func (o cacheWrite) Launch(y tensor.Type, _ []tensor.Type) device.Launch {
	return perFour("cache_write_"+y.DType.String(), o, o.N, o.C)
}

// A cache serves generation; training attends to the keys and values themselves.
func (cacheWrite) Grad(_, _ *graph.Node, _ []*graph.Node) []*graph.Node { return graph.NoGrad() }
