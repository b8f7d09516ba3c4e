package convert

import (
	"os"
	"path/filepath"
	"testing"

	"sightglass/engine/tensor"
	"sightglass/engine/weights"
)

// What is rounded, what stays wide, and every bit of it are those of mlx-vlm, which build/golden/mlx.py asked for the same and for a head of 8 bits.
func TestConvertWritesWhatMLXVLMWrites(t *testing.T) {
	src := t.TempDir()
	for _, name := range []string{"config.json", "model.safetensors"} {
		data, err := os.ReadFile(filepath.Join("../../testdata/llava-1.5", name))
		if err == nil {
			err = os.WriteFile(filepath.Join(src, name), data, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	_, got := convert(t, src, Options{Affine: tensor.Affine{Bits: 4, Group: 32}})
	want, err := weights.OpenFile("../../testdata/llava-mlx/model.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	defer want.Close()
	if g, w := len(got.Names()), len(want.Names()); g != w {
		t.Errorf("got %d tensors, want %d", g, w)
	}
	for _, name := range want.Names() {
		w, err := want.Get(name)
		if err != nil {
			t.Fatal(err)
		}
		g, err := got.Get(name)
		switch {
		case err != nil:
			t.Error(err)
		case name == "language_model.lm_head.weight" || name == "language_model.lm_head.scales" || name == "language_model.lm_head.biases":
			if g.DType != w.DType {
				t.Errorf("%q: got %v, want the type of %v", name, g.Type, w.Type)
			}
		case len(w.Shape) == 4: // MLX keeps channels last, and reads both
			if g.Shape.Size() != w.Shape.Size() {
				t.Errorf("%q: got %v, want as many values as %v", name, g.Type, w.Type)
			}
		case g.Type.String() != w.Type.String() || string(g.Data) != string(w.Data):
			t.Errorf("%q: got %v, want the bytes of %v", name, g.Type, w.Type)
		}
	}
}
