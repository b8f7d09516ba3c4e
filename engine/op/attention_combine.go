package op

import (
	"math"

	"sightglass/engine/device"
	"sightglass/engine/graph"
	"sightglass/engine/tensor"
)

// AttentionCombine makes Attention's result from the parts x [N, H, P, D+2] of AttentionSplit. A part whose last number is not positive is empty.
//
//	y = Σp e^(top_p − max top) · x[…, p, :D] / Σp e^(top_p − max top) · x[…, p, D+1]    with top_p = x[…, p, D]    [N, H, D]
func AttentionCombine(x *graph.Node) *graph.Node {
	return graph.Apply(attentionCombine{dim(x, 0) * dim(x, 1), dim(x, 3) - 2, dim(x, 2)}, x)
}

type attentionCombine struct{ Rows, D, Parts uint32 }

var _ = graph.Define(attentionCombine{}, graph.Cases(func(in []*graph.Node) *graph.Node {
	return AttentionCombine(in[0])
}, "2x3x5x18", "1x2x1x3", "2x1x40x66"))

func (attentionCombine) Name() string { return "attention_combine" }

func (o attentionCombine) Shape(in []tensor.Type) (tensor.Type, error) {
	x := in[0]
	if !floats(x) || len(x.Shape) != 4 || x.Shape[3] < 3 {
		return want("f32[N H P D+2]")
	}
	return tensor.Type{DType: tensor.F32, Shape: tensor.Shape{x.Shape[0], x.Shape[1], x.Shape[3] - 2}}, nil
}

func (o attentionCombine) Ref(y tensor.Array, in []tensor.Array) {
	d, parts := int(o.D), int(o.Parts)
	x := in[0].Rows()
	for r, out := range y.Rows() {
		clear(out)
		top := math.Inf(-1)
		for _, part := range x[r*parts:][:parts] {
			if part[d+1] > 0 {
				top = max(top, float64(part[d]))
			}
		}
		var total float64
		sum := make([]float64, d)
		for _, part := range x[r*parts:][:parts] {
			if part[d+1] <= 0 {
				continue
			}
			w := math.Exp(float64(part[d]) - top)
			total += w * float64(part[d+1])
			for c := range sum {
				sum[c] += w * float64(part[c])
			}
		}
		for c := range sum {
			if total > 0 {
				out[c] = float32(sum[c] / total)
			}
		}
	}
}

func (o attentionCombine) Launch(y tensor.Type, in []tensor.Type) device.Launch {
	l := device.PerRow("attention_combine", o, y)
	l.Group = [3]int{128, 1, 1}
	if y.DType != in[0].DType {
		l.Variant = y.DType.String()
	}
	return l
}

// Parts are only made where nothing is trained.
func (attentionCombine) Grad(_, _ *graph.Node, _ []*graph.Node) []*graph.Node { return graph.NoGrad() }
