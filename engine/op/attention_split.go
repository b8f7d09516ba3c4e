package op

import (
	"math"

	"sightglass/engine/device"
	"sightglass/engine/graph"
	"sightglass/engine/tensor"
)

// AttentionSplit is what each of some equal parts of the positions that a query attends to adds to Attention: for few queries, whose
// positions have to be shared among all of a GPU. The scores of part p are s, for the positions j that Attention would take:
//
//	y[i, h, p] = Σj e^(s_j − max s) · v[seq[i], j, h·Hkv/H], max s, Σj e^(s_j − max s)    f32[N, H, P, D+2]
//
// or 0 where the part is empty. AttentionCombine puts the parts together.
func AttentionSplit(q, k, v, seq, span *graph.Node, scale float32, parts int) *graph.Node {
	a := attention{N: dim(q, 0), H: dim(q, 1), HKV: dim(k, 2), D: dim(q, 2), M: dim(k, 1), S: dim(k, 0), From: spanFrom(span), Scale: scale}
	return graph.Apply(a.split(u32(parts)), q, k, v, seq, span)
}

type attentionSplit struct {
	N, H, HKV, D, M, S, From, Parts uint32
	Scale                           float32
}

var _ = graph.Define(attentionSplit{}, graph.Cases(func(in []*graph.Node) *graph.Node {
	return AttentionSplit(in[0], in[1], in[2], in[3], in[4], 0.3, 3)
}, "5x4x8 2x7x2x8 2x7x2x8 5:i32>-2<2 5:i32<8", "2x3x64 1x150x1x64:f16 1x150x1x64:f16 2:i32<1 2:i32>100<151",
	"2x6x128 1x70x1x128:f16 1x70x1x128:f16 2:i32<1 2:i32>60<71", "1x2x200 1x40x2x200 1x40x2x200 1:i32<1 1:i32>30<41", "1x1x1 1x1x1x1 1x1x1x1 1:i32<1 1:i32<2",
	"1x2x8 1x7x2x8 1x7x2x8 1:i32<1 1:i32>6<8", "1x1x100 1x9x1x100 1x9x1x100 1:i32<1 1:i32>8<10", "1x4x200 1x9x2x200 1x9x2x200 1:i32<1 1:i32>8<10",
	"1x6x72 1x9x2x72 1x9x2x72 1:i32<1 1:i32>8<10", "2x3x64 1x90x1x68:i8 1x90x1x68:i8 2:i32<1 2:i32>80<91", "1x2x128 1x70x1x132:i8 1x70x1x132:i8 1:i32<1 1:i32>60<71",
	"1x2x200 1x40x1x204:i8 1x40x1x204:i8 1:i32<1 1:i32>30<41", "2x1x40 1x40x1x44:i8 1x40x1x44:i8 2:i32<1 2:i32>30<41",
	"1x1x128 1x40x1x132:i8 1x40x1x132:i8 1:i32<1 1:i32>30<41", "1x1x200 1x40x1x204:i8 1x40x1x204:i8 1:i32<1 1:i32>30<41"),
	graph.Cases(func(in []*graph.Node) *graph.Node {
		return AttentionSplit(in[0], in[1], in[2], in[3], in[4], 0.3, 2)
	}, "3x2x20 2x50x2x20 2x50x2x20 3:i32<2 2x3:i32<51"), graph.Bench(func(in []*graph.Node) *graph.Node {
		return AttentionSplit(in[0], in[1], in[2], in[3], in[4], 0.09, 32)
	}, "1x32x128 1x8192x32x128:f16 1x8192x32x128:f16 1:i32<1 1:i32>8191<8193"))

func (attentionSplit) Name() string { return "attention_split" }

func (o attentionSplit) Shape(in []tensor.Type) (tensor.Type, error) {
	y, err := o.attention().Shape(in)
	if err != nil {
		return y, err
	}
	if o.Parts == 0 {
		return want("one part or more")
	}
	return o.result(y), nil
}

// result is the type of the parts of y.
func (o attentionSplit) result(y tensor.Type) tensor.Type {
	return tensor.Type{DType: tensor.F32, Shape: tensor.Shape{y.Shape[0], y.Shape[1], int(o.Parts), y.Shape[2] + 2}}
}

func (o attentionSplit) Ref(y tensor.Array, in []tensor.Array) {
	d, width, group, parts := int(o.D), int(o.HKV*o.D), int(o.H/o.HKV), int(o.Parts)
	k, v, seq, span := held(in[1]), held(in[2]), in[3].I32(), in[4].I32()
	q := in[0].Rows()
	for r, out := range y.Rows() {
		i, h, p := r/parts/int(o.H), r/parts%int(o.H), r%parts
		lo, hi := attended(seq, span, i, o.M)
		part := (hi - lo + parts - 1) / parts
		lo = min(lo+p*part, hi)
		hi = min(lo+part, hi)
		scores := make([]float32, hi-lo)
		for j := range scores {
			var dot float64
			for c, x := range k[(lo+j)*width+h/group*d:][:d] {
				dot += float64(x) * float64(q[r/parts][c])
			}
			scores[j] = float32(dot * float64(o.Scale))
		}
		clear(out)
		if len(scores) == 0 {
			continue
		}
		top, total := peak(scores)
		sum := make([]float64, d)
		for j, s := range scores {
			w := math.Exp(float64(s) - top)
			for c, x := range v[(lo+j)*width+h/group*d:][:d] {
				sum[c] += w * float64(x)
			}
		}
		for c := range sum {
			out[c] = float32(sum[c])
		}
		out[d], out[d+1] = float32(top), float32(total)
	}
}

// Launch takes heads that share keys together, up to four in a threadgroup.
func (o attentionSplit) Launch(_ tensor.Type, in []tensor.Type) device.Launch {
	heads, variant := 1, "x1"
	if o.H > o.HKV {
		heads, variant = 4, "x4"
	}
	return device.Launch{
		Kernel:  "attention_split_" + in[1].DType.String(),
		Variant: padded(o.D, "64", "128", "256") + variant,
		Grid:    [3]int{int(o.Parts), int(o.HKV) * ceil(int(o.H/o.HKV), heads), int(o.N)},
		Group:   [3]int{128, 1, 1},
		Args:    o,
	}
}

// Parts are only made where nothing is trained.
func (attentionSplit) Grad(_, _ *graph.Node, _ []*graph.Node) []*graph.Node { return graph.NoGrad() }

// Wide: parts are sums yet.
func (attentionSplit) Wide() {}

func (o attentionSplit) attention() attention {
	return attention{o.N, o.H, o.HKV, o.D, o.M, o.S, o.From, o.Scale}
}

func (o attention) split(parts uint32) attentionSplit {
	return attentionSplit{o.N, o.H, o.HKV, o.D, o.M, o.S, o.From, parts, o.Scale}
}
