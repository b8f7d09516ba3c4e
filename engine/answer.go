package engine

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"sightglass/engine/chat"
	"sightglass/engine/generate"
	"sightglass/engine/model"
	"sightglass/engine/nn"
	"sightglass/engine/token"
)

// defaultMaxTokens ends an answer that a request does not bound.
const defaultMaxTokens = 1024

// Generate answers a request. events, if not nil, is called from this goroutine as the answer grows; the texts of its events join to that of
// the result. When ctx ends, Generate returns within one step with what there is, FinishCancelled, and the cause of the end as error.
func (s *Session) Generate(ctx context.Context, r Request, events func(Event)) (Result, error) {
	results, err := s.GenerateBatch(ctx, []Request{r}, func(_ int, e Event) {
		if events != nil {
			events(e)
		}
	})
	if len(results) == 0 {
		return Result{}, err
	}
	return results[0], err
}

// GenerateBatch answers several requests at once, as many as the session has slots; each step writes a token of every answer.
func (s *Session) GenerateBatch(ctx context.Context, rs []Request, events func(i int, e Event)) ([]Result, error) {
	if err := s.lock(ctx); err != nil {
		return nil, err
	}
	defer s.unlock()
	start := time.Now()
	answers := make([]*answer, len(rs))
	seqs := make([]*generate.Sequence, len(rs))
	for i, r := range rs {
		a, err := s.ask(ctx, r)
		if err != nil {
			return nil, err
		}
		a.events = func(e Event) { events(i, e) }
		a.start = start
		answers[i], seqs[i] = a, a.seq
	}
	err := s.write(ctx, answers, seqs)
	results := make([]Result, len(answers))
	for i, a := range answers {
		results[i] = a.finish(s, err)
	}
	return results, err
}

// write looks at the pictures, reads the prompts and writes the answers.
func (s *Session) write(ctx context.Context, answers []*answer, seqs []*generate.Sequence) error {
	for _, a := range answers {
		begin := time.Now()
		for i, p := range a.pictures {
			if i == 0 {
				a.events(Event{Stage: StageVision})
			}
			if err := s.eyes.encode(ctx, p, a.data[i]); err != nil {
				return err
			}
		}
		a.result.Timings.Vision = time.Since(begin)
		a.events(Event{Stage: StagePrefill})
	}
	begin := time.Now()
	features := map[int32][][]float32{}
	for _, a := range answers {
		for _, p := range a.pictures {
			features[p.number] = p.features
		}
	}
	if err := s.writer.Prefill(ctx, seqs, func(n int32) [][]float32 { return features[n] }); err != nil {
		return err
	}
	for _, a := range answers {
		a.result.Timings.Prefill = time.Since(begin)
		a.events(Event{Stage: StageDecode})
	}
	if err := s.writer.Decode(ctx, seqs); err != nil {
		return err
	}
	for _, a := range answers {
		if a.err != nil {
			return a.err
		}
	}
	return nil
}

// answer is a request on its way to a result.
type answer struct {
	seq      *generate.Sequence
	pictures []*sight
	data     [][]byte // of the pictures
	events   func(Event)
	stream   *token.Stream
	stop     stopper
	stopped  bool // by a stop string
	result   Result
	start    time.Time
	first    time.Time // when the first token was chosen
	err      error
}

// ask turns a request into a sequence of tokens.
func (s *Session) ask(ctx context.Context, r Request) (*answer, error) {
	a := &answer{stop: stopper{stops: r.Stop}, stream: s.tok.Stream(true)}
	messages, err := s.messages(a, r)
	if err != nil {
		return nil, err
	}
	segments, err := s.template.Render(ctx, s.instruct(messages, r.System), chat.Options{AddGenerationPrompt: true, BOS: s.bos, EOS: s.eos, Control: s.tok.Control(), Now: time.Now()})
	if err != nil {
		return nil, err
	}
	if segments, err = a.place(s, segments); err != nil {
		return nil, err
	}
	ids, err := s.tok.EncodePrompt(segments, !s.whole)
	if err != nil {
		return nil, err
	}
	if len(ids) >= s.Context() {
		return nil, fmt.Errorf("engine: %w: want at most %d tokens, found %d", ErrTooLong, s.Context()-1, len(ids))
	}
	max := defaultMaxTokens
	if r.MaxTokens > 0 {
		max = r.MaxTokens
	}
	a.result.PromptIDs = ids
	a.seq = &generate.Sequence{Prompt: see(a.tokens(s, ids), s.model.Info().Ahead), MaxTokens: max, Sampler: generate.NewSampler(generate.Sampling(r.Sampling), ids)}
	a.seq.Stop = func(id int32, logprob float32) (before, with bool) { return a.next(s, id, logprob) }
	return a, nil
}

// messages takes the pictures out of the request's messages and plans how they are seen.
func (s *Session) messages(a *answer, r Request) ([]chat.Message, error) {
	var out []chat.Message
	for _, m := range r.Messages {
		c := chat.Message{Role: chat.Role(m.Role)}
		for _, p := range m.Parts {
			if p.Picture == nil {
				c.Parts = append(c.Parts, chat.Part{Text: p.Text})
				continue
			}
			if s.eyes == nil {
				return nil, fmt.Errorf("engine: %w", ErrNoVision)
			}
			seen, err := s.eyes.look(p.Picture)
			if err != nil {
				return nil, err
			}
			a.pictures, a.data = append(a.pictures, seen), append(a.data, p.Picture)
			a.result.ImageTokens += seen.look.Tokens
			a.result.Pictures = append(a.result.Pictures, Seen{Width: seen.look.Scaled.Width, Height: seen.look.Scaled.Height,
				Rows: seen.look.Rows, Cols: seen.look.Cols, Tokens: seen.look.Tokens})
			c.Parts = append(c.Parts, chat.Part{Image: true})
		}
		out = append(out, c)
	}
	return out, nil
}

// instruct adds how to answer. A conversation that has a message of the system keeps that alone.
func (s *Session) instruct(messages []chat.Message, system string) []chat.Message {
	if system == "" || len(messages) == 0 || messages[0].Role == chat.System {
		return messages
	}
	if s.template.TakesSystem() {
		return append([]chat.Message{{Role: chat.System, Parts: []chat.Part{{Text: system}}}}, messages...)
	}
	i := slices.IndexFunc(messages, func(m chat.Message) bool { return m.Role == chat.User })
	if i < 0 {
		return messages
	}
	// Behind the pictures, where the template has them first and the words next.
	parts := messages[i].Parts
	at := slices.IndexFunc(parts, func(p chat.Part) bool { return !p.Image })
	if at < 0 {
		at = len(parts)
	}
	messages = slices.Clone(messages)
	messages[i].Parts = slices.Insert(slices.Clone(parts), at, chat.Part{Text: system + "\n\n"})
	return messages
}

// place puts what stands for each picture where the template left a placeholder.
func (a *answer) place(s *Session, segments []token.Segment) ([]token.Segment, error) {
	if s.eyes == nil {
		return segments, nil
	}
	var out []token.Segment
	next := 0
	for _, seg := range segments {
		if !seg.Control || seg.Text != s.eyes.vision.Placeholder() {
			out = append(out, seg)
			continue
		}
		if next < len(a.pictures) {
			out = append(out, a.pictures[next].look.Prompt...)
		}
		next++
	}
	if next != len(a.pictures) {
		return nil, fmt.Errorf("engine: chat template: want %d placeholders for pictures, found %d", len(a.pictures), next)
	}
	return out, nil
}

// tokens marks which ids are rows of which picture. A picture whose rows lie on a grid takes as many places as the grid is long on its longer
// side; the word after it stands behind all of them.
func (a *answer) tokens(s *Session, ids []int32) []generate.Token {
	tokens := make([]generate.Token, len(ids))
	plain := len(a.pictures) == 0 && nn.HasPlain(s.model)
	picture, row, place := 0, 0, 0
	for i, id := range ids {
		tokens[i] = generate.Token{ID: id, At: generate.Word(place), Plain: plain}
		place++
		if picture == len(a.pictures) {
			continue
		}
		p := a.pictures[picture]
		if want, ok := s.tok.ID(p.look.PictureToken); ok && id == want {
			tokens[i].Picture, tokens[i].Row = p.number, int32(row)
			grid := p.look.Grid
			if grid[1] > 0 {
				place--
				tokens[i].At = generate.Place{int32(place), int32(place + row/grid[1]), int32(place + row%grid[1])}
			}
			if row++; row == p.look.Tokens {
				picture, row, place = picture+1, 0, place+max(grid[0], grid[1])
			}
		}
	}
	return tokens
}

// see lets tokens of a prompt see what follows them, as the model does.
func see(prompt []generate.Token, ahead model.Ahead) []generate.Token {
	together := func(a, b generate.Token) bool {
		return ahead == model.AheadInPrompt || a.Picture != 0 && a.Picture == b.Picture && b.Row == a.Row+1
	}
	for i := len(prompt) - 2; i >= 0 && ahead != model.Causal; i-- {
		if together(prompt[i], prompt[i+1]) {
			prompt[i].Ahead = prompt[i+1].Ahead + 1
		}
	}
	return prompt
}

// next takes a chosen token and says whether the answer is over.
func (a *answer) next(s *Session, id int32, logprob float32) (before, with bool) {
	if a.first.IsZero() {
		a.first = time.Now()
	}
	if math.IsNaN(float64(logprob)) {
		a.err = fmt.Errorf("engine: %w: want finite logits, found NaN", ErrDiverged)
		return true, false
	}
	if s.stops[id] {
		a.result.Finish = FinishStop
		return true, false
	}
	a.result.Tokens = append(a.result.Tokens, id)
	a.result.Logprobs = append(a.result.Logprobs, logprob)
	text, err := a.stream.Push(id)
	if err != nil {
		a.err = err
		return false, true
	}
	text, a.stopped = a.stop.add(text)
	a.say(text)
	if a.stopped {
		a.result.Finish = FinishStop
	}
	return false, a.stopped
}

func (a *answer) say(text string) {
	if text != "" {
		a.result.Text += text
		a.events(Event{Text: text})
	}
}

// finish completes the result once the answer is over, or as far as it came.
func (a *answer) finish(s *Session, err error) Result {
	if !a.stopped {
		rest, _ := a.stream.Flush() // bytes of a character that the answer's end cut
		rest, a.stopped = a.stop.add(rest)
		a.say(rest + a.stop.flush())
	}
	switch {
	case err != nil:
		a.result.Finish = FinishCancelled
	case a.result.Finish == "":
		a.result.Finish = FinishLength
	}
	r := &a.result
	r.CachedTokens, r.GuessedTokens = a.seq.Cached, a.seq.Guessed
	r.Timings.Load = s.Load
	if !a.first.IsZero() {
		r.Timings.FirstToken = a.first.Sub(a.start)
		if n := len(r.Tokens) - 1; n > 0 {
			r.Timings.DecodeTokensPerS = float64(n) / time.Since(a.first).Seconds()
		}
	}
	return *r
}

// stopper holds back text that may be the beginning of a stop string.
type stopper struct {
	stops []string
	held  string
}

// add takes more text and returns what is certain to be part of the answer, and whether a stop string ended it.
func (s *stopper) add(text string) (out string, stopped bool) {
	s.held += text
	at := -1
	for _, stop := range s.stops {
		if i := strings.Index(s.held, stop); stop != "" && i >= 0 && (at < 0 || i < at) {
			at = i
		}
	}
	if at >= 0 {
		out, s.held = s.held[:at], ""
		return out, true
	}
	keep := 0
	for _, stop := range s.stops {
		for n := min(len(stop)-1, len(s.held)); n > keep; n-- {
			if strings.HasSuffix(s.held, stop[:n]) {
				keep = n
			}
		}
	}
	out, s.held = s.held[:len(s.held)-keep], s.held[len(s.held)-keep:]
	return out, false
}

// flush returns what was held back.
func (s *stopper) flush() string {
	text := s.held
	s.held = ""
	return text
}
