package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"sightglass/engine/cpu"
	"sightglass/engine/device"
	"sightglass/engine/generate"
	"sightglass/engine/graph"
	"sightglass/engine/model"
	"sightglass/engine/nn"
	"sightglass/engine/op"
	"sightglass/engine/tensor"
	"sightglass/engine/weights"
)

// parity is how far logits, hidden states and log-probabilities may be from transformers' in f32.
const parity = 1e-3

// checkpoints are written by the scripts in build/golden.
var checkpoints = []string{"testdata/idefics3-split", "testdata/smolvlm-whole", "testdata/llava-1.5", "testdata/llava-next-vicuna",
	"testdata/llava-next-mistral", "model/qwen/testdata/qwen2", "model/qwen/testdata/qwen3", "model/qwenvl/testdata/qwen2-vl",
	"model/qwenvl/testdata/qwen2.5-vl", "model/qwenvl/testdata/qwen3-vl", "model/internvl/testdata/internvl3",
	"model/mistral3/testdata/mistral3", "model/gemma/testdata/gemma3-text", "model/gemma3/testdata/gemma3",
	"model/paligemma/testdata/paligemma", "model/llava/testdata/llava-siglip", "model/llava/testdata/pixtral"}

// goldenCase is a conversation and what transformers says to it.
type goldenCase struct {
	Name     string
	Messages []struct {
		Role    Role
		Content []struct{ Type, Text, Path string }
	}
	PromptIDs []int32   `json:"prompt_ids"`
	Tokens    []int32   `json:"tokens"`
	Logprobs  []float32 `json:"logprobs"`
}

// request reads the pictures of a case.
func (g goldenCase) request(t *testing.T, dir string) Request {
	t.Helper()
	var r Request
	for _, m := range g.Messages {
		out := Message{Role: m.Role}
		for _, c := range m.Content {
			part := Part{Text: c.Text}
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

func goldenCases(t *testing.T, dir string) []goldenCase {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, "golden.json"))
	if err != nil {
		t.Fatal(err)
	}
	var cases []goldenCase
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	return cases
}

func openTest(t *testing.T, dir string, opts Options) *Session {
	t.Helper()
	dev, err := cpu.Open(cpu.Options{Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	s, err := Open(t.Context(), dev, dir, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close(); dev.Close() })
	return s
}

// tokens runs a case to its golden number of tokens, past any end-of-text token.
func (g goldenCase) run(t *testing.T, s *Session, dir string) (ids []int32, logprobs []float32, a *answer) {
	t.Helper()
	a, err := s.ask(t.Context(), g.request(t, dir))
	if err != nil {
		t.Fatal(err)
	}
	a.events = func(Event) {}
	a.seq.MaxTokens = len(g.Tokens)
	a.seq.Stop = func(id int32, lp float32) (bool, bool) {
		ids, logprobs = append(ids, id), append(logprobs, lp)
		return false, false
	}
	if err := s.write(t.Context(), []*answer{a}, []*generate.Sequence{a.seq}); err != nil {
		t.Fatal(err)
	}
	return ids, logprobs, a
}

// converted are written by build/golden/mlx.py: their answers are mlx-vlm's.
var converted = []string{"testdata/llava-mlx"}

func TestAnswersAreThoseOfTransformers(t *testing.T) {
	for _, dir := range slices.Concat(checkpoints, converted) {
		name := filepath.Base(dir)
		for _, g := range goldenCases(t, dir) {
			t.Run(name+"/"+g.Name, func(t *testing.T) {
				s := openTest(t, dir, Options{Exact: true})
				ids, logprobs, a := g.run(t, s, dir)
				if !slices.Equal(a.result.PromptIDs, g.PromptIDs) {
					t.Fatalf("prompt ids:\n got %v\nwant %v", a.result.PromptIDs, g.PromptIDs)
				}
				if !slices.Equal(ids, g.Tokens) {
					t.Fatalf("tokens: got %v, want %v", ids, g.Tokens)
				}
				for i, lp := range logprobs {
					if d := math.Abs(float64(lp - g.Logprobs[i])); !(d <= parity) {
						t.Errorf("log-probability of token %d: got %g, want %g", i, lp, g.Logprobs[i])
					}
				}
			})
		}
	}
}

func TestHiddenStatesAreThoseOfTransformers(t *testing.T) {
	for _, dir := range checkpoints {
		name := filepath.Base(dir)
		golden, err := weights.OpenFile(filepath.Join(dir, "golden.safetensors"))
		if err != nil {
			t.Fatal(err)
		}
		defer golden.Close()
		for i, g := range goldenCases(t, dir) {
			t.Run(name+"/"+g.Name, func(t *testing.T) {
				s := openTest(t, dir, Options{Exact: true})
				want := func(key string, got []float32) {
					t.Helper()
					w, err := golden.Get(fmt.Sprintf("%d.%s", i, key))
					if err != nil {
						t.Fatal(err)
					}
					compare(t, key, got, w.Floats())
				}
				hiddenStates(t, s, g.request(t, dir), want)
			})
		}
	}
}

// hiddenStates runs a prompt as one step with taps after each layer and reports what they hold: of the last view of the pictures, and of
// the prompt's last 8 rows.
func hiddenStates(t *testing.T, s *Session, r Request, want func(key string, got []float32)) {
	t.Helper()
	a, err := s.ask(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	var features []float32
	byPicture := map[int32][][]float32{}
	for i, p := range a.pictures {
		if err := s.eyes.encode(t.Context(), p, a.data[i]); err != nil {
			t.Fatal(err)
		}
		byPicture[p.number] = p.features
		for _, f := range p.features {
			features = append(features, f...)
		}
	}
	if len(a.pictures) > 0 {
		want("features", features)
		visionStates(t, s, a, want)
	}
	n := len(a.seq.Prompt)
	info := s.model.Info()
	rows := nn.NewRows(n, info.Rotary[0].Axes, info.Window)
	in := graph.Input("x", tensor.F32, n, s.model.Info().Hidden)
	ids := graph.Input("ids", tensor.I32, n)
	index := graph.Input("index", tensor.I32, n)
	step := &nn.Step{Rows: rows, Cache: s.writer.Cache}
	var freqs []*graph.Node
	for _, r := range info.Rotary {
		freqs = append(freqs, graph.Input("freqs", tensor.F32, r.Shape()...))
		step.Angles = append(step.Angles, op.Angles(rows.At, freqs[len(freqs)-1]))
	}
	for range info.Deep {
		step.Deep = append(step.Deep, graph.Input("deep", tensor.F32, n, info.Hidden))
	}
	var taps []*graph.Node
	h := s.model.Decode(op.Merge(s.model.Embed(ids), in, index), step, &taps)
	logits := s.model.Logits(h)
	p := plan(t, s.dev, append(taps, h, logits)...)
	for i, r := range info.Rotary {
		copy(p.Array(freqs[i]).F32(), r.Frequencies)
	}
	for i, tok := range a.seq.Prompt {
		p.Array(ids).I32()[i] = tok.ID
		rows.Fill(p, i, 0, i, i+1+int(tok.Ahead))
		p.Array(index).I32()[i] = -1
		if axes := info.Rotary[0].Axes; axes > 1 {
			copy(p.Array(rows.At).I32()[i*axes:], tok.At[:axes])
		}
		if tok.Picture != 0 {
			p.Array(index).I32()[i] = int32(i)
			feature := byPicture[tok.Picture][tok.Row]
			copy(p.Array(in).Rows()[i], feature[:info.Hidden])
			for l, d := range step.Deep {
				copy(p.Array(d).Rows()[i], feature[(1+l)*info.Hidden:])
			}
		}
	}
	if err := p.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	tail := func(n *graph.Node) []float32 {
		v := p.Array(n).F32()
		return v[max(0, len(v)-8*n.Dim(-1)):]
	}
	for l, tap := range taps[:len(taps)-1] { // transformers gives the last one only after the final norm
		want(fmt.Sprintf("hidden.%d", l), tail(tap))
	}
	want("hidden.last", tail(h))
	all := p.Array(logits).F32()
	want("logits", all[len(all)-s.model.Info().Vocab:])
}

func visionStates(t *testing.T, s *Session, a *answer, want func(key string, got []float32)) {
	t.Helper()
	last := len(a.pictures) - 1
	pic := decodeTest(t, a.data[last])
	views, err := s.eyes.vision.Views(t.Context(), pic, a.pictures[last].look)
	if err != nil {
		t.Fatal(err)
	}
	var taps []*graph.Node
	v := views[len(views)-1]
	var enc model.Encoder = s.eyes.vision.Encoder(v.Geometry, &taps)
	p := plan(t, s.dev, append(taps, enc.Features)...)
	for i, in := range enc.Inputs {
		copy(p.Array(in).Data, v.Inputs[i].Data)
	}
	if err := p.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	for l, tap := range taps {
		want(fmt.Sprintf("vision.%d", l), p.Array(tap).F32())
	}
}

func plan(t *testing.T, dev device.Device, outputs ...*graph.Node) *graph.Program {
	t.Helper()
	p, err := graph.Plan(dev, nil, outputs...)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func compare(t *testing.T, what string, got, want []float32) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: got %d values, want %d", what, len(got), len(want))
	}
	for i := range got {
		if d := math.Abs(float64(got[i] - want[i])); !(d <= parity) {
			t.Fatalf("%s: value %d: got %g, want %g", what, i, got[i], want[i])
		}
	}
}
