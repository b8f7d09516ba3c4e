package nn

import (
	"sightglass/engine/graph"
	"sightglass/engine/op"
	"sightglass/engine/tensor"
)

// LoRA is a low-rank change of a Linear: Scale·B·A with A [R, in] and B [out, R].
type LoRA struct {
	A, B  *graph.Node
	Scale float32
	// Pictures marks a change that teaches a language model to read features of pictures: see Plain.
	Pictures bool
	rests    bool
	// Magnitude [out] makes it DoRA: the changed rows of W are brought to these lengths. Nil for plain LoRA.
	Magnitude *graph.Node
	// Dropout [..., in] multiplies what the change reads, in training. Nil for none.
	Dropout func(x *graph.Node) *graph.Node
}

// Plain leaves out the changes that are for pictures, or takes them back in, in graphs that are built from now on. Without a picture the
// language model then says what it says without them (as Phi-4-multimodal does with its adapter for vision, arXiv 2503.01743).
func Plain(model any, plain bool) {
	EachLinear(model, func(_ string, l *Linear) {
		for _, a := range l.LoRA {
			a.rests = plain && a.Pictures
		}
	})
}

// HasPlain reports whether a model has changes that are for pictures and no others: what was tuned on top of them was tuned with them.
func HasPlain(model any) bool {
	some, others := false, false
	EachLinear(model, func(_ string, l *Linear) {
		for _, a := range l.LoRA {
			some, others = some || a.Pictures, others || !a.Pictures
		}
	})
	return some && !others
}

// forward adds the change to y = x·Wᵀ + b.
func (a *LoRA) forward(l *Linear, y, x *graph.Node) *graph.Node {
	seen := x
	if a.Dropout != nil {
		seen = a.Dropout(x)
	}
	if a.Magnitude == nil {
		return op.LoRA(y, seen, a.A, a.B, a.Scale)
	}
	// DoRA (Liu et al. 2024): the lengths of the rows are constants for the gradient, section 4.3.
	if l.Bias != nil {
		y = op.Sub(y, l.Bias)
	}
	y = op.Mul(op.LoRA(y, seen, a.A, a.B, a.Scale), op.Mul(a.Magnitude, op.Detach(a.inverseLengths(l))))
	if l.Bias != nil {
		y = op.Add(y, l.Bias)
	}
	return y
}

// Delta is Scale·B·A [out, in] in f32: what plain LoRA adds to the matrix.
func (a *LoRA) Delta() *graph.Node {
	return op.Scale(op.MatMul(op.Cast(a.B, tensor.F32), op.Cast(a.A, tensor.F32), false, false), a.Scale)
}

// inverseLengths is 1/|W + Scale·B·A| of each row, [out].
func (a *LoRA) inverseLengths(l *Linear) *graph.Node {
	w := op.Add(l.Dense(), a.Delta())
	squares := op.Scale(op.Mean(op.Mul(w, w)), float32(l.In()))
	return op.Reshape(op.Rsqrt(squares, 0), l.Out())
}

// Dense is the layer's own matrix [out, in] in f32.
func (m *Matrix) Dense() *graph.Node {
	if m.Scales != nil {
		return op.Dequantize(m.Weight, m.Scales, m.Biases, m.Affine())
	}
	return op.Cast(m.Weight, tensor.F32)
}
