package engine

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sightglass/engine/tensor"
	"sightglass/engine/train"
	"sightglass/engine/weights"
	"sightglass/engine/weights/convert"
)

// tuned trains a few steps on a checkpoint and returns the session.
func tuned(t *testing.T, dir string, m train.Method) (*Session, *train.Trainer) {
	t.Helper()
	s := openTest(t, dir, Options{Exact: true})
	o := trainOptions(m)
	o.Steps = 3
	tr, err := s.Train(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tr.Close)
	if err := tr.Run(t.Context(), quiet(tr, lessons(t, s, dir), nil)); err != nil {
		t.Fatal(err)
	}
	if err := s.Forget(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s, tr
}

// written writes a session's model and returns the folder.
func written(t *testing.T, s *Session, o convert.Options) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "model")
	if err := s.Write(t.Context(), dir, o); err != nil {
		t.Fatal(err)
	}
	return dir
}

// farthest is the largest difference of two lists of log-probabilities.
func farthest(a, b []float32) (far float64) {
	for i := range a {
		far = max(far, math.Abs(float64(a[i]-b[i])))
	}
	return far
}

func TestAWrittenModelAnswersAsTheOneThatWasTrained(t *testing.T) {
	const quantized = "testdata/llava-mlx"
	for _, c := range []struct {
		dir    string
		method train.Method
		off    float64 // log-probabilities, from rounding to the type of the folder
	}{
		{"testdata/smolvlm-whole", train.LoRA, 1e-5}, {"testdata/idefics3-split", train.DoRA, 1e-5}, {"testdata/smolvlm-whole", train.Full, 0},
		{quantized, train.QLoRA, 0.02}, // bf16 keeps 8 bits of a number
	} {
		t.Run(filepath.Base(c.dir)+"/"+string(c.method), func(t *testing.T) {
			golden := goldenCases(t, c.dir)[1]
			_, base, _ := golden.run(t, openTest(t, c.dir, Options{Exact: true}), c.dir)
			s, _ := tuned(t, c.dir, c.method)
			_, want, _ := golden.run(t, s, c.dir)
			dir := written(t, s, convert.Options{})
			_, got, _ := golden.run(t, openTest(t, dir, Options{Exact: true}), c.dir)
			if far := farthest(got, want); !(far <= c.off) {
				t.Errorf("log-probabilities: got %v, want %v, %g apart at most", got, want, c.off)
			}
			if far := farthest(got, base); !(far > 4*c.off) || far == 0 {
				t.Errorf("log-probabilities: got the base's, %g apart", far)
			}
		})
	}
}

func TestAQuantizedLayerThatIsChangedIsWrittenInSixteenBitsOrRoundedAnew(t *testing.T) {
	s, _ := tuned(t, "testdata/llava-mlx", train.QLoRA)
	const layer, other = "language_model.model.layers.0.self_attn.q_proj", "language_model.model.embed_tokens"
	for _, c := range []struct {
		affine tensor.Affine
		dtype  tensor.DType
		config any
	}{{tensor.Affine{}, tensor.BF16, false}, {tensor.Affine{Bits: 8, Group: 32}, tensor.U32, map[string]any{"bits": 8.0, "group_size": 32.0}}, {tensor.Affine{Bits: 4, Group: 32}, tensor.U32, nil}} {
		dir := written(t, s, convert.Options{Affine: c.affine})
		src, err := weights.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer src.Close()
		if w := get(t, src, layer+".weight"); w.DType != c.dtype {
			t.Errorf("%v: got %v, want %v", c.affine, w.Type, c.dtype)
		}
		if w := get(t, src, other+".weight"); w.DType != tensor.U32 {
			t.Errorf("%v: a layer that nothing changes: got %v, want it packed as it was", c.affine, w.Type)
		}
		var config struct{ Quantization map[string]any }
		data, err := os.ReadFile(filepath.Join(dir, "config.json"))
		if err == nil {
			err = json.Unmarshal(data, &config)
		}
		if err != nil {
			t.Fatal(err)
		}
		got, said := config.Quantization[layer]
		if config.Quantization["bits"] != 4.0 || said != (c.config != nil) || said && !equalJSON(got, c.config) {
			t.Errorf("%v: got %v in config.json, want %v", c.affine, config.Quantization, c.config)
		}
		openTest(t, dir, Options{Exact: true})
	}
}

func equalJSON(a, b any) bool {
	x, _ := json.Marshal(a)
	y, _ := json.Marshal(b)
	return string(x) == string(y)
}

func TestAWrittenModelIsWholeOrNotThere(t *testing.T) {
	s, _ := tuned(t, lessonModel, train.LoRA)
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "mine"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.Write(t.Context(), dir, convert.Options{}); err == nil || !strings.Contains(err.Error(), "want a new folder") {
		t.Errorf("over a folder with files: got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Write(ctx, filepath.Join(dir, "new"), convert.Options{}); err == nil {
		t.Error("cancelled: got no error")
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("got %v left behind", left)
	}
}
