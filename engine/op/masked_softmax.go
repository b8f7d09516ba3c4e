package op

import (
	"math"

	"sightglass/engine/device"
	"sightglass/engine/graph"
	"sightglass/engine/tensor"
)

// MaskedSoftmax is a softmax over the columns that a query may attend to, and 0 elsewhere. x [G, N, S·M] scores the N queries of G heads
// against M positions of S sequences; seq and span say which of them count, as for Attention.
func MaskedSoftmax(x, seq, span *graph.Node, m int) *graph.Node {
	o := maskedSoftmax{rows: rowsOf(x), Queries: dim(seq, 0), M: u32(m), From: spanFrom(span)}
	return graph.Apply(o, x, seq, span)
}

// maskedSoftmax has N rows in all; row i is of query i mod Queries.
type maskedSoftmax struct {
	rows
	Queries, M, From uint32 // From is 1 where span says where it begins
}

var _ = graph.Define(maskedSoftmax{}, graph.Cases(func(in []*graph.Node) *graph.Node {
	return MaskedSoftmax(in[0], in[1], in[2], 8)
}, "2x5x16 5:i32>-2<2 5:i32<9", "1x1x8 1:i32<1 1:i32<9", "1x40x16 40:i32>-2<2 40:i32<9"), graph.Cases(func(in []*graph.Node) *graph.Node {
	return MaskedSoftmax(in[0], in[1], in[2], 8)
}, "2x5x16 5:i32>-2<2 2x5:i32<9"), graph.Cases(func(in []*graph.Node) *graph.Node {
	return MaskedSoftmax(in[0], in[1], in[2], 700)
}, "2x3x1400 3:i32>-2<2 2x3:i32<701"))

func (maskedSoftmax) Name() string { return "masked_softmax" }

func (o maskedSoftmax) Shape(in []tensor.Type) (tensor.Type, error) {
	x := in[0]
	if !floats(x) || len(x.Shape) != 3 || x.Shape[1] != int(o.Queries) || o.M == 0 || o.C%o.M != 0 || !spans(in[1], in[2], o.Queries, o.From) {
		return want("x f32[G N S·%d], seq i32[N], span i32[N] or i32[2 N]", o.M)
	}
	return x, nil
}

func (o maskedSoftmax) Ref(y tensor.Array, in []tensor.Array) {
	seq, span, out := in[1].I32(), in[2].I32(), y.Rows()
	for i, x := range in[0].Rows() {
		clear(out[i])
		q := i % int(o.Queries)
		lo, hi := attended(seq, span, q, o.M)
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

// attended is the range of rows of a cache [S·M, ...] that query i attends to: its span in its sequence, or none if that is negative.
func attended(seq, span []int32, i int, m uint32) (lo, hi int) {
	if seq[i] < 0 {
		return 0, 0
	}
	hi = int(span[i])
	if n := len(seq); len(span) == 2*n {
		lo = min(int(span[n+i]), hi)
	}
	base := int(seq[i]) * int(m)
	return base + lo, base + hi
}

// spanFrom is 1 where a span says where it begins, and 0 where it begins at 0.
func spanFrom(span *graph.Node) uint32 { return u32(len(span.Shape()) - 1) }

// spans reports whether seq and span are i32[N] and, where it says where it begins, i32[2 N].
func spans(seq, span tensor.Type, n, from uint32) bool {
	rows := tensor.Type{DType: tensor.I32, Shape: tensor.Shape{int(n)}}
	if from == 1 {
		return same(rows, seq) && same(tensor.Type{DType: tensor.I32, Shape: tensor.Shape{2, int(n)}}, span)
	}
	return same(rows, seq, span)
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
