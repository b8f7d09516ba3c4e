package engine

import (
	"context"
	"fmt"
	"time"

	"sightglass/engine/generate"
	"sightglass/engine/image"
)

// Measured is how long one run of each part took; zero for a part that was not asked for.
type Measured struct {
	Prompt, Generate, Image time.Duration
	ImageTokens             int
}

// Measure times a prompt of so many tokens read at once, so many tokens generated one by one from an empty cache, and a picture of that size
// from pixels to features. What the cache held is forgotten.
func (s *Session) Measure(ctx context.Context, prompt, generated int, picture image.Size) (Measured, error) {
	var m Measured
	if room := s.Context(); prompt > room || generated > room {
		return m, fmt.Errorf("engine: bench: want at most %d tokens, found %d and %d", room, prompt, generated)
	}
	if err := s.lock(ctx); err != nil {
		return m, err
	}
	defer s.unlock()
	defer s.writer.Forget()
	var err error
	if picture != (image.Size{}) {
		if m.Image, m.ImageTokens, err = s.measurePicture(ctx, picture); err != nil {
			return m, err
		}
	}
	token := func(i int) int32 { return int32((100 + 7*i) % s.model.Info().Vocab) }
	start := time.Now()
	for at := 0; at < prompt; {
		rows := make([]generate.Row, min(generate.MaxChunk, prompt-at))
		for i := range rows {
			rows[i] = generate.Row{Pos: at + i, At: generate.Word(at + i), Token: token(at + i)}
		}
		if _, err := s.writer.Step(ctx, rows, []int{len(rows) - 1}, 0); err != nil {
			return m, err
		}
		at += len(rows)
	}
	m.Prompt = time.Since(start)
	start = time.Now()
	next := token(0)
	for i := range generated {
		choices, err := s.writer.Step(ctx, []generate.Row{{Pos: i, At: generate.Word(i), Token: next}}, []int{0}, 0)
		if err != nil {
			return m, err
		}
		next = choices[0].Best
	}
	m.Generate = time.Since(start)
	return m, nil
}

func (s *Session) measurePicture(ctx context.Context, size image.Size) (time.Duration, int, error) {
	if s.eyes == nil {
		return 0, 0, fmt.Errorf("engine: bench: %w", ErrNoVision)
	}
	look, err := s.eyes.vision.Look(size)
	if err != nil {
		return 0, 0, err
	}
	pic := image.NewPicture(size)
	for i := range pic.Pix {
		pic.Pix[i] = byte(i * 7)
	}
	start := time.Now()
	features, err := s.eyes.features(ctx, look, pic)
	return time.Since(start), len(features), err
}
