package op

import (
	"sightglass/engine/device"
	"sightglass/engine/graph"
	"sightglass/engine/tensor"
)

// CacheWrite stores row i of x [N, Hkv, D] at position pos[i] of sequence seq[i] in cache [S, M, Hkv, CacheRow(D)], f32, f16 or i8, and skips
// the rows whose seq is negative. The result is the cache itself, changed. No two rows may have the same place. In i8, D numbers of a head are
//
//	round(x / scale), half-way away from zero, and scale as f32 in the last four places, with scale = max |x| / 127 rounded up to four binary digits
//
// so that devices which divide a little differently agree on it.
func CacheWrite(cache, x, seq, pos *graph.Node) *graph.Node {
	o := cacheWrite{N: dim(x, 0), C: dim(x, 1) * dim(x, 2), M: dim(cache, 1), S: dim(cache, 0), D: dim(x, 2)}
	return graph.Apply(o, cache, x, seq, pos)
}

// CacheRow is how many elements of type t keep d numbers.
func CacheRow(d int, t tensor.DType) int {
	if t == tensor.I8 {
		return d + 4
	}
	return d
}

type cacheWrite struct{ N, C, M, S, D uint32 }

// The cases have one row for each sequence, so that the places differ.
var _ = graph.Define(cacheWrite{}, graph.Cases(func(in []*graph.Node) *graph.Node {
	return CacheWrite(in[0], in[1], in[2], in[3])
}, "1x4x2x8 1x2x8 1:i32<1 1:i32<4", "3x5x1x7:f16 1x1x7 1:i32<3 1:i32<5", "3x5x1x8 1x1x8 1:i32>-2<0 1:i32<5", "3x5x2x24:i8 1x2x20 1:i32<3 1:i32<5",
	"1x3x5x140:i8 1x5x136 1:i32<1 1:i32<3", "2x3x1x8:i8 1x1x4 1:i32>-2<0 1:i32<3"))

func (cacheWrite) Name() string { return "cache_write" }

func (o cacheWrite) Shape(in []tensor.Type) (tensor.Type, error) {
	cache, x := in[0], in[1]
	rows := tensor.Type{DType: tensor.I32, Shape: tensor.Shape{int(o.N)}}
	if !floats(x) || len(x.Shape) != 3 || !cached(cache, x.Shape[2]) || cache.Shape[2] != x.Shape[1] || !same(rows, in[2], in[3]) {
		return want("cache [S M Hkv D] in f32, f16 or i8, x f32[N Hkv D], seq i32[N], pos i32[N]")
	}
	return cache, nil
}

func (cacheWrite) Writes() int { return 0 }

func (o cacheWrite) Ref(y tensor.Array, in []tensor.Array) {
	x, seq, pos, c := in[1].F32(), in[2].I32(), in[3].I32(), int(o.C)
	row := tensor.Type{DType: y.DType, Shape: tensor.Shape{int(o.C/o.D) * y.Shape.Last()}}
	for i, s := range seq {
		if s < 0 {
			continue
		}
		at := (int(s)*int(o.M) + int(pos[i])) * row.Bytes()
		to := tensor.Array{Type: row, Data: y.Data[at:][:row.Bytes()]}
		if y.DType != tensor.I8 {
			to.Store(x[i*c : (i+1)*c])
			continue
		}
		for h := range int(o.C / o.D) {
			tensor.RoundToI8(to.Data[h*y.Shape.Last():][:y.Shape.Last()], x[i*c+h*int(o.D):][:o.D])
		}
	}
}

// cached reports whether t can be keys or values [S, M, Hkv, D]. In i8, scales stand at multiples of their size.
func cached(t tensor.Type, d int) bool {
	if len(t.Shape) != 4 || t.Shape.Last() != CacheRow(d, t.DType) {
		return false
	}
	return t.DType == tensor.F32 || t.DType == tensor.F16 || t.DType == tensor.I8 && d%4 == 0
}

// held is what a cache holds, as f32.
func held(a tensor.Array) []float32 {
	if a.DType == tensor.I8 {
		return tensor.FloatsOfI8(a.Data, a.Shape.Last()-4)
	}
	return a.Floats()
}

// Fuse rotates keys as they are written, but for i8, where the largest is to be known first.
func (o cacheWrite) Fuse(in []*graph.Node, alone func(*graph.Node) bool) *graph.Node {
	r, ok := in[1].Op.(rope)
	if !ok || r.Inverse == 1 || !alone(in[1]) || in[0].Type.DType == tensor.I8 {
		return nil
	}
	x := in[1].In
	return CacheWriteRope(in[0], x[0], x[1], in[2], in[3], r.Interleaved == 1)
}

func (o cacheWrite) Launch(y tensor.Type, _ []tensor.Type) device.Launch {
	kernel := "cache_write_" + y.DType.String()
	if y.DType == tensor.I8 { // a simdgroup for each head
		return device.Launch{Kernel: kernel, Grid: [3]int{int(o.C / o.D), int(o.N), 1}, Group: [3]int{32, 1, 1}, Args: o}
	}
	return perFour(kernel, o, o.N, o.C)
}

// A cache serves generation; training attends to the keys and values themselves.
func (cacheWrite) Grad(_, _ *graph.Node, _ []*graph.Node) []*graph.Node { return graph.NoGrad() }
