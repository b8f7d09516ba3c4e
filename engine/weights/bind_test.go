package weights_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"sightglass/engine/cpu"
	"sightglass/engine/graph"
	"sightglass/engine/nn"
	"sightglass/engine/tensor"
	"sightglass/engine/weights"
)

// source is a checkpoint in memory.
type source map[string]tensor.Array

func (s source) Names() []string { return slices.Sorted(maps.Keys(s)) }

func (s source) Get(name string) (weights.Tensor, error) {
	a, ok := s[name]
	if !ok {
		return weights.Tensor{}, fmt.Errorf("no tensor %q", name)
	}
	return weights.Tensor{Array: a}, nil
}

func (s source) Close() error { return nil }

// values are an array whose element i is base+i.
func values(d tensor.DType, base float32, shape ...int) tensor.Array {
	a := tensor.NewArray(d, shape...)
	v := make([]float32, a.Shape.Size())
	for i := range v {
		v[i] = base + float32(i)
	}
	a.Store(v)
	return a
}

type toy struct {
	Embed  *nn.Embedding `weight:"embed"`
	Layers []*block      `weight:"layers"`
	Head   *nn.Linear    `weight:"head,tied=embed"`
	Extra  *graph.Node   `weight:"extra,optional"`
}

type block struct {
	Norm *nn.RMSNorm `weight:"norm"`
	Proj *nn.Linear  `weight:"proj"`
}

func newToy() *toy {
	m := &toy{Embed: nn.NewEmbedding(3, 32), Head: nn.NewLinear(32, 3, false), Extra: graph.Param("", tensor.F32, 1)}
	for range 2 {
		m.Layers = append(m.Layers, &block{nn.NewRMSNorm(32, 1e-5), nn.NewLinear(32, 2, true)})
	}
	return m
}

func toySource() source {
	s := source{"embed.weight": values(tensor.F16, 1, 3, 32)}
	for i := range 2 {
		at := fmt.Sprintf("layers.%d.", i)
		s[at+"norm.weight"] = values(tensor.BF16, float32(100*i), 32)
		s[at+"proj.weight"] = values(tensor.F32, float32(200*i), 2, 32)
		s[at+"proj.bias"] = values(tensor.F16, float32(i), 2)
	}
	return s
}

func bind(t *testing.T, m *toy, s source, rename func(string) string) error {
	t.Helper()
	dev, err := cpu.Open(cpu.Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { dev.Close() })
	return weights.Bind(dev, m, s, rename)
}

func TestBindGivesEveryWeightItsNumbers(t *testing.T) {
	m, s := newToy(), toySource()
	if err := bind(t, m, s, nil); err != nil {
		t.Fatal(err)
	}
	if got := m.Layers[1].Proj.Weight.Array().F32(); got[5] != 205 {
		t.Errorf("layers.1.proj.weight[5]: got %g, want 205", got[5])
	}
	if n := m.Layers[1].Norm.Weight; n.Type.DType != tensor.F32 || n.Array().F32()[3] != 103 {
		t.Errorf("a norm must become f32: got %v", n.Type)
	}
	if h := m.Head.Weight; h.Type.DType != tensor.F16 || h.Array().Floats()[7] != 8 {
		t.Errorf("the head is tied to the embedding: got %v", h.Type)
	}
	if m.Extra != nil || m.Head.Scales != nil {
		t.Error("optional weights that are missing must become nil")
	}
}

func TestBindTakesAHeadOfItsOwn(t *testing.T) {
	m, s := newToy(), toySource()
	s["head.weight"] = values(tensor.F32, 50, 3, 32)
	if err := bind(t, m, s, nil); err != nil {
		t.Fatal(err)
	}
	if got := m.Head.Weight.Array().F32()[0]; got != 50 {
		t.Errorf("got %g, want the head's own 50", got)
	}
}

func TestBindRenames(t *testing.T) {
	s := source{}
	for name, a := range toySource() {
		s["old."+name] = a
	}
	s["rotary.inv_freq"] = values(tensor.F32, 0, 4)
	err := bind(t, newToy(), s, func(name string) string {
		to, _ := strings.CutPrefix(name, "old.")
		if to == name {
			return ""
		}
		return to
	})
	if err != nil {
		t.Error(err)
	}
}

// packed adds a quantized layers.0.proj.
func packed(s source, words, scaleCols int, d tensor.DType) {
	s["layers.0.proj.weight"] = tensor.NewArray(tensor.U32, 2, words)
	s["layers.0.proj.scales"] = tensor.NewArray(d, 2, scaleCols)
	s["layers.0.proj.biases"] = tensor.NewArray(d, 2, scaleCols)
}

func TestBindKeepsQuantizedMatrices(t *testing.T) {
	for words, want := range map[int]tensor.Affine{4: {Bits: 4, Group: 32}, 8: {Bits: 8, Group: 32}} {
		m, s := newToy(), toySource()
		packed(s, words, 1, tensor.F16)
		if err := bind(t, m, s, nil); err != nil {
			t.Fatal(err)
		}
		if got := m.Layers[0].Proj.Affine(); got != want {
			t.Errorf("%d words: got %v, want %v", words, got, want)
		}
	}
}

func TestBindListsAllThatIsWrong(t *testing.T) {
	s := toySource()
	delete(s, "layers.0.norm.weight")
	s["layers.1.proj.weight"] = values(tensor.F32, 0, 32, 2)
	s["layers.2.proj.bias"] = values(tensor.F32, 0, 2)
	s["embed.weight"] = tensor.NewArray(tensor.I32, 3, 32)
	err := bind(t, newToy(), s, nil)
	if err == nil {
		t.Fatal("a checkpoint with four faults was bound")
	}
	for _, want := range []string{
		`"layers.0.norm.weight": want [32], file has none`,
		`"layers.1.proj.weight": want [2 32], file has [32 2]`,
		`"layers.2.proj.bias": want no such tensor, file has one`,
		`"embed.weight": want floating-point numbers, file has i32`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("got\n%v\nwant it to say %s", err, want)
		}
	}
}

func TestBindRefusesBrokenQuantization(t *testing.T) {
	for name, breakIt := range map[string]func(source){
		"packed words without scales":    func(s source) { packed(s, 4, 1, tensor.F16); delete(s, "layers.0.proj.scales") },
		"packed words without biases":    func(s source) { packed(s, 4, 1, tensor.F16); delete(s, "layers.0.proj.biases") },
		"a width that no bits give":      func(s source) { packed(s, 5, 1, tensor.F16) },
		"groups that do not divide":      func(s source) { packed(s, 4, 3, tensor.F16) },
		"scales that are not numbers":    func(s source) { packed(s, 4, 1, tensor.I32) },
		"scales for too few rows":        func(s source) { packed(s, 4, 1, tensor.F16); s["layers.0.proj.scales"] = values(tensor.F16, 0, 1, 1) },
		"scales and biases unlike":       func(s source) { packed(s, 4, 1, tensor.F16); s["layers.0.proj.biases"] = values(tensor.F32, 0, 2, 1) },
		"scales beside plain weights":    func(s source) { s["layers.0.proj.scales"] = values(tensor.F16, 0, 2, 1) },
		"scales of one row and no shape": func(s source) { packed(s, 4, 1, tensor.F16); s["layers.0.proj.scales"] = values(tensor.F16, 0) },
	} {
		s := toySource()
		breakIt(s)
		if err := bind(t, newToy(), s, nil); err == nil {
			t.Errorf("%s: was bound", name)
		}
	}
}
