package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"sightglass/engine/cpu"
	"sightglass/engine/device"
)

// identical reports any difference between two answers, to the bit, but for how they were come by.
func identical(t *testing.T, got, want Result) {
	t.Helper()
	if !slices.Equal(got.Tokens, want.Tokens) || got.Text != want.Text || got.Finish != want.Finish {
		t.Fatalf("got %v %q %s, want %v %q %s", got.Tokens, got.Text, got.Finish, want.Tokens, want.Text, want.Finish)
	}
	if !slices.Equal(got.Logprobs, want.Logprobs) {
		t.Errorf("log-probabilities: got %v, want %v", got.Logprobs, want.Logprobs)
	}
	if got.CachedTokens != want.CachedTokens || got.ImageTokens != want.ImageTokens || len(got.PromptIDs) != len(want.PromptIDs) {
		t.Errorf("got %d cached tokens, %d of pictures and %d of the prompt, want %d, %d and %d",
			got.CachedTokens, got.ImageTokens, len(got.PromptIDs), want.CachedTokens, want.ImageTokens, len(want.PromptIDs))
	}
}

// pair is a session with look-up and one without.
func pair(t *testing.T, dir string, opts Options) (with, without *Session) {
	t.Helper()
	with = openTest(t, dir, opts)
	opts.NoLookup = true
	return with, openTest(t, dir, opts)
}

// generateBoth asks both sessions and compares. Answers go on past an end of text: these checkpoints are random.
func generateBoth(t *testing.T, with, without *Session, rs ...Request) []Result {
	t.Helper()
	var results [2][]Result
	for i, s := range []*Session{with, without} {
		stops := s.stops
		s.stops = nil
		var err error
		results[i], err = s.GenerateBatch(t.Context(), rs, func(int, Event) {})
		s.stops = stops
		if err != nil {
			t.Fatal(err)
		}
	}
	for i, r := range results[0] {
		identical(t, r, results[1][i])
	}
	return results[0]
}

func TestLookupChangesNoAnswer(t *testing.T) {
	kinds := map[string]Options{"rounded": {}, "exact": {Exact: true}, "a cache of 8 bits": {CacheBits: 8}}
	samplings := []Sampling{{}, {RepetitionPenalty: 1.05}, {Temperature: 0.05, TopK: 4, Seed: 3}, {Temperature: 0.05, TopP: 0.9, Seed: 4}}
	eachCached(t, func(t *testing.T, dir string) {
		for kind, opts := range kinds {
			t.Run(kind, func(t *testing.T) {
				with, without := pair(t, dir, opts)
				guessed := 0
				for _, sampling := range samplings {
					for _, g := range goldenCases(t, dir) {
						r := g.request(t, dir)
						r.MaxTokens, r.Sampling = 60, sampling
						guessed += generateBoth(t, with, without, r)[0].GuessedTokens
					}
				}
				if guessed == 0 {
					t.Error("no guess came true, so this test could not fail")
				}
			})
		}
	}, prefixed, "model/mistral3/testdata/mistral3", "model/gemma/testdata/gemma3-text", "testdata/llava-mlx")
}

func TestLookupChangesNoLaterTurn(t *testing.T) {
	eachCached(t, func(t *testing.T, dir string) {
		with, without := pair(t, dir, Options{})
		r := caseNamed(t, dir, "pictures in the first and third turn")
		all := r.Messages
		r.Messages, r.MaxTokens = all[:1], 60
		first := generateBoth(t, with, without, r)[0]
		r.Messages = append(r.Messages, Message{Role: Assistant, Parts: []Part{{Text: first.Text}}}, Message{Role: User, Parts: []Part{{Text: "Again."}}})
		if got := generateBoth(t, with, without, r)[0]; got.CachedTokens < len(first.PromptIDs) || first.GuessedTokens == 0 {
			t.Errorf("got %d cached tokens behind %d guessed ones, want at least %d behind some", got.CachedTokens, first.GuessedTokens, len(first.PromptIDs))
		}
	})
}

func TestLookupSharesStepsAmongAnswers(t *testing.T) {
	eachCached(t, func(t *testing.T, dir string) {
		with, without := pair(t, dir, Options{Slots: 3})
		var rs []Request
		for i, g := range goldenCases(t, dir)[:3] {
			r := g.request(t, dir)
			r.MaxTokens = 60 - 20*i
			rs = append(rs, r)
		}
		guessed := 0
		for _, r := range generateBoth(t, with, without, rs...) {
			guessed += r.GuessedTokens
		}
		if guessed == 0 {
			t.Error("no guess came true")
		}
	})
}

// An answer may end within guesses that came true: by its length, by a stop string, or as it is cancelled.
func TestAnswersEndWithinGuesses(t *testing.T) {
	const dir = "model/llava/testdata/llava-siglip"
	with, without := pair(t, dir, Options{})
	r := caseNamed(t, dir, "text only")
	r.MaxTokens = 40
	whole := generateBoth(t, with, without, r)[0]
	if whole.GuessedTokens < 10 {
		t.Fatalf("got %d guessed tokens, want at least 10", whole.GuessedTokens)
	}
	for n := 1; n < 40; n++ {
		t.Run(fmt.Sprintf("%d tokens", n), func(t *testing.T) {
			r := r
			r.MaxTokens = n
			generateBoth(t, with, without, r)
		})
		t.Run(fmt.Sprintf("a stop string after %d", n), func(t *testing.T) {
			r := r
			r.Stop = []string{whole.Text[len(whole.Text)*n/80:][:4]}
			if got := generateBoth(t, with, without, r)[0]; got.Finish != FinishStop || strings.Contains(got.Text, r.Stop[0]) {
				t.Errorf("got %q %s, want it to end before %q", got.Text, got.Finish, r.Stop[0])
			}
			generateBoth(t, with, without, r) // with what the cache holds now
		})
		t.Run(fmt.Sprintf("cancelled after %d", n), func(t *testing.T) {
			var results [2]Result
			for i, s := range []*Session{with, without} {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				texts := 0
				var err error
				results[i], err = s.Generate(ctx, r, func(e Event) {
					if texts += len(e.Text); texts >= 2*n {
						cancel()
					}
				})
				if err != nil && !errors.Is(err, context.Canceled) {
					t.Fatal(err)
				}
			}
			identical(t, results[0], results[1])
		})
	}
}

// counted is a device that counts the runs of its programs and says whether it computes rows as if they came alone.
type counted struct {
	device.Device
	runs, alone int
}

type countedProgram struct {
	device.Program
	runs *int
}

func (c *counted) Alone() int { return c.alone }

func (c *counted) Compile(steps []device.Step) (device.Program, error) {
	p, err := c.Device.Compile(steps)
	return countedProgram{p, &c.runs}, err
}

func (p countedProgram) Run(ctx context.Context) error {
	*p.runs++
	return p.Program.Run(ctx)
}

func TestGuessesThatComeTrueSaveSteps(t *testing.T) {
	const dir, tokens = "model/qwenvl/testdata/qwen3-vl", 60
	for alone, most := range []int{tokens, tokens, 40, 30, 25} {
		dev, err := cpu.Open(cpu.Options{Threads: 2})
		if err != nil {
			t.Fatal(err)
		}
		defer dev.Close()
		count := &counted{Device: dev, alone: alone}
		s, err := Open(t.Context(), count, dir, Options{Exact: true})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		s.stops = nil
		r := caseNamed(t, dir, "one picture")
		r.MaxTokens = tokens
		got, err := s.Generate(t.Context(), r, func(e Event) {
			if e.Stage == StageDecode {
				count.runs = 0
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		if count.runs != tokens-got.GuessedTokens || count.runs > most {
			t.Errorf("steps of up to %d rows: got %d of them for %d tokens of which %d were guessed, want at most %d",
				alone, count.runs, tokens, got.GuessedTokens, most)
		}
	}
}
