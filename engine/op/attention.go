package op

import (
	"math"
	"strconv"

	"sightglass/engine/device"
	"sightglass/engine/graph"
	"sightglass/engine/tensor"
)

// Attention lets each query q [N, H, D] attend to positions of sequence seq[i] in k and v [S, M, Hkv, D], f32 or f16, or rounded to i8 by
// CacheWrite: to the first span[i],
// or, where span is [2, N], to those from span[1, i] to before span[0, i]. H is a multiple of Hkv: consecutive heads share keys and values.
//
//	y[i, h] = Σj softmax_j(scale · q[i, h] · k[seq[i], j, h·Hkv/H]) · v[seq[i], j, h·Hkv/H]    [N, H, D]
//
// A causal mask is span = position + 1. Where seq is negative the row is padding, and y is 0; so it is where the span is empty.
func Attention(q, k, v, seq, span *graph.Node, scale float32) *graph.Node {
	o := attention{N: dim(q, 0), H: dim(q, 1), HKV: dim(k, 2), D: dim(q, 2), M: dim(k, 1), S: dim(k, 0), From: spanFrom(span), Scale: scale}
	return graph.Apply(o, q, k, v, seq, span)
}

type attention struct {
	N, H, HKV, D, M, S, From uint32 // From is 1 where span says where it begins
	Scale                    float32
}

var _ = graph.Define(attention{}, graph.Cases(func(in []*graph.Node) *graph.Node {
	return Attention(in[0], in[1], in[2], in[3], in[4], 0.3)
}, "5x4x8 2x7x2x8 2x7x2x8 5:i32>-2<2 5:i32<8", "3x3x16 1x9x1x16:f16 1x9x1x16:f16 3:i32<1 3:i32<10",
	"1x1x1 1x1x1x1 1x1x1x1 1:i32<1 1:i32<2", "35x4x64 3x70x2x64 3x70x2x64 35:i32>-2<3 35:i32<71",
	"9x2x72 1x40x1x72:f16 1x40x1x72:f16 9:i32<1 9:i32<41", "9x1x128 1x40x1x128 1x40x1x128 9:i32<1 9:i32<41",
	"8x1x256 1x34x1x256 1x34x1x256 8:i32<1 8:i32>20<35", "2x4x16 3x260x2x16:f16 3x260x2x16:f16 2:i32>-1<3 2:i32>250<261",
	"2x1x300 1x270x1x300 1x270x1x300 2:i32<1 2:i32>260<271",
	"3x2x8 2x7x2x8 2x7x2x8 3:i32>-2<0 3:i32>3<8", "3x4x20 2x40x2x24:i8 2x40x2x24:i8 3:i32<2 3:i32<41", "9x2x64 1x70x1x68:i8 1x70x1x68:i8 9:i32<1 9:i32<71",
	"9x1x96 1x40x1x100:i8 1x40x1x100:i8 9:i32<1 9:i32<41", "9x1x128 1x40x1x132:i8 1x40x1x132:i8 9:i32<1 9:i32<41",
	"8x1x256 1x34x1x260:i8 1x34x1x260:i8 8:i32<1 8:i32>20<35"), graph.Cases(func(in []*graph.Node) *graph.Node {
	return Attention(in[0], in[1], in[2], in[3], in[4], 0.3)
}, "5x2x8 2x7x2x8 2x7x2x8 5:i32>-2<2 2x5:i32<8", "12x2x130 2x7x1x130 2x7x1x130 12:i32>-2<2 2x12:i32<8",
	"9x2x64 2x90x1x64:f16 2x90x1x64:f16 9:i32>-1<2 2x9:i32<91", "33x1x80 1x70x1x80 1x70x1x80 33:i32<1 2x33:i32<71", "9x1x128 1x70x1x128 1x70x1x128 9:i32<1 2x9:i32<71",
	"40x1x256 1x90x1x256 1x90x1x256 40:i32<1 2x40:i32<91", "3x1x16 1x300x1x16 1x300x1x16 3:i32<1 2x3:i32<301"), graph.Bench(func(in []*graph.Node) *graph.Node {
	return Attention(in[0], in[1], in[2], in[3], in[4], 0.125)
}, "1x9x64 1x1024x3x64:f16 1x1024x3x64:f16 1:i32<1 1:i32>1023<1025", "512x9x64 1x512x3x64 1x512x3x64 512:i32<1 512:i32<513", "1024x12x64 1x1024x12x64 1x1024x12x64 1024:i32<1 1024:i32>1023<1025"))

func (attention) Name() string { return "attention" }

func (o attention) Shape(in []tensor.Type) (tensor.Type, error) {
	q, k := in[0], in[1]
	if !floats(q) || len(q.Shape) != 3 || !cached(k, int(o.D)) || !same(k, in[2]) || !spans(in[3], in[4], o.N, o.From) || o.HKV == 0 || o.H%o.HKV != 0 {
		return want("q f32[N H D], k [S M Hkv D] and v like it in f32, f16 or i8, seq i32[N], span i32[N] or i32[2 N], H a multiple of Hkv")
	}
	return q, nil
}

func (o attention) Ref(y tensor.Array, in []tensor.Array) {
	d, width, group := int(o.D), int(o.HKV*o.D), int(o.H/o.HKV)
	k, v, seq, span := held(in[1]), held(in[2]), in[3].I32(), in[4].I32()
	out := y.Rows()
	for r, q := range in[0].Rows() {
		i, h := r/int(o.H), r%int(o.H)
		lo, hi := attended(seq, span, i, o.M)
		scores := make([]float32, hi-lo)
		for j := range scores {
			var dot float64
			for c, x := range k[(lo+j)*width+h/group*d:][:d] {
				dot += float64(x) * float64(q[c])
			}
			scores[j] = float32(dot * float64(o.Scale))
		}
		top, total := peak(scores)
		sum := make([]float64, d)
		for j, s := range scores {
			p := math.Exp(float64(s)-top) / total
			for c, x := range v[(lo+j)*width+h/group*d:][:d] {
				sum[c] += p * float64(x)
			}
		}
		for c := range sum {
			out[r][c] = float32(sum[c])
		}
	}
}

func (o attention) Launch(_ tensor.Type, in []tensor.Type) device.Launch {
	l := device.Launch{Kernel: "attention_" + in[1].DType.String(), Args: o}
	if o.D > 256 || o.N < 8 {
		l.Variant, l.Grid, l.Group = "row", [3]int{int(o.H), int(o.N), 1}, [3]int{256, 1, 1}
		return l
	}
	l.Variant, l.Grid, l.Group = "flash"+padded(o.D, "64", "96", "128", "256"), [3]int{int(o.H), ceil(int(o.N), 32), 1}, [3]int{128, 1, 1}
	return l
}

// Stages splits the positions where there are many, and too few queries to give all of a GPU something to do.
func (o attention) Stages(in []*graph.Node) *graph.Node {
	const few, many, threadgroups = 32, 256, 1024
	if o.N > few || o.M < many || o.D > 256 {
		return nil
	}
	parts := min(threadgroups/(o.N*o.HKV)+1, o.M/128, 64)
	split := o.split(parts)
	q := in[0].Type
	x := &graph.Node{Op: split, In: in, Type: split.result(q)}
	return &graph.Node{Op: attentionCombine{o.N * o.H, o.D, parts}, In: []*graph.Node{x}, Type: q}
}

// padded is the first of sizes, in order, that is d or more, or the last.
func padded(d uint32, sizes ...string) string {
	for _, s := range sizes {
		if n, _ := strconv.Atoi(s); int(d) <= n {
			return s
		}
	}
	return sizes[len(sizes)-1]
}

// Expand has no simpler ops that read i8.
func (o attention) Expand(in []*graph.Node) *graph.Node {
	if in[1].Type.DType == tensor.I8 {
		return nil
	}
	q, k, v := o.heads(in)
	return o.rows(MatMul(o.weights(q, k, in), v, false, false))
}

// With p the weights: dv = pᵀ·dy, dp = dy·vᵀ, ds = scale · (softmax's gradient of dp), dq = ds·k, dk = dsᵀ·q. The weights are computed again
// rather than kept. Nothing is trained over a cache of i8.
func (o attention) Grad(_, dy *graph.Node, in []*graph.Node) []*graph.Node {
	if in[1].Type.DType == tensor.I8 {
		return graph.NoGrad()
	}
	q, k, v := o.heads(in)
	p := o.weights(q, k, in)
	g := Reshape(Permute(dy, 1, 0, 2), q.Shape()...)
	ds := Scale(softmaxGrad(p, MatMul(g, v, false, true)), o.Scale)
	grads := []*graph.Node{o.rows(MatMul(ds, k, false, false)), nil, nil, nil, nil}
	if in[1].Type.DType == tensor.F32 {
		grads[1] = o.cache(MatMul(ds, q, true, false))
		grads[2] = o.cache(MatMul(p, g, true, false))
	}
	return grads
}

// heads orders queries as [Hkv, H/Hkv·N, D], keys and values as [Hkv, S·M, D].
func (o attention) heads(in []*graph.Node) (q, k, v *graph.Node) {
	hkv, d, sm := int(o.HKV), int(o.D), int(o.S*o.M)
	q = Reshape(Permute(in[0], 1, 0, 2), hkv, int(o.H*o.N)/hkv, d)
	k = Permute(Reshape(Cast(in[1], tensor.F32), sm, hkv, d), 1, 0, 2)
	v = Permute(Reshape(Cast(in[2], tensor.F32), sm, hkv, d), 1, 0, 2)
	return q, k, v
}

// weights is the weight of each position for each query, [Hkv, H/Hkv·N, S·M].
func (o attention) weights(q, k *graph.Node, in []*graph.Node) *graph.Node {
	scores := Scale(MatMul(q, k, false, true), o.Scale)
	p := MaskedSoftmax(Reshape(scores, int(o.H), int(o.N), int(o.S*o.M)), in[3], in[4], int(o.M))
	return Reshape(p, scores.Shape()...)
}

// rows brings x [Hkv, H/Hkv·N, D] back to the order of queries.
func (o attention) rows(x *graph.Node) *graph.Node {
	return Permute(Reshape(x, int(o.H), int(o.N), int(o.D)), 1, 0, 2)
}

// cache brings x [Hkv, S·M, D] back to the order of keys and values.
func (o attention) cache(x *graph.Node) *graph.Node {
	return Reshape(Permute(x, 1, 0, 2), int(o.S), int(o.M), int(o.HKV), int(o.D))
}
