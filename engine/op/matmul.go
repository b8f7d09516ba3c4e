package op

import (
	"sightglass/engine/device"
	"sightglass/engine/graph"
	"sightglass/engine/tensor"
)

// MatMul multiplies the matrices a [N, K] and b [K, M], or a batch of them, a [B, N, K] and b [B, K, M]. A matrix is given transposed,
// a as [K, N] or b as [M, K], where its flag is set.
func MatMul(a, b *graph.Node, transA, transB bool) *graph.Node {
	o := matmul{Batch: 1, TransA: flag(transA), TransB: flag(transB)}
	r := len(a.Shape()) - 2
	if r == 1 {
		o.Batch = dim(a, 0)
	}
	o.N, o.K, o.M = dim(a, r), dim(a, r+1), dim(b, r+1)
	if transA {
		o.N, o.K = o.K, o.N
	}
	if transB {
		o.M = dim(b, r)
	}
	return graph.Apply(o, a, b)
}

type matmul struct{ Batch, N, K, M, TransA, TransB uint32 }

var _ = graph.Define(matmul{}, graph.Cases(func(in []*graph.Node) *graph.Node {
	return MatMul(in[0], in[1], false, false)
}, "3x16 16x5", "1x1 1x1", "2x3x7 2x7x5", "70x44 44x68"), graph.Cases(func(in []*graph.Node) *graph.Node {
	return MatMul(in[0], in[1], false, true)
}, "33x20 17x20", "2x3x7 2x5x7"), graph.Cases(func(in []*graph.Node) *graph.Node {
	return MatMul(in[0], in[1], true, false)
}, "16x3 16x5", "2x7x3 2x7x5", "13x8 13x12"), graph.Cases(func(in []*graph.Node) *graph.Node {
	return MatMul(in[0], in[1], true, true)
}, "16x3 5x16", "2x7x3 2x5x7"), graph.Bench(func(in []*graph.Node) *graph.Node {
	return MatMul(in[0], in[1], false, false)
}, "512x1536 1536x576"))

func (matmul) Name() string { return "matmul" }

func (o matmul) Shape(in []tensor.Type) (tensor.Type, error) {
	n, k, m := int(o.N), int(o.K), int(o.M)
	a, b, y := tensor.Shape{n, k}, tensor.Shape{k, m}, tensor.Shape{n, m}
	if o.TransA == 1 {
		a = tensor.Shape{k, n}
	}
	if o.TransB == 1 {
		b = tensor.Shape{m, k}
	}
	if len(in[0].Shape) == 3 {
		batch := tensor.Shape{int(o.Batch)}
		a, b, y = append(batch, a...), append(batch, b...), append(batch, y...)
	}
	if !floats(in...) || !in[0].Shape.Equal(a) || !in[1].Shape.Equal(b) {
		return want("a f32%v, b f32%v", a, b)
	}
	return tensor.Type{DType: tensor.F32, Shape: y}, nil
}

func (o matmul) Ref(y tensor.Array, in []tensor.Array) {
	n, k, m := int(o.N), int(o.K), int(o.M)
	an, ak, bk, bm := k, 1, m, 1 // strides
	if o.TransA == 1 {
		an, ak = 1, n
	}
	if o.TransB == 1 {
		bk, bm = 1, k
	}
	for batch := range int(o.Batch) {
		a, b, out := in[0].F32()[batch*n*k:], in[1].F32()[batch*k*m:], y.F32()[batch*n*m:]
		for i := range n {
			for j := range m {
				var sum float64
				for l := range k {
					sum += float64(a[i*an+l*ak]) * float64(b[l*bk+j*bm])
				}
				out[i*m+j] = float32(sum)
			}
		}
	}
}

func (o matmul) Launch(_ tensor.Type, _ []tensor.Type) device.Launch {
	// The kernel's name says which of the two is transposed, for tiles lie differently then.
	variant := []string{"nn", "nt", "tn", "tt"}[2*o.TransA+o.TransB]
	return device.Launch{
		Kernel: "matmul", Variant: variant, Grid: [3]int{ceil(int(o.N), 64), ceil(int(o.M), 64), int(o.Batch)}, Group: [3]int{128, 1, 1}, Args: o,
	}
}

// With A and B as multiplied: dA = dy·Bᵀ and dB = Aᵀ·dy, each transposed where it is given transposed.
func (o matmul) Grad(_, dy *graph.Node, in []*graph.Node) []*graph.Node {
	a, b, ta, tb := in[0], in[1], o.TransA == 1, o.TransB == 1
	da, db := MatMul(dy, b, false, !tb), MatMul(a, dy, !ta, false)
	if ta {
		da = MatMul(b, dy, tb, true)
	}
	if tb {
		db = MatMul(dy, a, true, ta)
	}
	return []*graph.Node{da, db}
}

func flag(b bool) uint32 {
	if b {
		return 1
	}
	return 0
}
