package generate

import (
	"context"
	"fmt"
	"slices"
)

// Token is one position of a sequence: a token id, or row Row of the features of picture Picture. Two tokens are equal only if the model
// sees the same there, so a cache of one serves the other.
type Token struct {
	ID      int32
	Picture int32 // number of the picture, by content, from 1; 0 for none
	Row     int32
	At      Place
	// Ahead is how many positions after its own it sees: to the end of a block whose tokens all see each other, and in which nothing else is. The
	// last token of a block, and one of none, sees none.
	Ahead int32
	Plain bool // seen without the adapters that are for pictures; the same for all of a sequence
}

// Sequence is one prompt and the answer that grows behind it.
type Sequence struct {
	Prompt    []Token
	MaxTokens int
	Sampler   *Sampler
	// Stop reports, after each token, whether the answer ends before it (as at an end-of-text token) or with it (as at a stop string).
	Stop func(id int32, logprob float32) (before, with bool)

	Cached  int  // positions of the prompt that the cache already held
	Guessed int  // tokens of the answer that took no step of their own, as look-up had guessed them
	Length  bool // ended by MaxTokens or a full cache, not by Stop

	slot int
	pos  int   // positions in the cache
	last Token // to run next
	n    int   // tokens chosen
	done bool
}

// Features returns the features [rows][C] of a picture by its number.
type Features func(picture int32) [][]float32

// Writer answers several sequences at once over one decoder and remembers what its cache holds. It is not safe for concurrent use.
type Writer struct {
	*Decoder
	alone int       // steps of up to so many rows give each what it would get alone, so that some may be guesses
	held  [][]Token // by slot: the tokens in the cache
	used  []int     // by slot: when last used
	clock int
}

// NewWriter returns a writer with an empty cache, which looks up what may follow if it should and the device allows it.
func NewWriter(d *Decoder, lookup bool) *Writer {
	w := &Writer{Decoder: d, held: make([][]Token, d.Cache.Slots), used: make([]int, d.Cache.Slots)}
	if dev, ok := d.dev.(interface{ Alone() int }); ok && lookup {
		w.alone = dev.Alone()
	}
	return w
}

// Forget empties the cache.
func (w *Writer) Forget() { clear(w.held) }

// Prefill runs what the cache does not hold of each prompt. A sequence's first token is chosen by the first step of Decode.
func (w *Writer) Prefill(ctx context.Context, seqs []*Sequence, features Features) error {
	if len(seqs) > len(w.held) {
		return fmt.Errorf("generate: want at most %d sequences at once, found %d", len(w.held), len(seqs))
	}
	taken := make([]bool, len(w.held))
	for _, s := range seqs {
		if len(s.Prompt) == 0 || len(s.Prompt) >= w.Cache.Len {
			return fmt.Errorf("generate: prompt: want 1 to %d tokens, found %d", w.Cache.Len-1, len(s.Prompt))
		}
		s.slot, s.pos = w.slot(s.Prompt, taken)
		s.Cached = s.pos
		taken[s.slot] = true
	}
	for _, s := range seqs {
		if err := w.prefill(ctx, s, features); err != nil {
			return err
		}
	}
	return nil
}

// slot picks the slot that holds the longest beginning of the prompt, or the least recently used one, and returns how much of it is there.
// The last token is always run again, for its logits.
func (w *Writer) slot(prompt []Token, taken []bool) (slot, cached int) {
	slot = -1
	for i, held := range w.held {
		if taken[i] {
			continue
		}
		n := 0
		for n < min(len(held), len(prompt)) && held[n] == prompt[n] {
			n++
		}
		for n > 0 && prompt[n-1].Ahead > 0 { // what the cache has of a block has seen the rest of another
			n--
		}
		n = min(n, len(prompt)-1)
		if slot < 0 || n > cached || (n == cached && w.used[i] < w.used[slot]) {
			slot, cached = i, n
		}
	}
	w.clock++
	w.used[slot] = w.clock
	return slot, cached
}

// prefill runs the prompt up to its last token, which Decode runs. Where the last token ends a block, it runs with the block and once more.
func (w *Writer) prefill(ctx context.Context, s *Sequence, features Features) error {
	w.held[s.slot] = w.held[s.slot][:s.pos]
	last := len(s.Prompt) - 1
	for s.pos < last {
		rows := make([]Row, chunk(s.Prompt[s.pos:]))
		for i := range rows {
			t := s.Prompt[s.pos+i]
			rows[i] = Row{Slot: s.slot, Pos: s.pos + i, Ahead: int(t.Ahead), At: t.At, Token: t.ID, Plain: t.Plain}
			if t.Picture != 0 {
				rows[i].Feature = features(t.Picture)[t.Row]
			}
		}
		if _, err := w.Step(ctx, rows, nil, 0); err != nil {
			return err
		}
		n := min(len(rows), last-s.pos)
		w.held[s.slot] = append(w.held[s.slot], s.Prompt[s.pos:s.pos+n]...)
		s.pos += n
	}
	s.last = s.Prompt[last]
	return nil
}

// chunk is how many tokens of the rest of a prompt to run in a step: at most MaxChunk, but no block is cut, nor is its last token left to the
// last, which is for Decode.
func chunk(rest []Token) int {
	n := min(MaxChunk, len(rest)-1)
	for n > 0 && rest[n-1].Ahead > 0 {
		n--
	}
	if n == 0 {
		n = int(rest[0].Ahead) + 1
	}
	return n
}

// Decode chooses tokens until every sequence is done. All that are not done share each step.
func (w *Writer) Decode(ctx context.Context, seqs []*Sequence) error {
	running := slices.Clone(seqs)
	for {
		running = slices.DeleteFunc(running, func(s *Sequence) bool { return s.finished(w.Cache.Len) })
		if len(running) == 0 {
			return nil
		}
		for _, plain := range []bool{false, true} {
			if err := w.next(ctx, running, plain); err != nil {
				return err
			}
		}
	}
}

// next takes a step of each sequence that is plain, or of each that is not: the last token, and behind it what look-up guesses.
func (w *Writer) next(ctx context.Context, running []*Sequence, plain bool) error {
	group := slices.DeleteFunc(slices.Clone(running), func(s *Sequence) bool { return s.last.Plain != plain })
	if len(group) == 0 {
		return nil
	}
	var rows []Row
	var picks []int
	top, spare := 0, w.alone-len(group)
	guesses := make([][]int32, len(group))
	for i, s := range group {
		guesses[i] = guess(append(w.held[s.slot], s.last), max(0, min(spare, s.MaxTokens-s.n-1, w.Cache.Len-s.pos-1)))
		spare -= len(guesses[i])
		t := s.last
		for j := 0; ; j++ {
			picks = append(picks, len(rows))
			rows = append(rows, Row{Slot: s.slot, Pos: s.pos + j, At: t.At, Token: t.ID, Plain: plain})
			if j == len(guesses[i]) {
				break
			}
			t = t.followedBy(guesses[i][j])
		}
		top = max(top, s.Sampler.Top())
	}
	choices, err := w.Step(ctx, rows, picks, top)
	if err != nil {
		return err
	}
	for i, s := range group {
		w.take(ctx, s, choices, guesses[i])
		choices = choices[1+len(guesses[i]):]
	}
	return nil
}

// take chooses the token after the last, and the one after each guess for as long as the guesses come true. What the cache holds of the others
// is written over.
func (w *Writer) take(ctx context.Context, s *Sequence, choices []Choice, guesses []int32) {
	for i := 0; ; i++ {
		w.held[s.slot] = append(w.held[s.slot], s.last)
		s.pos++
		s.choose(choices[i])
		if i == len(guesses) || s.last.ID != guesses[i] || s.finished(w.Cache.Len) || ctx.Err() != nil {
			return
		}
		s.Guessed++
	}
}

func (s *Sequence) choose(c Choice) {
	id, logprob := s.Sampler.Next(c)
	before, with := s.Stop(id, logprob)
	s.done = before || with
	s.last = s.last.followedBy(id)
	s.n++
}

// followedBy is a word behind t.
func (t Token) followedBy(id int32) Token {
	return Token{ID: id, At: Word(int(slices.Max(t.At[:])) + 1), Plain: t.Plain}
}

func (s *Sequence) finished(room int) bool {
	if s.done {
		return true
	}
	s.Length = s.n >= s.MaxTokens || s.pos >= room
	return s.Length
}
