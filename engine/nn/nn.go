// Package nn holds the layers that models are made of. A layer names its weights in `weight` tags, relative to its own place, and has a
// Forward that adds it to a graph. Constructors fix the shapes; package weights gives the numbers.
package nn

import (
	"sightglass/engine/graph"
	"sightglass/engine/op"
	"sightglass/engine/tensor"
)

// Matrix is a weight [Out, In], dense or affine-quantized: then Weight is packed and Scales and Biases are there.
type Matrix struct {
	Weight *graph.Node `weight:"weight"`
	Scales *graph.Node `weight:"scales,optional"`
	Biases *graph.Node `weight:"biases,optional"`
	in     int
}

func newMatrix(out, in int) Matrix {
	return Matrix{graph.Weight(out, in), graph.Weight(), graph.Weight(), in}
}

// In is the number of inputs.
func (m *Matrix) In() int { return m.in }

// Out is the number of outputs.
func (m *Matrix) Out() int { return m.Weight.Dim(0) }

// Affine is the quantization of the bound matrix; zero if it is dense.
func (m *Matrix) Affine() tensor.Affine {
	if m.Scales == nil {
		return tensor.Affine{}
	}
	a, _ := tensor.AffineOf(m.in, m.Weight.Dim(1), m.Scales.Dim(1)) // checked when it was bound
	return a
}

// Linear is y = x·Wᵀ + b, and what an adapter adds.
type Linear struct {
	Matrix
	Bias *graph.Node `weight:"bias"`
	// LoRA are the adapters at this layer, applied one after the other.
	LoRA []*LoRA
	// Exact keeps activations in f32. Otherwise they may meet quantized weights in 8 bits, and those in bf16 in bf16.
	Exact bool
}

// NewLinear returns a layer from in to out values.
func NewLinear(in, out int, bias bool) *Linear {
	l := &Linear{Matrix: newMatrix(out, in)}
	if bias {
		l.Bias = graph.Param("", tensor.F32, out)
	}
	return l
}

// Forward maps x [..., in] to [..., out].
func (l *Linear) Forward(x *graph.Node) *graph.Node {
	var y *graph.Node
	if l.Scales != nil {
		y = op.QLinear(x, l.Weight, l.Scales, l.Biases, l.Bias, l.Affine(), l.Exact)
	} else {
		y = op.Linear(x, l.Weight, l.Bias, l.Exact)
	}
	for _, a := range l.LoRA {
		if !a.rests {
			y = a.forward(l, y, x)
		}
	}
	return y
}

// Embedding is a table of rows, each to be multiplied by Scale unless that is 0.
type Embedding struct {
	Matrix
	Scale float32
}

// NewEmbedding returns a table of n rows of width c.
func NewEmbedding(n, c int) *Embedding { return &Embedding{Matrix: newMatrix(n, c)} }

// Forward picks the rows of ids i32[N].
func (e *Embedding) Forward(ids *graph.Node) *graph.Node {
	var y *graph.Node
	if e.Scales != nil {
		y = op.QEmbedding(ids, e.Weight, e.Scales, e.Biases, e.Affine())
	} else {
		y = op.Embedding(ids, e.Weight)
	}
	if e.Scale == 0 {
		return y
	}
	return op.Scale(y, e.Scale)
}

// Patches is the convolution that embeds the patches of a picture: its kernel is as large as its stride, so it is a Linear over patches
// that were flattened beforehand. Its weight [out, channels, size, size] stays as it is, or as MLX has it, [out, size, size, channels]. One for
// videos has frames before the sizes.
type Patches struct {
	Weight   *graph.Node `weight:"weight"`
	Bias     *graph.Node `weight:"bias"`
	channels int
}

// NewPatches embeds patches of size x size pixels.
func NewPatches(channels, size, out int) *Patches {
	return &Patches{graph.Weight(out, channels, size, size), graph.Param("", tensor.F32, out), channels}
}

// NewVideoPatches embeds patches of size x size pixels in so many frames.
func NewVideoPatches(channels, frames, size, out int, bias bool) *Patches {
	p := &Patches{Weight: graph.Weight(out, channels, frames, size, size), channels: channels}
	if bias {
		p.Bias = graph.Param("", tensor.F32, out)
	}
	return p
}

// Forward maps flattened patches [P, channels·size·size] to [P, out].
func (p *Patches) Forward(x *graph.Node) *graph.Node {
	if p.Weight.Dim(1) != p.channels { // channels are last
		n, c := x.Dim(0), p.channels
		x = op.Reshape(op.Permute(op.Reshape(x, n, c, x.Dim(1)/c), 0, 2, 1), n, x.Dim(1))
	}
	return op.Linear(x, op.Reshape(p.Weight, p.Weight.Dim(0), x.Dim(-1)), p.Bias, true)
}

// RMSNorm scales rows to unit root mean square.
type RMSNorm struct {
	Weight *graph.Node `weight:"weight"`
	// Shift is added to the weight: Gemma's weights are around 0 where others' are around 1.
	Shift float32
	eps   float32
}

// NewRMSNorm normalises rows of width c.
func NewRMSNorm(c int, eps float32) *RMSNorm {
	return &RMSNorm{Weight: graph.Param("", tensor.F32, c), eps: eps}
}

// Forward keeps the shape of x.
func (n *RMSNorm) Forward(x *graph.Node) *graph.Node { return op.RMSNorm(x, n.Weight, n.eps, n.Shift) }

// LayerNorm shifts and scales rows to mean 0 and variance 1.
type LayerNorm struct {
	Weight *graph.Node `weight:"weight"`
	Bias   *graph.Node `weight:"bias"`
	eps    float32
}

// NewLayerNorm normalises rows of width c.
func NewLayerNorm(c int, eps float32) *LayerNorm {
	return &LayerNorm{graph.Param("", tensor.F32, c), graph.Param("", tensor.F32, c), eps}
}

// Forward keeps the shape of x.
func (n *LayerNorm) Forward(x *graph.Node) *graph.Node {
	return op.LayerNorm(x, n.Weight, n.Bias, n.eps)
}
