package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"sightglass/engine"
)

// askFlags are the flags of ask and chat.
type askFlags struct {
	modelFlags
	images    []string
	maxTokens int
	json      bool
	sampling  engine.Sampling
	stop      []string
}

func (f *askFlags) add(cmd *cobra.Command) {
	f.modelFlags.add(cmd)
	cmd.Flags().StringArrayVar(&f.images, "image", nil, "picture to ask about; may be given several times")
	cmd.Flags().IntVar(&f.maxTokens, "max-tokens", 0, "end the answer after so many tokens")
	cmd.Flags().Float32Var(&f.sampling.Temperature, "temperature", 0, "0 always takes the likeliest token, higher values vary more")
	cmd.Flags().IntVar(&f.sampling.TopK, "top-k", 0, "choose among the K likeliest tokens (0: all)")
	cmd.Flags().Float32Var(&f.sampling.TopP, "top-p", 0, "choose among the likeliest tokens that together reach this probability (0: all)")
	cmd.Flags().Float32Var(&f.sampling.MinP, "min-p", 0, "leave out tokens less likely than this share of the likeliest")
	cmd.Flags().Float32Var(&f.sampling.RepetitionPenalty, "repetition-penalty", 0, "make tokens that occurred less likely (1: off)")
	cmd.Flags().Uint64Var(&f.sampling.Seed, "seed", 0, "seed of the choices")
	cmd.Flags().StringArrayVar(&f.stop, "stop", nil, "end the answer before this text; may be given several times")
}

// request asks a question, with pictures before it.
func (f *askFlags) request(pictures [][]byte, question string) engine.Request {
	m := engine.Message{Role: engine.User}
	for _, p := range pictures {
		m.Parts = append(m.Parts, engine.Part{Picture: p})
	}
	m.Parts = append(m.Parts, engine.Part{Text: question})
	return engine.Request{Messages: []engine.Message{m}, MaxTokens: f.maxTokens, Stop: f.stop, Sampling: f.sampling}
}

func (f *askFlags) check() error {
	s := f.sampling
	switch {
	case f.maxTokens < 0:
		return usagef("want --max-tokens of at least 0, found %d", f.maxTokens)
	case !(s.Temperature >= 0 && s.Temperature <= 100):
		return usagef("want --temperature from 0 to 100, found %g", s.Temperature)
	case !(s.TopP >= 0 && s.TopP <= 1) || !(s.MinP >= 0 && s.MinP <= 1):
		return usagef("want --top-p and --min-p from 0 to 1, found %g and %g", s.TopP, s.MinP)
	case s.TopK < 0 || !(s.RepetitionPenalty >= 0 && s.RepetitionPenalty <= 100):
		return usagef("want --top-k of at least 0 and --repetition-penalty from 0 to 100, found %d and %g", s.TopK, s.RepetitionPenalty)
	}
	return nil
}

func (c *command) ask() *cobra.Command {
	var f askFlags
	cmd := &cobra.Command{
		Use:   "ask [flags] QUESTION",
		Short: "Ask one question, about pictures or not",
		Args:  exactly(1, "one question"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.check(); err != nil {
				return err
			}
			return c.answer(cmd.Context(), &f, args[0])
		},
	}
	f.add(cmd)
	cmd.Flags().BoolVar(&f.json, "json", false, "print one JSON object with the answer and its figures")
	return cmd
}

func (c *command) answer(ctx context.Context, f *askFlags, question string) error {
	pictures, err := readPictures(f.images)
	if err != nil {
		return err
	}
	s, progress, err := c.openShown(ctx, &f.modelFlags)
	if err != nil {
		return err
	}
	defer s.Close()
	defer progress.clear()
	stream := &answerStream{out: c.out, progress: progress, silent: f.json}
	r, err := s.Generate(ctx, f.request(pictures, question), stream.event)
	progress.clear()
	if f.json && err == nil {
		return json.NewEncoder(c.out).Encode(newAnswerJSON(r))
	}
	if !f.json && r.Text != "" {
		fmt.Fprintln(c.out)
	}
	if err == nil {
		err = stream.err
	}
	return err
}

// answerStream prints an answer as it grows.
type answerStream struct {
	out      io.Writer
	progress *progress
	silent   bool
	err      error // of the first write that failed
}

func (a *answerStream) event(e engine.Event) {
	switch {
	case e.Text == "":
		a.progress.show(stages[e.Stage])
	case !a.silent && a.err == nil:
		a.progress.clear()
		_, a.err = io.WriteString(a.out, e.Text)
	}
}

var stages = map[engine.Stage]string{
	engine.StageVision:  "looking at the picture",
	engine.StagePrefill: "reading the question",
	engine.StageDecode:  "answering",
}

// maxPicture is the largest picture file that is read, in bytes.
const maxPicture = 256 << 20

func readPictures(names []string) ([][]byte, error) {
	var pictures [][]byte
	for _, name := range names {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		data, err := io.ReadAll(io.LimitReader(f, maxPicture+1))
		f.Close()
		if err != nil {
			return nil, err
		}
		if len(data) > maxPicture {
			return nil, fmt.Errorf("ask: %q: want a picture of at most %d MB, found more", name, maxPicture>>20)
		}
		pictures = append(pictures, data)
	}
	return pictures, nil
}

// answerJSON is the object that ask --json prints.
type answerJSON struct {
	Text         string      `json:"text"`
	Tokens       []int32     `json:"tokens"`
	Logprobs     []float32   `json:"logprobs"` // natural log
	PromptTokens int         `json:"prompt_tokens"`
	PromptIDs    []int32     `json:"prompt_ids"`
	ImageTokens  int         `json:"image_tokens"`
	Timings      timingsJSON `json:"timings"`
	FinishReason string      `json:"finish_reason"`
}

type timingsJSON struct {
	LoadMS         float64 `json:"load_ms"`
	VisionMS       float64 `json:"vision_ms"`
	PrefillMS      float64 `json:"prefill_ms"`
	FirstTokenMS   float64 `json:"first_token_ms"` // from the question, without loading
	DecodeTokensPS float64 `json:"decode_tokens_per_s"`
	PeakRSSBytes   int64   `json:"peak_rss_bytes"`
}

func newAnswerJSON(r engine.Result) answerJSON {
	t := r.Timings
	return answerJSON{
		Text: r.Text, Tokens: orEmpty(r.Tokens), Logprobs: orEmpty(r.Logprobs),
		PromptTokens: len(r.PromptIDs), PromptIDs: orEmpty(r.PromptIDs), ImageTokens: r.ImageTokens,
		Timings: timingsJSON{LoadMS: ms(t.Load), VisionMS: ms(t.Vision), PrefillMS: ms(t.Prefill), FirstTokenMS: ms(t.FirstToken),
			DecodeTokensPS: t.DecodeTokensPerS, PeakRSSBytes: peakRSS()},
		FinishReason: string(r.Finish),
	}
}

// orEmpty makes a list that JSON writes as [] rather than null.
func orEmpty[T any](v []T) []T {
	if v == nil {
		return []T{}
	}
	return v
}
