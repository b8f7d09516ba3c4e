package op

import (
	"sightglass/engine/device"
	"sightglass/engine/graph"
	"sightglass/engine/tensor"
)

// LoRA adds to y0 [..., M] what an adapter of rank R makes of x [..., K]. a [R, K] and b [M, R] are of one floating-point type.
//
//	y = y0 + scale · (x·aᵀ)·bᵀ
func LoRA(y0, x, a, b *graph.Node, scale float32) *graph.Node {
	o := lora{u32(x.Type.Shape.Rows()), u32(x.Type.Shape.Last()), dim(b, 0), dim(a, 0), scale}
	return graph.Apply(o, y0, x, a, b)
}

type lora struct {
	N, K, M, R uint32
	Scale      float32
}

var _ = graph.Define(lora{}, graph.Cases(func(in []*graph.Node) *graph.Node {
	return LoRA(in[0], in[1], in[2], in[3], 0.7)
}, "3x5 3x16 4x16 5x4", "2x3x7 2x3x33 2x33:f16 7x2:f16", "1x1 1x1 1x1:bf16 1x1:bf16", "5x1030 5x20 40x20 1030x40"), graph.Bench(func(in []*graph.Node) *graph.Node {
	return LoRA(in[0], in[1], in[2], in[3], 2)
}, "512x1536 512x576 8x576 1536x8"))

func (lora) Name() string { return "lora" }

func (o lora) Shape(in []tensor.Type) (tensor.Type, error) {
	y0, x, a := in[0], in[1], in[2].DType
	r, k, m := int(o.R), int(o.K), int(o.M)
	if !floats(y0, x) || len(x.Shape) == 0 || !y0.Shape.Equal(withLast(x.Shape, m)) || !a.Float() ||
		!same(tensor.Type{DType: a, Shape: tensor.Shape{r, k}}, in[2]) || !same(tensor.Type{DType: a, Shape: tensor.Shape{m, r}}, in[3]) {
		return want("y0 f32[... M], x f32[... K], a [R K], b [M R]")
	}
	return y0, nil
}

func (o lora) Ref(y tensor.Array, in []tensor.Array) {
	r, k := int(o.R), int(o.K)
	a, b, y0, out := in[2].Floats(), in[3].Floats(), in[0].Rows(), y.Rows()
	down := make([]float64, r)
	for i, x := range in[1].Rows() {
		clear(down)
		for j := range down {
			for l, v := range x {
				down[j] += float64(v) * float64(a[j*k+l])
			}
		}
		for m := range out[i] {
			var sum float64
			for j, d := range down {
				sum += d * float64(b[m*r+j])
			}
			out[i][m] = float32(float64(y0[i][m]) + float64(o.Scale)*sum)
		}
	}
}

func (o lora) Launch(_ tensor.Type, in []tensor.Type) device.Launch {
	grid := [3]int{ceil(int(o.N), 4), ceil(int(o.M), 1024), 1}
	return device.Launch{Kernel: "lora_" + in[2].DType.String(), Grid: grid, Group: [3]int{256, 1, 1}, Args: o}
}

func (lora) InPlace() int { return 0 }

func (o lora) Expand(in []*graph.Node) *graph.Node {
	down := Linear(in[1], in[2], nil, true)
	return Add(in[0], Scale(Linear(down, in[3], nil, true), o.Scale))
}

// With h = scale·dy·b [N, R]: dy0 = dy, dx = h·a, da = hᵀ·x, db = scale·dyᵀ·(x·aᵀ), made as its transpose so that the few columns of the rank are
// rows. Only f32 weights are trained.
func (o lora) Grad(_, dy *graph.Node, in []*graph.Node) []*graph.Node {
	x, g, a, b := flat(in[1]), flat(dy), Cast(in[2], tensor.F32), Cast(in[3], tensor.F32)
	h := Scale(MatMul(g, b, false, false), o.Scale)
	grads := []*graph.Node{dy, Reshape(MatMul(h, a, false, false), in[1].Shape()...), nil, nil}
	if a == in[2] {
		grads[2] = MatMul(h, x, true, false)
		grads[3] = Permute(MatMul(Scale(MatMul(x, a, false, true), o.Scale), g, true, false), 1, 0)
	}
	return grads
}
