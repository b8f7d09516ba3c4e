package engine

import (
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sightglass/engine/generate"
)

const splitCheckpoint = "testdata/idefics3-split"

// cached are checkpoints of families whose caches differ: positions of one axis, of three, features for several layers, and windows with
// pictures that see ahead.
var cached = []string{splitCheckpoint, "model/qwenvl/testdata/qwen2.5-vl", "model/qwenvl/testdata/qwen3-vl", "model/gemma3/testdata/gemma3"}

// prefixed is a checkpoint whose whole prompt sees itself: none of it serves another prompt.
const prefixed = "model/paligemma/testdata/paligemma"

// eachCached runs a test on each of them, and on more.
func eachCached(t *testing.T, test func(t *testing.T, dir string), more ...string) {
	for _, dir := range slices.Concat(cached, more) {
		t.Run(filepath.Base(dir), func(t *testing.T) { test(t, dir) })
	}
}

// same reports differing tokens or log-probabilities of two answers to the same request.
func same(t *testing.T, got, want Result) {
	t.Helper()
	if !slices.Equal(got.Tokens, want.Tokens) {
		t.Fatalf("tokens: got %v, want %v", got.Tokens, want.Tokens)
	}
	for i := range got.Logprobs {
		if d := math.Abs(float64(got.Logprobs[i] - want.Logprobs[i])); !(d <= parity/10) {
			t.Errorf("log-probability of token %d: got %g, want %g", i, got.Logprobs[i], want.Logprobs[i])
		}
	}
}

// fresh answers on a session that has seen nothing.
func fresh(t *testing.T, dir string, r Request) Result {
	t.Helper()
	result, err := openTest(t, dir, Options{Exact: true}).Generate(t.Context(), r, nil)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func caseNamed(t *testing.T, dir, name string) Request {
	t.Helper()
	for _, g := range goldenCases(t, dir) {
		if g.Name == name {
			r := g.request(t, dir)
			r.MaxTokens = 8
			return r
		}
	}
	t.Fatalf("no golden case %q", name)
	return Request{}
}

func TestSecondTurnReusesTheCacheAndAnswersTheSame(t *testing.T) {
	eachCached(t, func(t *testing.T, dir string) {
		s := openTest(t, dir, Options{Exact: true})
		first := caseNamed(t, dir, "pictures in the first and third turn")
		all := first.Messages
		first.Messages = all[:1]
		before, err := s.Generate(t.Context(), first, nil)
		if err != nil {
			t.Fatal(err)
		}
		second := first
		second.Messages = all
		got, err := s.Generate(t.Context(), second, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got.CachedTokens < len(before.PromptIDs) {
			t.Errorf("cached tokens: got %d, want all %d of the first turn's prompt", got.CachedTokens, len(before.PromptIDs))
		}
		same(t, got, fresh(t, dir, second))
	})
}

func TestPicturesOfTheSameSizeAreNeverMixedUp(t *testing.T) {
	eachCached(t, func(t *testing.T, dir string) {
		s := openTest(t, dir, Options{Exact: true})
		a, b := caseNamed(t, dir, "one picture"), caseNamed(t, dir, "one picture")
		b.Messages[0].Parts = slices.Clone(b.Messages[0].Parts)
		b.Messages[0].Parts[0].Picture = recolour(t, a.Messages[0].Parts[0].Picture)
		wantA, wantB := fresh(t, dir, a), fresh(t, dir, b)
		if slices.Equal(wantA.Logprobs, wantB.Logprobs) {
			t.Fatal("the pictures make no difference, so this test could not fail")
		}
		for i, r := range []Request{a, b, a, b} {
			got, err := s.Generate(t.Context(), r, nil)
			if err != nil {
				t.Fatal(err)
			}
			want := wantA
			if i%2 == 1 {
				want = wantB
			}
			same(t, got, want)
		}
	}, prefixed)
}

func TestBatchAnswersAsOneByOne(t *testing.T) {
	eachCached(t, func(t *testing.T, dir string) {
		var requests []Request
		for _, g := range goldenCases(t, dir) {
			r := g.request(t, dir)
			r.MaxTokens = 12
			requests = append(requests, r)
		}
		s := openTest(t, dir, Options{Exact: true, Slots: len(requests)})
		got, err := s.GenerateBatch(t.Context(), requests, func(int, Event) {})
		if err != nil {
			t.Fatal(err)
		}
		for i, r := range requests {
			same(t, got[i], fresh(t, dir, r))
		}
	}, prefixed)
}

func TestStepsTellTheLikeliestTokens(t *testing.T) {
	eachCached(t, func(t *testing.T, dir string) {
		s := openTest(t, dir, Options{Exact: true})
		rows := []generate.Row{{Pos: 0, At: generate.Word(0), Token: 5}, {Pos: 1, At: generate.Word(1), Token: 70}}
		for _, top := range []int{0, 1, 7, 1 << 20} {
			choices, err := s.writer.Step(t.Context(), rows, []int{1, 0}, top)
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range choices {
				if want := min(top, len(c.Logits)); len(c.Top) != want || want > 0 && c.Top[0] != c.Best {
					t.Fatalf("got %d tokens %v of %d, want %d and first the best, %d", len(c.Top), c.Top[:min(7, want)], len(c.Logits), want, c.Best)
				}
				for i := 1; i < len(c.Top); i++ {
					if !(c.Logits[c.Top[i]] <= c.Logits[c.Top[i-1]]) {
						t.Fatalf("token %d of %d is likelier than the one before", i, len(c.Top))
					}
				}
				if n := len(c.Top); n > 0 {
					likelier := 0
					for _, l := range c.Logits {
						if l > c.Logits[c.Top[n-1]] {
							likelier++
						}
					}
					if likelier >= n {
						t.Errorf("%d tokens are likelier than the last of %d", likelier, n)
					}
				}
			}
		}
	})
}

func TestPromptReadInChunksGivesTheSameChoice(t *testing.T) {
	eachCached(t, func(t *testing.T, dir string) {
		s := openTest(t, dir, Options{Exact: true, Slots: 8})
		rows := make([]generate.Row, 97)
		for i := range rows {
			rows[i] = generate.Row{Pos: i, At: generate.Word(i), Token: int32(i * 5 % 250)}
		}
		var want []float32
		for slot, chunk := range []int{97, 1, 2, 7, 32, 64, 96} {
			var last []generate.Choice
			for at := 0; at < len(rows); at += chunk {
				part := slices.Clone(rows[at:min(at+chunk, len(rows))])
				for i := range part {
					part[i].Slot = slot
				}
				var err error
				if last, err = s.writer.Step(t.Context(), part, []int{len(part) - 1}, 0); err != nil {
					t.Fatal(err)
				}
			}
			got := slices.Clone(last[0].Logits)
			if want == nil {
				want = got
				continue
			}
			compare(t, fmt.Sprintf("logits in chunks of %d", chunk), got, want)
		}
	})
}

// A cache of 8 bits takes a byte for each number, and four for each head. It moves log-probabilities, but not far: these checkpoints are random, and their answers near ties.
func TestCacheOf8Bits(t *testing.T) {
	eachCached(t, func(t *testing.T, dir string) {
		g := goldenCases(t, dir)[0]
		s := openTest(t, dir, Options{Exact: true, CacheBits: 8})
		_, got, _ := g.run(t, s, dir)
		wide := openTest(t, dir, Options{Exact: true})
		numbers, d := wide.Budget.Cache/4, int64(s.model.Info().Cache.HeadDim)
		if want := numbers + numbers/d*4; s.Budget.Cache != want {
			t.Errorf("cache: got %d bytes, want %d", s.Budget.Cache, want)
		}
		off := math.Abs(float64(got[0] - g.Logprobs[0]))
		if off == 0 || off > 0.02 {
			t.Errorf("log-probability of the first token: got %g, want another than %g, by at most 0.02", got[0], g.Logprobs[0])
		}
	})
}

func TestCacheOfOtherBitsIsRefused(t *testing.T) {
	if _, err := Open(t.Context(), nil, splitCheckpoint, Options{CacheBits: 4}); err == nil || !strings.Contains(err.Error(), "found 4") {
		t.Errorf("got %v, want an error that names the bits", err)
	}
}
