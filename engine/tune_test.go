package engine

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sightglass/engine/tensor"
	"sightglass/engine/train"
	"sightglass/engine/weights"
)

// lessons are the conversations of a checkpoint's golden.json with the answers of build/golden/train.py.
func lessons(t *testing.T, s *Session, dir string) (list []*train.Example) {
	t.Helper()
	answers := []string{"a cat", "it is in the town", "no", "they differ"}
	for i, g := range goldenCases(t, dir)[:len(answers)] {
		m := append(g.request(t, dir).Messages, Message{Role: Assistant, Parts: []Part{{Text: answers[i]}}})
		e, err := s.Example(t.Context(), m, false, 0)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, e)
	}
	return list
}

// trainOptions are those of build/golden/train.py.
func trainOptions(m train.Method) train.Options {
	o := train.Options{Method: m, Rank: 4, Alpha: 6, Steps: 10, Batch: 2, LR: 0.01, Seed: 3}
	if m == train.Full {
		o.LR = 0.001
	}
	return o.Defaults()
}

// startValues copies the adapter's start from a golden file to a file of its own.
func startValues(t *testing.T, golden weights.Source) string {
	t.Helper()
	var entries []weights.Entry
	for _, n := range golden.Names() {
		if name, ok := strings.CutPrefix(n, "init."); ok {
			a, err := golden.Get(n)
			if err != nil {
				t.Fatal(err)
			}
			entries = append(entries, weights.EntryOf(name, a.Array))
		}
	}
	path := filepath.Join(t.TempDir(), "init.safetensors")
	if err := weights.Save(path, nil, entries); err != nil {
		t.Fatal(err)
	}
	return path
}

func get(t *testing.T, src weights.Source, name string) tensor.Array {
	t.Helper()
	a, err := src.Get(name)
	if err != nil {
		t.Fatal(err)
	}
	return a.Array
}

func TestTrainingIsThatOfPEFT(t *testing.T) {
	all := []train.Method{train.LoRA, train.DoRA, train.Full}
	for dir, methods := range map[string][]train.Method{
		"testdata/idefics3-split": all, "testdata/smolvlm-whole": all,
		"model/qwenvl/testdata/qwen2.5-vl": {train.LoRA}, "model/qwenvl/testdata/qwen3-vl": {train.LoRA},
	} {
		for _, method := range methods {
			t.Run(filepath.Base(dir)+"/"+string(method), func(t *testing.T) {
				golden, err := weights.OpenFile(filepath.Join(dir, "train-"+string(method)+".safetensors"))
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { golden.Close() })
				for _, recompute := range []bool{false, true} {
					s := openTest(t, dir, Options{Exact: true})
					tr, err := s.Train(t.Context(), trainOptions(method))
					if err != nil {
						t.Fatal(err)
					}
					defer tr.Close()
					if method != train.Full {
						if err := tr.Init(startValues(t, golden)); err != nil {
							t.Fatal(err)
						}
					}
					tr.Recompute(recompute)
					compareTraining(t, tr, lessons(t, s, dir), golden)
				}
			})
		}
	}
}

// compareTraining runs ten steps and holds losses, and after the first step gradients, against PEFT's.
func compareTraining(t *testing.T, tr *train.Trainer, examples []*train.Example, golden weights.Source) {
	t.Helper()
	losses := get(t, golden, "losses").F32()
	for step, want := range losses {
		batch := []*train.Example{examples[2*step%4], examples[(2*step+1)%4]}
		r, err := tr.Step(t.Context(), batch)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(r.Loss-float64(want)) > parity {
			t.Errorf("step %d: loss: got %g, want %g", step, r.Loss, want)
		}
		if step > 0 {
			continue
		}
		if tr.Method == train.Full {
			if want := float64(get(t, golden, "grad.norm").F32()[0]); math.Abs(r.Norm-want) > parity*want {
				t.Errorf("norm of gradients: got %g, want %g", r.Norm, want)
			}
			continue
		}
		compareGradients(t, tr, golden)
	}
}

func compareGradients(t *testing.T, tr *train.Trainer, golden weights.Source) {
	t.Helper()
	grads, n := tr.Gradients(), 0
	for _, name := range golden.Names() {
		key, ok := strings.CutPrefix(name, "grad.")
		if !ok {
			continue
		}
		n++
		got, ok := grads[strings.TrimSuffix(key, ".weight")]
		if !ok {
			got = grads[key]
		}
		want := get(t, golden, name).F32()
		if len(got) != len(want) {
			t.Fatalf("%s: got %d gradients, want %d", key, len(got), len(want))
		}
		for i := range want {
			if math.Abs(float64(got[i]-want[i])) > parity {
				t.Errorf("%s: gradient %d: got %g, want %g", key, i, got[i], want[i])
				break
			}
		}
	}
	if n == 0 || n != len(grads) {
		t.Errorf("got %d gradients, want %d", len(grads), n)
	}
}

// TestQLoRAIsLoRAOnTheDequantizedBase trains on a model of 4 bits and on the values that these stand for.
func TestQLoRAIsLoRAOnTheDequantizedBase(t *testing.T) {
	const dir = "testdata/llava-mlx"
	start := ""
	var want []map[string][]float32
	var losses []float64
	for _, c := range []struct {
		dir    string
		method train.Method
	}{{dequantized(t, dir), train.LoRA}, {dir, train.QLoRA}} {
		s := openTest(t, c.dir, Options{Exact: true})
		tr, err := s.Train(t.Context(), trainOptions(c.method))
		if err != nil {
			t.Fatal(err)
		}
		defer tr.Close()
		if start == "" { // B as well, so that the gradients of A are not 0
			start = filepath.Join(t.TempDir(), "init.safetensors")
			for i, p := range tr.Params() {
				for j, values := 0, p.Array().F32(); j < len(values); j++ {
					values[j] = 0.2 * float32(math.Sin(float64(i*1000+j)))
				}
			}
			if err := tr.Save(start); err != nil {
				t.Fatal(err)
			}
		}
		if err := tr.Init(start); err != nil {
			t.Fatal(err)
		}
		examples := lessons(t, s, dir)
		for step := range 10 {
			r, err := tr.Step(t.Context(), []*train.Example{examples[2*step%4], examples[(2*step+1)%4]})
			if err != nil {
				t.Fatal(err)
			}
			if c.method == train.LoRA {
				losses = append(losses, r.Loss)
			} else if math.Abs(r.Loss-losses[step]) > parity {
				t.Errorf("step %d: loss: got %g, want %g", step, r.Loss, losses[step])
			}
			if step == 0 {
				grads := map[string][]float32{}
				for name, g := range tr.Gradients() {
					grads[name] = slices.Clone(g)
				}
				want = append(want, grads)
			}
		}
	}
	for name, g := range want[0] {
		if far := farthest(g, want[1][name]); far > parity {
			t.Errorf("%s: gradients: got %g apart", name, far)
		}
	}
	if !(losses[9] < losses[0]) {
		t.Errorf("losses: got %v, want them to fall", losses)
	}
}

// dequantized writes a quantized checkpoint with the values that its packed weights stand for.
func dequantized(t *testing.T, dir string) string {
	t.Helper()
	out := t.TempDir()
	for _, file := range []string{"config.json", "tokenizer.json", "tokenizer_config.json", "preprocessor_config.json"} {
		data, err := os.ReadFile(filepath.Join(dir, file))
		if err == nil {
			err = os.WriteFile(filepath.Join(out, file), data, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	src := openWeights(t, dir, "model.safetensors")
	names, packed := src.Names(), 0
	var entries []weights.Entry
	for _, name := range names {
		stem, part := strings.TrimSuffix(name, name[strings.LastIndexByte(name, '.'):]), name[strings.LastIndexByte(name, '.')+1:]
		isPacked := slices.Contains(names, stem+".scales")
		switch {
		case isPacked && part == "weight":
			w, scales, biases := get(t, src, name), get(t, src, stem+".scales"), get(t, src, stem+".biases")
			a := tensor.Affine{Bits: 4, Group: 32}
			if strings.HasSuffix(stem, "lm_head") {
				a.Bits = 8
			}
			values, err := weights.Dequantize(w, scales, biases, a)
			if err != nil {
				t.Fatal(err)
			}
			entries = append(entries, weights.EntryOf(name, tensor.Of(values, w.Shape[0], len(values)/w.Shape[0])))
			packed++
		case !isPacked:
			entries = append(entries, weights.EntryOf(name, get(t, src, name)))
		}
	}
	if packed == 0 {
		t.Fatal("got no packed weight")
	}
	if err := weights.Save(filepath.Join(out, "model.safetensors"), nil, entries); err != nil {
		t.Fatal(err)
	}
	return out
}
