package engine

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"sightglass/engine/cpu"
	"sightglass/engine/device"
	"sightglass/engine/generate"
)

// idle is a device whose programs do nothing once they have run: what remains of a step is the host's work.
type idle struct{ device.Device }

func (d idle) Compile(steps []device.Step) (device.Program, error) {
	p, err := d.Device.Compile(steps)
	return &idleProgram{Program: p}, err
}

type idleProgram struct {
	device.Program
	ran bool
}

func (p *idleProgram) Run(ctx context.Context) error {
	if p.ran {
		return nil
	}
	p.ran = true
	return p.Program.Run(ctx)
}

// BenchmarkHostWorkPerToken measures all that the host does for one decoded token of the built-in model: filling in the step, choosing the
// token, making text of it.
func BenchmarkHostWorkPerToken(b *testing.B) {
	for name, sampling := range map[string]Sampling{
		"greedy": {}, "temperature and top-p": {Temperature: 0.7, TopP: 0.9}, "top-k": {Temperature: 0.7, TopK: 40}, "repetition penalty": {RepetitionPenalty: 1.1},
	} {
		b.Run(name, func(b *testing.B) {
			dev, err := cpu.Open(cpu.Options{})
			if err != nil {
				b.Fatal(err)
			}
			defer dev.Close()
			s, err := Open(b.Context(), idle{dev}, "builtin/model", Options{})
			if err != nil {
				b.Fatal(err)
			}
			defer s.Close()
			a, err := s.ask(b.Context(), Request{Messages: []Message{{Role: User, Parts: []Part{{Text: "Hello there"}}}}, Sampling: sampling})
			if err != nil {
				b.Fatal(err)
			}
			a.events = func(Event) {}
			row := []generate.Row{{Token: 100}}
			for b.Loop() {
				choices, err := s.writer.Step(b.Context(), row, []int{0}, a.seq.Sampler.Top())
				if err != nil {
					b.Fatal(err)
				}
				id, logprob := a.seq.Sampler.Next(choices[0])
				a.next(s, id, logprob)
				row[0].Token = id
			}
		})
	}
}

// BenchmarkRounded measures what rounding activations to 8 bits and the cache to f16 or 8 bits does to the built-in language model: on a
// text, the mean divergence from the exact distribution of the next token (Kullback-Leibler, in nats) and how often the likeliest token is
// another one.
func BenchmarkRounded(b *testing.B) {
	exact := nextTokens(b, Options{Exact: true})
	for name, opts := range map[string]Options{"activations and cache of 16 bits": {}, "activations and cache of 8 bits": {CacheBits: 8},
		"cache of 16 bits": {Exact: true, CacheBits: 16}, "cache of 8 bits": {Exact: true, CacheBits: 8}} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				rounded := nextTokens(b, opts)
				var divergence, other float64
				for i, p := range exact {
					for j, lp := range p {
						divergence += math.Exp(float64(lp)) * float64(lp-rounded[i][j])
					}
					if best(p) != best(rounded[i]) {
						other++
					}
				}
				b.ReportMetric(divergence/float64(len(exact)), "nats/token")
				b.ReportMetric(100*other/float64(len(exact)), "%other")
			}
		})
	}
}

// nextTokens is what the built-in language model says about the token after each of the first of a text, as log-probabilities.
func nextTokens(b *testing.B, opts Options) (logprobs [][]float32) {
	const n = 384
	text, err := os.ReadFile("../LICENSE")
	if err != nil {
		b.Fatal(err)
	}
	dev, err := cpu.Open(cpu.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer dev.Close()
	s, err := Open(b.Context(), dev, "builtin/model", opts)
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	ids, err := s.tok.Encode(string(text[:4*n]))
	if err != nil {
		b.Fatal(err)
	}
	rows, picks := make([]generate.Row, min(n, len(ids))), []int{}
	for i := range rows {
		rows[i] = generate.Row{Pos: i, Token: ids[i]}
		picks = append(picks, i)
	}
	choices, err := s.writer.Step(b.Context(), rows, picks, 0)
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range choices {
		p := slices.Clone(c.Logits)
		for i := range p {
			p[i] -= c.LogSum
		}
		logprobs = append(logprobs, p)
	}
	return logprobs
}

func best(v []float32) int {
	at := 0
	for i, x := range v {
		if x > v[at] {
			at = i
		}
	}
	return at
}

// BenchmarkLookup writes answers of the built-in model with prompt look-up and without, in turns: how many tokens come of a step, and how many
// times as fast they come, each answer at its best.
func BenchmarkLookup(b *testing.B) {
	dev, err := cpu.Open(cpu.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer dev.Close()
	var sessions [2]*Session
	for i := range sessions {
		s, err := Open(b.Context(), dev, "builtin/model", Options{Adapter: "builtin/adapter", NoLookup: i == 1})
		if err != nil {
			b.Fatal(err)
		}
		defer s.Close()
		sessions[i] = s
	}
	for _, c := range []struct {
		name    string
		picture string
		turns   []string
	}{
		{"read", "builtin/testdata/screens/*.png", []string{"Read the text."}},
		{"read again", "builtin/testdata/screens/*.png", []string{"Read the text.", "Read it again."}},
		{"story", "", []string{"Write a short story about a lighthouse keeper."}},
		{"poem", "", []string{"Write a poem about the sea."}},
		{"code", "", []string{"Write a Python function that adds two numbers, then one that subtracts, one that multiplies and one that divides."}},
		{"table", "", []string{"Make a markdown table of the planets with their distance and diameter."}},
		{"advice", "", []string{"Give me advice on learning to play the piano."}},
		{"the same again", "", []string{"Explain how rain forms.", "Repeat your answer."}},
	} {
		pictures := []string{""}
		if c.picture != "" {
			if pictures, err = filepath.Glob(c.picture); err != nil || len(pictures) == 0 {
				b.Fatalf("%s: found %d pictures: %v", c.picture, len(pictures), err)
			}
		}
		b.Run(c.name, func(b *testing.B) {
			best := make([][2]float64, len(pictures)) // seconds with and without
			tokens, guessed := 0, 0
			for turn := 0; b.Loop(); turn++ {
				for p, picture := range pictures {
					for j := range sessions {
						i := (turn + j) % 2
						r, took := lastAnswer(b, sessions[i], picture, c.turns)
						if turn == 0 || took < best[p][i] {
							best[p][i] = took
						}
						if i == 0 {
							tokens, guessed = tokens+len(r.Tokens), guessed+r.GuessedTokens
						}
					}
				}
			}
			var with, without float64
			for _, s := range best {
				with, without = with+s[0], without+s[1]
			}
			b.ReportMetric(float64(tokens)/float64(b.N), "tokens")
			b.ReportMetric(float64(tokens)/float64(tokens-guessed), "tokens/step")
			b.ReportMetric(without/with, "x-as-fast")
		})
	}
}

// BenchmarkStep measures a step of the built-in model of as many rows as guesses make it.
func BenchmarkStep(b *testing.B) {
	dev, err := cpu.Open(cpu.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer dev.Close()
	s, err := Open(b.Context(), dev, "builtin/model", Options{Adapter: "builtin/adapter"})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	for n := 1; n <= dev.Alone(); n++ {
		b.Run(fmt.Sprintf("%d rows", n), func(b *testing.B) {
			var rows []generate.Row
			var picks []int
			for i := range n {
				rows, picks = append(rows, generate.Row{Pos: 300 + i, At: generate.Word(300 + i), Token: int32(100 + i)}), append(picks, i)
			}
			for b.Loop() {
				if _, err := s.writer.Step(b.Context(), rows, picks, 0); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// lastAnswer asks the turns of a conversation and returns the last answer, with the seconds from its first token to its last.
func lastAnswer(b *testing.B, s *Session, picture string, turns []string) (r Result, seconds float64) {
	var messages []Message
	for i, text := range turns {
		m := Message{Role: User, Parts: []Part{{Text: text}}}
		if i == 0 && picture != "" {
			data, err := os.ReadFile(picture)
			if err != nil {
				b.Fatal(err)
			}
			m.Parts = slices.Insert(m.Parts, 0, Part{Picture: data})
		}
		messages = append(messages, m)
		var err error
		if r, err = s.Generate(b.Context(), Request{Messages: messages, MaxTokens: 300}, nil); err != nil {
			b.Fatal(err)
		}
		messages = append(messages, Message{Role: Assistant, Parts: []Part{{Text: r.Text}}})
	}
	if r.Timings.DecodeTokensPerS == 0 {
		return r, 0
	}
	return r, float64(len(r.Tokens)-1) / r.Timings.DecodeTokensPerS
}
