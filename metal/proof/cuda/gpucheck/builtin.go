//go:build linux

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"sightglass/engine"
	"sightglass/engine/builtin"
	"sightglass/engine/tensor"
)

// golden is what transformers answers, greedily and in f32; see engine/builtin/answers_test.go.
type golden struct {
	Name, Question, Text string
	IDs                  []int32
	Margin               float64
}

// builtinSuite asks the built-in model what the CPU's tests ask it, with activations of each type. An item is a type.
func builtinSuite() suite {
	s := suite{name: "builtin", columns: []string{"activations", "question", "verdict", "tokens", "same", "margin", "got", "want"}, patient: 180e9}
	for _, d := range []tensor.DType{tensor.F16, tensor.F32} {
		s.items = append(s.items, item{"activations " + d.String(), func() ([]row, error) { return answers(d) }})
	}
	return s
}

func answers(d tensor.DType) ([]row, error) {
	var list []golden
	data, err := os.ReadFile(filepath.Join(opts.screens, "merged.json"))
	if err == nil {
		err = json.Unmarshal(data, &list)
	}
	if err != nil {
		return nil, err
	}
	gpu, err := device(d, false)
	if err != nil {
		return nil, err
	}
	f := builtin.In(opts.model)
	start := time.Now()
	s, err := engine.Open(context.Background(), gpu, f.Model(), engine.Options{Adapter: f.Adapter()})
	if err != nil {
		return nil, err
	}
	defer s.Close()
	fmt.Printf("built-in model, %s: open in %.2f s\n", d, time.Since(start).Seconds())
	var rows []row
	right := 0
	for _, g := range list {
		r, err := answer(s, g)
		if err != nil {
			return rows, fmt.Errorf("%s: %w", g.Name, err)
		}
		same := 0
		for same < min(len(r.Tokens), len(g.IDs)) && r.Tokens[same] == g.IDs[same] {
			same++
		}
		x := row{"activations": d.String(), "question": g.Name, "verdict": "same", "tokens": len(g.IDs), "same": same, "margin": g.Margin}
		if r.Text == g.Text {
			right++
		} else {
			x["verdict"], x["got"], x["want"] = "other", fmt.Sprintf("%q", r.Text), fmt.Sprintf("%q", g.Text)
			if g.Margin > 0.05 { // nats: no tie that rounding decides
				x["verdict"] = "FAIL"
			}
		}
		rows = append(rows, x)
		t := r.Timings
		fmt.Printf("%s %s: vision %v, prefill %v, first token %v, %.0f tokens/s\n", d, g.Name, t.Vision, t.Prefill, t.FirstToken, t.DecodeTokensPerS)
	}
	return append(rows, row{"activations": d.String(), "question": "all", "same": right, "tokens": len(list), "verdict": "answers that are the same"}), nil
}

func answer(s *engine.Session, g golden) (engine.Result, error) {
	m := engine.Message{Role: engine.User, Parts: []engine.Part{{Text: g.Question}}}
	path := filepath.Join(opts.screens, g.Name+".png")
	if strings.HasPrefix(g.Name, "sample-") {
		path = filepath.Join(opts.model, "sample.png")
	}
	if !strings.HasPrefix(g.Name, "text-") {
		data, err := os.ReadFile(path)
		if err != nil {
			return engine.Result{}, err
		}
		m.Parts = slices.Insert(m.Parts, 0, engine.Part{Picture: data})
	}
	return s.Generate(context.Background(), engine.Request{Messages: []engine.Message{m}, MaxTokens: 200}, nil)
}
