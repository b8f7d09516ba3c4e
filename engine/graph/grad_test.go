package graph

import (
	"slices"
	"testing"

	"sightglass/engine/tensor"
)

// With s = x², y = s − x, and z = view(y) − view(frozen(s)).
func TestGradients(t *testing.T) {
	x, c := Input("x", tensor.F32, 2), Input("c", tensor.F32, 2)
	s := Apply(square{}, x)
	y := Apply(sub{}, s, x)
	z := Apply(sub{}, Apply(view{1}, y), Apply(view{1}, Apply(frozen{}, s)))
	dy, dz := Input("dy", tensor.F32, 2), Input("dz", tensor.F32, 1, 2)
	feeds := map[*Node]tensor.Array{
		x: tensor.Of([]float32{3, -1}, 2), c: tensor.Of([]float32{5, 5}, 2),
		dy: tensor.Of([]float32{1, 10}, 2), dz: tensor.Of([]float32{1, 10}, 1, 2),
	}
	for _, g := range []struct {
		name      string
		y, dy, of *Node
		alongside []*Node
		want      []float32
	}{
		{"of a node that is used twice is the sum over its uses", y, dy, x, nil, []float32{5, -30}},
		{"of an inner node stops there", y, dy, s, nil, []float32{1, 10}},
		{"of an inner node does not hide that of its input", y, dy, x, []*Node{s}, []float32{5, -30}},
		{"of the result itself is that of the result", y, dy, y, nil, []float32{1, 10}},
		{"of what the result does not depend on is nil", y, dy, c, []*Node{x}, nil},
		{"passes views and not ops without a gradient", z, dz, x, nil, []float32{5, -30}},
		{"behind an op without a gradient is nil", Apply(frozen{}, x), dy, x, nil, nil},
	} {
		t.Run(g.name, func(t *testing.T) {
			got := Gradients(sum, g.y, g.dy, append([]*Node{g.of}, g.alongside...)...)[0]
			if got == nil || g.want == nil {
				if got != nil || g.want != nil {
					t.Errorf("got %v, want %v", got, g.want)
				}
				return
			}
			if v := Eval(feeds, got)[0].F32(); !slices.Equal(v, g.want) {
				t.Errorf("got %v, want %v", v, g.want)
			}
		})
	}
}

// counted counts how often it is differentiated.
type counted struct {
	neg
	times *int
}

func (o counted) Grad(_, dy *Node, _ []*Node) []*Node {
	*o.times++
	return []*Node{Apply(neg{}, dy)}
}

func TestGradientsLeaveOutWhatNobodyAskedFor(t *testing.T) {
	var asked, other int
	x, w := Input("x", tensor.F32, 2), Input("w", tensor.F32, 2)
	y := Apply(sub{}, Apply(counted{times: &other}, x), Apply(counted{times: &asked}, w))
	Gradients(sum, y, Input("dy", tensor.F32, 2), w)
	if asked != 1 || other != 0 {
		t.Errorf("got %d and %d calls, want 1 on the way to w and 0 on the way to x", asked, other)
	}
}
