package engine

import (
	"math"
	"path/filepath"
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
	for i, g := range goldenCases(t, dir) {
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
	for _, name := range []string{"idefics3-split", "smolvlm-whole"} {
		for _, method := range []train.Method{train.LoRA, train.DoRA, train.Full} {
			t.Run(name+"/"+string(method), func(t *testing.T) {
				dir := filepath.Join("testdata", name)
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
