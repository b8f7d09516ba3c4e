package engine

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sightglass/engine/adapter"
	"sightglass/engine/weights"
)

// foreign are adapters that mlx-vlm made: build/golden/adapter.py.
var foreign = []struct {
	model, method string
	layers        int
	peft          string // how PEFT begins the names of its layers
}{
	{"testdata/idefics3-split", "lora", 21, "base_model.model.model.text_model.layers."},
	{"testdata/llava-1.5", "dora", 14, "base_model.model.model.language_model.layers."},
}

func foreignFolder(model, method string) string {
	return filepath.Join("testdata/adapters", filepath.Base(model)+"-"+method)
}

func TestAdaptersOfMLXAnswerAsThere(t *testing.T) {
	for _, c := range foreign {
		folder := foreignFolder(c.model, c.method)
		data, err := os.ReadFile(filepath.Join(folder, "answer.json"))
		if err != nil {
			t.Fatal(err)
		}
		golden := goldenCases(t, c.model)[0]
		if err := json.Unmarshal(data, &golden); err != nil {
			t.Fatal(err)
		}
		peft := t.TempDir()
		if err := WriteAdapter(c.model, folder, peft, adapter.PEFT, "base"); err != nil {
			t.Fatal(err)
		}
		for _, tuned := range []string{folder, peft} {
			ids, logprobs, _ := golden.run(t, openTest(t, c.model, Options{Exact: true, Tuned: tuned}), c.model)
			if far := farthest(logprobs, golden.Logprobs); !(far < parity) {
				t.Errorf("%s: got %v with %v, want %v with %v", tuned, ids, logprobs, golden.Tokens, golden.Logprobs)
			}
		}
		_, base, _ := golden.run(t, openTest(t, c.model, Options{Exact: true}), c.model)
		if far := farthest(base, golden.Logprobs); far < 10*parity {
			t.Errorf("%s: the base answers as with the adapter, %g apart", folder, far)
		}
	}
}

func TestAdaptersGoThereAndBack(t *testing.T) {
	for _, c := range foreign {
		folder, peft, back := foreignFolder(c.model, c.method), t.TempDir(), t.TempDir()
		if err := errors.Join(WriteAdapter(c.model, folder, peft, adapter.PEFT, "base"), WriteAdapter(c.model, peft, back, adapter.MLX, "base")); err != nil {
			t.Fatal(err)
		}
		was, now := openWeights(t, folder, "adapters.safetensors"), openWeights(t, back, "adapters.safetensors")
		if got, want := len(now.Names()), len(was.Names()); got != want || got == 0 {
			t.Errorf("got %d matrices, want %d", got, want)
		}
		for _, name := range was.Names() {
			got, want := get(t, now, name), get(t, was, name)
			if !got.Shape.Equal(want.Shape) || string(got.Data) != string(want.Data) {
				t.Errorf("%q: got %v, want %v as it was", name, got.Type, want.Type)
			}
		}
		for _, name := range openWeights(t, peft, adapter.PEFTFile).Names() {
			if !strings.HasPrefix(name, c.peft) {
				t.Errorf("got %q, want PEFT's names to begin with %q", name, c.peft)
			}
		}
		var config struct {
			Type       string `json:"fine_tune_type"`
			Parameters struct {
				Rank  int
				Scale float64
				Keys  []string
			} `json:"lora_parameters"`
		}
		data, err := os.ReadFile(filepath.Join(back, "adapter_config.json"))
		if err == nil {
			err = json.Unmarshal(data, &config)
		}
		p := config.Parameters
		if err != nil || config.Type != c.method || p.Rank != 4 || p.Scale != 1.5 || len(p.Keys) != c.layers {
			t.Errorf("adapter_config.json: got %+v, %v", config, err)
		}
	}
	if err := WriteAdapter("testdata/smolvlm-whole", foreignFolder("llava-1.5", "dora"), t.TempDir(), adapter.PEFT, ""); err == nil {
		t.Error("an adapter of another model: got no error")
	}
}

func openWeights(t *testing.T, dir, file string) weights.Source {
	t.Helper()
	src, err := weights.OpenFile(filepath.Join(dir, file))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { src.Close() })
	return src
}
