package op_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"sightglass/engine/device"
	"sightglass/engine/graph"
	"sightglass/engine/op"
	"sightglass/engine/tensor"
)

// Ops that follow one another are planned as one where nothing else reads what is between them, and compute the same.
func TestOpsAreFusedWhereNothingReadsBetweenThem(t *testing.T) {
	aff := tensor.Affine{Bits: 4, Group: 32}
	product := func(in []*graph.Node) *graph.Node { return op.QLinear(in[0], in[1], in[2], in[3], nil, aff, false) }
	other := func(in []*graph.Node) *graph.Node { return op.QLinear(in[0], in[4], in[5], in[6], nil, aff, false) }
	rotated := func(in []*graph.Node) *graph.Node { return op.Rope(in[1], op.Angles(in[4], in[2]), false) }
	const matrix, two = "1x64 5x8:u32 5x2 5x2 1x5", "1x64 5x8:u32 5x2 5x2 5x8:u32 5x2 5x2"
	const cached = "3x5x1x8 1x1x8 4 1:i32<3 1:i32<5"
	for _, c := range []struct {
		name, in string
		want     string // the kernel that is there, or is not where it begins with !
		build    func(in []*graph.Node) []*graph.Node
	}{
		{"a product and its residual", matrix, "qlinear_add", func(in []*graph.Node) []*graph.Node {
			return []*graph.Node{op.Add(in[4], product(in))}
		}},
		{"a product that is read elsewhere", matrix, "!qlinear_add", func(in []*graph.Node) []*graph.Node {
			y := product(in)
			return []*graph.Node{op.Add(in[4], y), op.Scale(y, 2)}
		}},
		{"a product that the host reads", matrix, "!qlinear_add", func(in []*graph.Node) []*graph.Node {
			y := product(in)
			return []*graph.Node{op.Add(in[4], y), y}
		}},
		{"a product added to itself", matrix, "!qlinear_add", func(in []*graph.Node) []*graph.Node {
			y := product(in)
			return []*graph.Node{op.Add(y, y)}
		}},
		{"a product of two rows", "2x64 5x8:u32 5x2 5x2 2x5", "!qlinear_add", func(in []*graph.Node) []*graph.Node {
			return []*graph.Node{op.Add(in[4], product(in))}
		}},
		{"a product with a bias", matrix + " 5", "!qlinear_add", func(in []*graph.Node) []*graph.Node {
			return []*graph.Node{op.Add(in[4], op.QLinear(in[0], in[1], in[2], in[3], in[5], aff, false))}
		}},
		{"a gate", two, "qlinear_silu_mul", func(in []*graph.Node) []*graph.Node {
			return []*graph.Node{op.SiLUMul(product(in), other(in))}
		}},
		{"a gate that is read elsewhere", two, "!qlinear_silu_mul", func(in []*graph.Node) []*graph.Node {
			gate := product(in)
			return []*graph.Node{op.SiLUMul(gate, other(in)), op.Scale(gate, 2)}
		}},
		{"a gate of other inputs", two + " 1x64", "!qlinear_silu_mul", func(in []*graph.Node) []*graph.Node {
			return []*graph.Node{op.SiLUMul(product(in), op.QLinear(in[7], in[4], in[5], in[6], nil, aff, false))}
		}},
		{"a gate with scales of two types", "1x64 5x8:u32 5x2 5x2 5x8:u32 5x2:bf16 5x2:bf16", "!qlinear_silu_mul", func(in []*graph.Node) []*graph.Node {
			return []*graph.Node{op.SiLUMul(product(in), other(in))}
		}},
		{"rotated keys", cached, "cache_write_rope", func(in []*graph.Node) []*graph.Node {
			return []*graph.Node{op.CacheWrite(in[0], rotated(in), in[3], in[4])}
		}},
		{"rotated keys that are read elsewhere", cached, "!cache_write_rope", func(in []*graph.Node) []*graph.Node {
			k := rotated(in)
			return []*graph.Node{op.CacheWrite(in[0], k, in[3], in[4]), op.Scale(k, 2)}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			in, feeds := graph.Case{In: c.in}.Inputs(1)
			for i := range in { // what models have as Params is not lowered
				if in[i].Type.DType == tensor.F32 && (i > 0 && strings.HasPrefix(c.in, "1x64") && in[i].Dim(0) == 5 || strings.HasPrefix(c.in, "3x5") && (i == 0 || i == 2)) {
					bind(in[i], feeds[in[i]])
				}
			}
			outputs := c.build(in)
			given := map[*graph.Node]tensor.Array{}
			for n, a := range feeds {
				given[n] = tensor.Array{Type: a.Type, Data: slices.Clone(a.Data)}
			}
			want := graph.Eval(given, outputs...)
			dev := &halves{}
			p, err := graph.Plan(dev, nil, outputs...)
			if err != nil {
				t.Fatal(err)
			}
			name, fused := strings.TrimPrefix(c.want, "!"), !strings.HasPrefix(c.want, "!")
			there := slices.ContainsFunc(dev.kernels, func(k string) bool { return strings.HasPrefix(k, name+"_") })
			if there != fused {
				t.Errorf("%s is planned: %v, want %v; found %v", name, there, fused, dev.kernels)
			}
			for n, a := range feeds {
				if p.Has(n) && !n.Bound() {
					copy(p.Array(n).Data, a.Data)
				}
			}
			if err := p.Run(t.Context()); err != nil {
				t.Fatal(err)
			}
			for i, y := range outputs {
				for j, g := range p.Array(y).Floats() {
					if w := want[i].Floats()[j]; math.Abs(float64(g-w)) > 4e-3*(1+math.Abs(float64(w))) {
						t.Errorf("output %d, value %d: got %g, want %g", i, j, g, w)
					}
				}
			}
		})
	}
}

func bind(n *graph.Node, a tensor.Array) {
	data := bytesBuffer(a.Data)
	*n = *graph.Param(n.Name, a.DType, a.Shape...)
	n.Bind(device.Slice{Buffer: &data, Type: a.Type})
}
