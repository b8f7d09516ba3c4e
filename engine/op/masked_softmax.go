package op

import (
	"math"

	"sightglass/engine/device"
	"sightglass/engine/graph"
	"sightglass/engine/tensor"
)

// MaskedSoftmax is a softmax over the columns that a query may attend to, and 0 elsewhere. x [G, N, S·M] scores the N queries of G heads
// against M positions of S sequences; seq, length and window say which of them count, as for Attention.
func MaskedSoftmax(x, seq, length *graph.Node, m, window int) *graph.Node {
	o := maskedSoftmax{rows: rowsOf(x), Queries: dim(seq, 0), M: u32(m), Window: u32(window)}
	return graph.Apply(o, x, seq, length)
}

// maskedSoftmax has N rows in all; row i is of query i mod Queries.
type maskedSoftmax struct {
	rows
	Queries, M, Window uint32
}

var _ = graph.Define(maskedSoftmax{}, graph.Cases(func(in []*graph.Node) *graph.Node {
	return MaskedSoftmax(in[0], in[1], in[2], 8, 0)
}, "2x5x16 5:i32>-2<2 5:i32<9", "1x1x8 1:i32<1 1:i32<9", "1x40x16 40:i32>-2<2 40:i32<9"), graph.Cases(func(in []*graph.Node) *graph.Node {
	return MaskedSoftmax(in[0], in[1], in[2], 8, 3)
}, "2x5x16 5:i32>-2<2 5:i32<9"), graph.Cases(func(in []*graph.Node) *graph.Node {
	return MaskedSoftmax(in[0], in[1], in[2], 700, 600)
}, "2x3x1400 3:i32>-2<2 3:i32<701"))

func (maskedSoftmax) Name() string { return "masked_softmax" }

func (o maskedSoftmax) Shape(in []tensor.Type) (tensor.Type, error) {
	x, queries := in[0], tensor.Type{DType: tensor.I32, Shape: tensor.Shape{int(o.Queries)}}
	if !floats(x) || len(x.Shape) != 3 || x.Shape[1] != int(o.Queries) || o.M == 0 || o.C%o.M != 0 || !same(queries, in[1], in[2]) {
		return want("x f32[G N S·%d], seq i32[N], length i32[N]", o.M)
	}
	return x, nil
}

func (o maskedSoftmax) Ref(y tensor.Array, in []tensor.Array) {
	seq, length, out := in[1].I32(), in[2].I32(), y.Rows()
	for i, x := range in[0].Rows() {
		clear(out[i])
		q := i % int(o.Queries)
		lo, hi := attended(seq[q], length[q], o.M, o.Window)
		top, sum := peak(x[lo:hi])
		for j := lo; j < hi; j++ {
			out[i][j] = float32(math.Exp(float64(x[j])-top) / sum)
		}
	}
}

func (o maskedSoftmax) Launch(tensor.Type, []tensor.Type) device.Launch {
	return o.launch("masked_softmax", o)
}

func (maskedSoftmax) Grad(y, dy *graph.Node, _ []*graph.Node) []*graph.Node {
	return []*graph.Node{softmaxGrad(y, dy), nil, nil}
}

// attended is the range of rows of a cache [S·M, ...] that a query of sequence seq attends to: the last window (0: all) of the first length
// rows of the sequence, or none if seq is negative.
func attended(seq, length int32, m, window uint32) (lo, hi int) {
	if seq < 0 {
		return 0, 0
	}
	lo, hi = 0, int(length)
	if window > 0 {
		lo = max(0, hi-int(window))
	}
	base := int(seq) * int(m)
	return base + lo, base + hi
}

// same reports whether all the types are t.
func same(t tensor.Type, in ...tensor.Type) bool {
	for _, x := range in {
		if x.DType != t.DType || !x.Shape.Equal(t.Shape) {
			return false
		}
	}
	return true
}
