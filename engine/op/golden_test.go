package op

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sightglass/engine/graph"
	"sightglass/engine/tensor"
)

// golden is what PyTorch or MLX made of an op, written by build/golden/op.py.
type golden struct {
	Args  map[string]float64
	In    []goldenTensor
	Out   goldenTensor
	DY    *goldenTensor
	Grads []*goldenTensor
}

type goldenTensor struct {
	Type  string
	Shape []int
	Data  []float64
}

func (g goldenTensor) array() tensor.Array {
	switch g.Type {
	case "i32":
		a := tensor.NewArray(tensor.I32, g.Shape...)
		for i, v := range g.Data {
			a.I32()[i] = int32(v)
		}
		return a
	case "u32":
		a := tensor.NewArray(tensor.U32, g.Shape...)
		for i, v := range g.Data {
			a.U32()[i] = uint32(v)
		}
		return a
	}
	a := tensor.NewArray(map[string]tensor.DType{"f32": tensor.F32, "f16": tensor.F16}[g.Type], g.Shape...)
	a.Store(g.floats())
	return a
}

func (g goldenTensor) floats() []float32 {
	v := make([]float32, len(g.Data))
	for i, d := range g.Data {
		v[i] = float32(d)
	}
	return v
}

// goldens builds the graph of each golden from its inputs; the stem of a file is its longest prefix here.
var goldens = map[string]func(in []*graph.Node, args map[string]float64) *graph.Node{
	"attention": func(in []*graph.Node, a map[string]float64) *graph.Node {
		return Attention(in[0], in[1], in[2], in[3], in[4], float32(a["scale"]))
	},
	"dequantize": func(in []*graph.Node, a map[string]float64) *graph.Node {
		return Dequantize(in[0], in[1], in[2], affine(a))
	},
	"embedding": func(in []*graph.Node, _ map[string]float64) *graph.Node { return Embedding(in[0], in[1]) },
	"gelu_erf":  func(in []*graph.Node, _ map[string]float64) *graph.Node { return GELUErf(in[0]) },
	"gelu_tanh": func(in []*graph.Node, _ map[string]float64) *graph.Node { return GELUTanh(in[0]) },
	"layernorm": func(in []*graph.Node, a map[string]float64) *graph.Node {
		return LayerNorm(in[0], in[1], in[2], float32(a["eps"]))
	},
	"linear":    func(in []*graph.Node, _ map[string]float64) *graph.Node { return Linear(in[0], in[1], in[2], true) },
	"logsumexp": func(in []*graph.Node, _ map[string]float64) *graph.Node { return LogSumExp(in[0]) },
	"qlinear": func(in []*graph.Node, a map[string]float64) *graph.Node {
		return QLinear(in[0], in[1], in[2], in[3], nil, affine(a), true)
	},
	"rmsnorm": func(in []*graph.Node, a map[string]float64) *graph.Node {
		return RMSNorm(in[0], in[1], float32(a["eps"]), 0)
	},
	"rope": func(in []*graph.Node, a map[string]float64) *graph.Node {
		return Rope(in[0], Angles(in[1], in[2]), a["interleaved"] == 1)
	},
	"silu":    func(in []*graph.Node, _ map[string]float64) *graph.Node { return SiLU(in[0]) },
	"softmax": func(in []*graph.Node, _ map[string]float64) *graph.Node { return Softmax(in[0]) },
}

func affine(a map[string]float64) tensor.Affine {
	return tensor.Affine{Bits: int(a["bits"]), Group: int(a["group"])}
}

func TestValuesAndGradientsAreThoseOfPyTorchAndMLX(t *testing.T) {
	files, _ := filepath.Glob("testdata/*.json")
	used := map[string]bool{}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		t.Run(name, func(t *testing.T) {
			var g golden
			if b, err := os.ReadFile(file); err != nil {
				t.Fatal(err)
			} else if err := json.Unmarshal(b, &g); err != nil {
				t.Fatal(err)
			}
			stem := name
			for goldens[stem] == nil {
				stem = stem[:strings.LastIndexByte(stem, '_')]
			}
			used[stem] = true
			g.check(t, goldens[stem])
		})
	}
	for stem := range goldens {
		if !used[stem] {
			t.Errorf("%s: want a golden, found none", stem)
		}
	}
}

func (g golden) check(t *testing.T, build func([]*graph.Node, map[string]float64) *graph.Node) {
	const tolerance = 5e-6 // they compute in f32
	feeds := map[*graph.Node]tensor.Array{}
	var in, floats []*graph.Node
	for _, x := range g.In {
		a := x.array()
		n := graph.Input("x", a.DType, a.Shape...)
		feeds[n] = a
		in = append(in, n)
		if a.DType == tensor.F32 {
			floats = append(floats, n)
		}
	}
	y := build(in, g.Args)
	if !y.Shape().Equal(g.Out.Shape) {
		t.Fatalf("got shape %v, want %v", y.Shape(), g.Out.Shape)
	}
	near(t, graph.Eval(feeds, y)[0].Floats(), g.Out.floats(), tolerance)
	if g.DY == nil {
		return
	}
	dy := graph.Input("dy", tensor.F32, g.DY.Shape...)
	feeds[dy] = g.DY.array()
	for i, got := range Gradients(y, dy, floats...) {
		want := g.Grads[i]
		if (got == nil) != (want == nil) {
			t.Fatalf("input %d: got gradient %v, want %v", i, got, want)
		}
		if got != nil {
			near(t, graph.Eval(feeds, got)[0].F32(), want.floats(), tolerance)
		}
	}
}
