package engine

import (
	"context"
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
		"greedy": {}, "temperature and top-p": {Temperature: 0.7, TopP: 0.9}, "repetition penalty": {RepetitionPenalty: 1.1},
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
				choices, err := s.writer.Step(b.Context(), row, []int{0})
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
