//go:build darwin || fakemetal

// Package answers_test asks models on Metal: the real one on a Mac, the fake elsewhere.
package answers_test

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sightglass/engine"
	"sightglass/engine/builtin"
	"sightglass/engine/cpu"
	"sightglass/engine/device"
	"sightglass/engine/tensor"
	"sightglass/engine/weights"
)

// question is a golden question and its answer by transformers, greedily and in f32.
type question struct {
	Name     string
	Messages []struct {
		Role    engine.Role
		Content []struct{ Type, Text, Path string }
	}
	Tokens   []int32
	Logprobs []float32
}

func (q question) request(t *testing.T, dir string) engine.Request {
	t.Helper()
	var r engine.Request
	for _, m := range q.Messages {
		out := engine.Message{Role: m.Role}
		for _, c := range m.Content {
			part := engine.Part{Text: c.Text}
			if c.Type == "image" {
				data, err := os.ReadFile(filepath.Join(dir, c.Path))
				if err != nil {
					t.Fatal(err)
				}
				part.Picture = data
			}
			out.Parts = append(out.Parts, part)
		}
		r.Messages = append(r.Messages, out)
	}
	return r
}

func readJSON[T any](t *testing.T, path string) (v T) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(data, &v)
	}
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// generate asks a model on a device.
func generate(t *testing.T, dev device.Device, dir string, opts engine.Options, r engine.Request) engine.Result {
	t.Helper()
	s, err := engine.Open(t.Context(), dev, dir, opts)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	start := time.Now()
	a, err := s.Generate(t.Context(), r, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s: %d tokens after %d in %.1f s: %q", dev.Name(), len(a.Tokens), len(a.PromptIDs), time.Since(start).Seconds(), a.Text)
	return a
}

// compareAnswers wants the same greedy tokens, and log-probabilities within tolerance.
func compareAnswers(t *testing.T, got, want engine.Result, tolerance float64) {
	t.Helper()
	if !slices.Equal(got.Tokens, want.Tokens) {
		t.Fatalf("tokens: got %v, want %v", got.Tokens, want.Tokens)
	}
	worst := 0.0
	for i := range want.Logprobs {
		worst = max(worst, math.Abs(float64(got.Logprobs[i]-want.Logprobs[i])))
	}
	t.Logf("log-probabilities differ by at most %.2g", worst)
	if !(worst <= tolerance) {
		t.Errorf("log-probabilities: got a difference of %g, want at most %g", worst, tolerance)
	}
}

func openCPU(t *testing.T) device.Device {
	t.Helper()
	dev, err := cpu.Open(cpu.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { dev.Close() })
	return dev
}

// Each family's tiny checkpoints, those with golden answers, answer through encode.m and the .metal files as they do on the processor: with
// pictures, if they see.
func TestTinyModelsAnswer(t *testing.T) {
	for _, dir := range checkpoints(t) {
		questions := readJSON[[]question](t, filepath.Join(dir, "golden.json"))
		q := questions[max(0, slices.IndexFunc(questions, func(q question) bool { return q.Name == "two pictures with words between" || q.Name == "one picture" }))]
		for _, c := range []struct {
			name        string
			activations tensor.DType
			cacheBits   int
			tolerance   float64
		}{{"f32", tensor.F32, 0, 1e-3}, {"f16", tensor.F16, 0, 2e-2}, {"f32, cache of 8 bits", tensor.F32, 8, 1e-2}} {
			t.Run(filepath.Base(dir)+" "+c.name, func(t *testing.T) {
				r := q.request(t, dir)
				r.MaxTokens = 8
				opts := engine.Options{Exact: true, CacheBits: c.cacheBits}
				want := generate(t, openCPU(t), dir, opts, r)
				opts.Exact = c.activations == tensor.F32
				got := generate(t, open(t, c.activations), dir, opts, r)
				compareAnswers(t, got, want, c.tolerance)
			})
		}
	}
}

// Hidden states beyond the largest half, as Gemma's may be, are no trouble where activations are halves.
func TestHiddenStatesMayOutgrowHalves(t *testing.T) {
	from := filepath.Join("..", "..", "engine", "model", "gemma", "testdata", "gemma3-text")
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	src, err := weights.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	var entries []weights.Entry
	for _, name := range src.Names() {
		w, err := src.Get(name)
		if err != nil {
			t.Fatal(err)
		}
		a := tensor.Of(slices.Clone(w.Floats()), w.Shape...)
		if strings.HasSuffix(name, "post_feedforward_layernorm.weight") {
			for i := range a.F32() {
				a.F32()[i] += 50000 // a row's root mean square after a layer, with the other norms' about 1
			}
		}
		entries = append(entries, weights.EntryOf(name, a))
	}
	if err := weights.Save(filepath.Join(dir, "model.safetensors"), nil, entries); err != nil {
		t.Fatal(err)
	}
	r := readJSON[[]question](t, filepath.Join(dir, "golden.json"))[0].request(t, dir)
	r.MaxTokens = 4
	want := generate(t, openCPU(t), dir, engine.Options{}, r)
	compareAnswers(t, generate(t, open(t, tensor.F16), dir, engine.Options{}, r), want, 1e-2)
}

// Tokens that are drawn are those that the processor draws: the likeliest are found on the device.
func TestTinyModelsAnswerByChance(t *testing.T) {
	dir := filepath.Join("..", "..", "engine", "testdata", "smolvlm-whole")
	r := readJSON[[]question](t, filepath.Join(dir, "golden.json"))[0].request(t, dir)
	r.MaxTokens = 12
	for _, r.Sampling = range []engine.Sampling{{Temperature: 1, TopK: 5, Seed: 1}, {Temperature: 2, TopK: 64, TopP: 0.9, Seed: 2}, {Temperature: 1, MinP: 0.1, Seed: 3}} {
		opts := engine.Options{Exact: true}
		want := generate(t, openCPU(t), dir, opts, r)
		compareAnswers(t, generate(t, open(t, tensor.F32), dir, opts, r), want, 1e-3)
	}
}

// checkpoints are the folders of models with golden answers.
func checkpoints(t *testing.T) (dirs []string) {
	t.Helper()
	for _, pattern := range []string{"testdata/*/golden.json", "model/*/testdata/*/golden.json"} {
		found, err := filepath.Glob(filepath.Join("..", "..", "engine", filepath.FromSlash(pattern)))
		if err != nil || len(found) == 0 {
			t.Fatalf("%s: want checkpoints, found none: %v", pattern, err)
		}
		for _, f := range found {
			dirs = append(dirs, filepath.Dir(f))
		}
	}
	return dirs
}

// The built-in model answers a question, and one about a picture. It takes minutes: make proof asks for it. Of the questions with golden answers
// those are asked whose answers are no near ties: no token is nearer than a nat to another, so that rounding cannot change one. The
// processor computes in f32 throughout, Metal as people use it, in f16.
func TestTheBuiltinModelAnswers(t *testing.T) {
	if os.Getenv("SIGHTGLASS_PROOF") == "" {
		t.Skip("make proof runs this")
	}
	home := filepath.Join("..", "..", "engine", "builtin")
	f := builtin.In(home)
	screens := filepath.Join(home, "testdata", "screens")
	golden := readJSON[[]struct {
		Name, Question string
		IDs            []int32
		Margin         float64
	}](t, filepath.Join(screens, "shipped.json"))
	for _, kind := range []string{"text-", "shapes-"} {
		t.Run(kind, func(t *testing.T) {
			for _, g := range golden {
				if !strings.HasPrefix(g.Name, kind) || g.Margin < 1 || len(g.IDs) < 3 || len(g.IDs) > 12 {
					continue
				}
				parts := []engine.Part{{Text: g.Question}}
				if data, err := os.ReadFile(filepath.Join(screens, g.Name+".png")); err == nil {
					parts = append([]engine.Part{{Picture: data}}, parts...)
				} else if kind != "text-" {
					t.Fatal(err)
				}
				r := engine.Request{Messages: []engine.Message{{Role: engine.User, Parts: parts}}, MaxTokens: 12}
				want := generate(t, openCPU(t), f.Model(), engine.Options{Adapter: f.Adapter(), Exact: true}, r)
				got := generate(t, open(t, tensor.F16), f.Model(), engine.Options{Adapter: f.Adapter()}, r)
				compareAnswers(t, got, want, 5e-2)
				return
			}
			t.Fatal("want a question with a short answer that is no near tie, found none")
		})
	}
}
