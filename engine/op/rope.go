package op

import (
	"sightglass/engine/device"
	"sightglass/engine/graph"
	"sightglass/engine/tensor"
)

// Rope rotates pairs of the first R channels of each head of x [N, H, D] by the angles of its row of table [N, R], cosines then sines:
//
//	y[p] = x[p]·cos[i] − x[q]·sin[i]    y[q] = x[q]·cos[i] + x[p]·sin[i]    0 <= i < R/2
//
// The pair is (p, q) = (i, R/2 + i), or (2i, 2i + 1) where interleaved.
func Rope(x, table *graph.Node, interleaved bool) *graph.Node {
	o := rope{N: dim(x, 0), H: dim(x, 1), D: dim(x, 2), R: dim(table, 1), Interleaved: flag(interleaved)}
	return graph.Apply(o, x, table)
}

type rope struct{ N, H, D, R, Interleaved, Inverse uint32 }

var _ = graph.Define(rope{}, graph.Cases(func(in []*graph.Node) *graph.Node {
	return Rope(in[0], Angles(in[1], in[2]), false)
}, "5x3x16 5:i32<100 8", "2x1x10 2:i32<9 3", "1x1x2 1:i32<9 1", "3x2x20 3:i32<50 4", "2x2x9 2:i32<9 4", "2x1x12 2:i32<9 3"), graph.Cases(func(in []*graph.Node) *graph.Node {
	return Rope(in[0], Angles(in[1], in[2]), true)
}, "5x3x16 5:i32<100 8", "2x1x10 2:i32<9 3"), graph.Bench(func(in []*graph.Node) *graph.Node {
	return Rope(in[0], Angles(in[1], in[2]), false)
}, "1x9x64 1:i32<1024 32", "512x9x64 512:i32<1024 32"))

func (rope) Name() string { return "rope" }

func (o rope) Shape(in []tensor.Type) (tensor.Type, error) {
	x, table := in[0], in[1]
	if !floats(x, table) || len(x.Shape) != 3 || !table.Shape.Equal(tensor.Shape{int(o.N), int(o.R)}) || o.R%2 != 0 || o.R > o.D {
		return want("x f32[N H D], table f32[N R] with R even and at most D")
	}
	return x, nil
}

func (o rope) Ref(y tensor.Array, in []tensor.Array) {
	half, table, out := int(o.R)/2, in[1].Rows(), y.Rows()
	for r, x := range in[0].Rows() {
		angles := table[r/int(o.H)]
		copy(out[r], x)
		for i := range half {
			p, q := i, half+i
			if o.Interleaved == 1 {
				p, q = 2*i, 2*i+1
			}
			cos, sin := float64(angles[i]), float64(angles[half+i])
			if o.Inverse == 1 {
				sin = -sin
			}
			a, b := float64(x[p]), float64(x[q])
			out[r][p], out[r][q] = float32(a*cos-b*sin), float32(b*cos+a*sin)
		}
	}
}

func (o rope) Launch(tensor.Type, []tensor.Type) device.Launch {
	return perFour("rope", o, o.N*o.H, 4*o.fours())
}

// fours counts the threads of a head: for four pairs each, or four numbers that are not rotated.
func (o rope) fours() uint32 { return (o.R/2+3)/4 + (o.D-o.R+3)/4 }

func (rope) InPlace() int { return 0 }

// The gradient is rotated back. None flows to the table: positions are not trained.
func (o rope) Grad(_, dy *graph.Node, in []*graph.Node) []*graph.Node {
	o.Inverse = 1 - o.Inverse
	return []*graph.Node{graph.Apply(o, dy, in[1]), nil}
}
