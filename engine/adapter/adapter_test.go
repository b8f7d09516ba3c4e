package adapter_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sightglass/engine/adapter"
	"sightglass/engine/cpu"
	"sightglass/engine/device"
	"sightglass/engine/graph"
	"sightglass/engine/nn"
	"sightglass/engine/tensor"
	"sightglass/engine/weights"
)

type toy struct {
	Layers []*block `weight:"model.layers"`
}

type block struct {
	Query *nn.Linear `weight:"self_attn.q_proj"`
	Key   *nn.Linear `weight:"self_attn.k_proj"`
}

func newToy(t *testing.T) (*toy, device.Device) {
	t.Helper()
	dev, err := cpu.Open(cpu.Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { dev.Close() })
	m := &toy{}
	for range 2 {
		m.Layers = append(m.Layers, &block{nn.NewLinear(3, 2, false), nn.NewLinear(3, 2, false)})
	}
	nn.EachLinear(m, func(_ string, l *nn.Linear) {
		l.Scales, l.Biases = nil, nil
		b, err := dev.Alloc(24)
		if err != nil {
			t.Fatal(err)
		}
		l.Weight.Bind(device.Slice{Buffer: b, Type: l.Weight.Type}) // zero, so that the output is the adapter's alone
	})
	return m, dev
}

// folder writes a PEFT adapter of rank 1 for layers by name: A = [1 2 3] and B = [1 -1].
func folder(t *testing.T, config map[string]any, layers ...string) string {
	t.Helper()
	dir := t.TempDir()
	full := map[string]any{"peft_type": "LORA", "r": 1, "lora_alpha": 4, "bias": "none"}
	for k, v := range config {
		full[k] = v
	}
	data, err := json.Marshal(full)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "adapter_config.json"), data, 0o600); err != nil {
		t.Fatal(err)
	}
	var entries []weights.Entry
	for _, l := range layers {
		entries = append(entries,
			weights.EntryOf("base_model.model."+l+".lora_A.weight", tensor.Of([]float32{1, 2, 3}, 1, 3)),
			weights.EntryOf("base_model.model."+l+".lora_B.weight", tensor.Of([]float32{1, -1}, 2, 1)))
	}
	if err := weights.Save(filepath.Join(dir, "adapter_model.safetensors"), nil, entries); err != nil {
		t.Fatal(err)
	}
	return dir
}

// output runs layer 1's query projection on [1 1 1].
func output(t *testing.T, m *toy, dev device.Device) []float32 {
	t.Helper()
	x := graph.Input("x", tensor.F32, 1, 3)
	y := m.Layers[1].Query.Forward(x)
	p, err := graph.Plan(dev, nil, y)
	if err != nil {
		t.Fatal(err)
	}
	copy(p.Array(x).F32(), []float32{1, 1, 1})
	if err := p.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	return p.Array(y).F32()
}

func TestAdapterAddsScaledBA(t *testing.T) {
	for _, c := range []struct {
		name   string
		config map[string]any
		layer  string
		want   float32 // (1+2+3) times the scale
	}{
		{"alpha over rank", nil, "model.layers.1.self_attn.q_proj", 24},
		{"rank-stabilised scale", map[string]any{"r": 1, "lora_alpha": 2, "use_rslora": true}, "model.layers.1.self_attn.q_proj", 12},
		{"a name from another version of transformers", nil, "model.language_model.layers.1.self_attn.q_proj", 24},
		{"a name without its beginning", nil, "layers.1.self_attn.q_proj", 24},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, dev := newToy(t)
			if err := adapter.Attach(dev, m, folder(t, c.config, c.layer), nil); err != nil {
				t.Fatal(err)
			}
			if got := output(t, m, dev); got[0] != c.want || got[1] != -c.want {
				t.Errorf("got %v, want [%g %g]", got, c.want, -c.want)
			}
			if m.Layers[0].Query.LoRA != nil || m.Layers[1].Key.LoRA != nil {
				t.Error("the adapter is on layers that it does not name")
			}
		})
	}
}

func TestAdaptersForPicturesRestInPlainGraphs(t *testing.T) {
	m, dev := newToy(t)
	const layer = "model.layers.1.self_attn.q_proj"
	for i, config := range []map[string]any{{"pictures_only": true}, {"lora_alpha": 1}} {
		if nn.HasPlain(m) != (i == 1) {
			t.Errorf("after %d adapters: got %v", i, nn.HasPlain(m))
		}
		if err := adapter.Attach(dev, m, folder(t, config, layer), nil); err != nil {
			t.Fatal(err)
		}
	}
	if nn.HasPlain(m) {
		t.Error("an adapter that was tuned beside that for pictures would rest in no graph, but its fellow")
	}
	for _, c := range []struct {
		plain bool
		want  float32
	}{{false, 24 + 6}, {true, 6}, {false, 24 + 6}} {
		nn.Plain(m, c.plain)
		if got := output(t, m, dev); got[0] != c.want {
			t.Errorf("plain %v: got %v, want %g", c.plain, got[0], c.want)
		}
	}
}

func TestAdaptersThatDoNotFitAreRefused(t *testing.T) {
	for _, c := range []struct {
		name   string
		config map[string]any
		layers []string
		want   string
	}{
		{"no layer of that name", nil, []string{"model.layers.7.self_attn.q_proj"}, "fits no layer"},
		{"an end that several layers share", nil, []string{"other.q_proj"}, "fits no layer"},
		{"one layer that is missing", nil, []string{"model.layers.1.self_attn.q_proj", "model.layers.1.mlp.up_proj"}, "mlp.up_proj"},
		{"another rank", map[string]any{"r": 2}, []string{"model.layers.1.self_attn.q_proj"}, "want [2 3]"},
		{"DoRA", map[string]any{"use_dora": true}, []string{"model.layers.1.self_attn.q_proj"}, "lora_magnitude_vector"},
		{"another method", map[string]any{"peft_type": "IA3"}, []string{"model.layers.1.self_attn.q_proj"}, "IA3"},
		{"an absurd rank", map[string]any{"r": -1}, []string{"model.layers.1.self_attn.q_proj"}, "want a rank"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, dev := newToy(t)
			err := adapter.Attach(dev, m, folder(t, c.config, c.layers...), nil)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want an error with %q", err, c.want)
			}
		})
	}
	m, dev := newToy(t)
	if err := adapter.Attach(dev, m, folder(t, nil, "elsewhere.3.proj"), nil); !errors.Is(err, adapter.ErrNoMatch) {
		t.Errorf("got %v, want ErrNoMatch", err)
	}
	if err := adapter.Attach(dev, m, t.TempDir(), nil); err == nil {
		t.Error("an empty folder was attached")
	}
}
