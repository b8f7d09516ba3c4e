package engine

import (
	"context"
	"math"
	"os"
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
