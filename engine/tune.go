package engine

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"time"

	"sightglass/engine/adapter"
	"sightglass/engine/chat"
	"sightglass/engine/generate"
	"sightglass/engine/image"
	"sightglass/engine/nn"
	"sightglass/engine/train"
)

// Train puts what o trains on the session's model. Close the trainer before the session. Answers of the session are then those of the model
// as it is trained.
func (s *Session) Train(ctx context.Context, o train.Options) (*train.Trainer, error) {
	if err := s.lock(ctx); err != nil {
		return nil, err
	}
	defer s.unlock()
	o.Layer = s.family.Transformers.Rename
	t, err := train.New(ctx, s.dev, s.model, o)
	if err == nil {
		s.sees = t.SeesViews()
		if o.Method == train.Full {
			s.trained = append(s.trained, t.Params()...)
		}
	}
	s.writer.Replan()
	if s.eyes != nil {
		clear(s.eyes.programs)
	}
	return t, err
}

// Forget makes the session read anew, and look anew where that is trained, as it must once its model has changed.
func (s *Session) Forget(ctx context.Context) error {
	if err := s.lock(ctx); err != nil {
		return err
	}
	defer s.unlock()
	s.writer.Forget()
	if s.eyes != nil && s.sees {
		s.eyes.forget()
	}
	return nil
}

// Use puts the adapter in a folder on the model, in the place of the one that was there before; "" goes without. The model and what comes with
// it stay as they are. An adapter that does not fit leaves the model without one.
func (s *Session) Use(ctx context.Context, folder string) error {
	if err := s.lock(ctx); err != nil {
		return err
	}
	defer s.unlock()
	bare := func() { nn.EachLinear(s.model, func(_ string, l *nn.Linear) { l.LoRA = l.LoRA[:s.own[l]] }) }
	bare()
	s.writer.Replan()
	s.writer.Forget()
	if s.eyes != nil {
		clear(s.eyes.programs)
		s.eyes.forget()
	}
	s.used.free()
	if folder == "" {
		return nil
	}
	err := adapter.Attach(s.used, s.model, folder, s.family.Rename)
	if err != nil {
		bare()
	}
	return err
}

// Example turns a conversation with answers into what is trained on; views where the way from pictures to features is trained too. A
// conversation of more than length tokens is refused, never cut.
func (s *Session) Example(ctx context.Context, messages []Message, views bool, length int) (*train.Example, error) {
	if err := s.lock(ctx); err != nil {
		return nil, err
	}
	defer s.unlock()
	a, ids, err := s.encode(ctx, messages, false)
	if err != nil {
		return nil, err
	}
	if length > 0 && len(ids) > length {
		return nil, fmt.Errorf("engine: %w: want at most %d tokens, found %d, %d of them for pictures", ErrTooLong, length, len(ids), a.result.ImageTokens)
	}
	e := &train.Example{IDs: ids, Answer: make([]bool, len(ids))}
	for i, m := range messages {
		if m.Role == Assistant {
			if err := s.markAnswer(ctx, e, messages, i); err != nil {
				return nil, err
			}
		}
	}
	if e.Answers() == 0 {
		return nil, fmt.Errorf("engine: example: want an answer, found none")
	}
	tokens := a.tokens(s, ids)
	see(tokens[:slices.Index(e.Answer, true)], s.model.Info().Ahead)
	for _, t := range tokens {
		e.At, e.Ahead = append(e.At, t.At), append(e.Ahead, t.Ahead)
	}
	if views {
		return e, s.addViews(ctx, e, a, tokens)
	}
	for i, p := range a.pictures {
		if err := s.eyes.encode(ctx, p, a.data[i]); err != nil {
			return nil, err
		}
	}
	return e, addFeatures(e, a, tokens)
}

// encode renders messages as a prompt and makes tokens of it.
func (s *Session) encode(ctx context.Context, messages []Message, open bool) (*answer, []int32, error) {
	a := &answer{}
	m, err := s.messages(a, Request{Messages: messages})
	if err != nil {
		return nil, nil, err
	}
	o := chat.Options{AddGenerationPrompt: open, BOS: s.bos, EOS: s.eos, Control: s.tok.Control(), Now: time.Now()}
	segments, err := s.template.Render(ctx, m, o)
	if err == nil {
		segments, err = a.place(s, segments)
	}
	if err != nil {
		return nil, nil, err
	}
	ids, err := s.tok.EncodePrompt(segments, !s.whole)
	return a, ids, err
}

// markAnswer marks the tokens of message i: those that stand where the model would write, up to the one that ends its turn.
func (s *Session) markAnswer(ctx context.Context, e *train.Example, messages []Message, i int) error {
	_, before, err := s.encode(ctx, messages[:i], true)
	if err != nil {
		return err
	}
	_, through, err := s.encode(ctx, messages[:i+1], false)
	if err != nil {
		return err
	}
	from, to := len(before), len(through)
	if from >= to || to > len(e.IDs) || !slices.Equal(before, e.IDs[:from]) || !slices.Equal(through[:from], before) {
		return fmt.Errorf("engine: example: want a chat template that writes answers after its opening, message %d differs", i+1)
	}
	for j := to - 1; j >= from; j-- { // what follows the end of the turn, such as a line break, is not the model's to write
		if s.stops[e.IDs[j]] {
			to = j + 1
			break
		}
	}
	for j := from; j < to; j++ {
		e.Answer[j] = true
	}
	return nil
}

func addFeatures(e *train.Example, a *answer, tokens []generate.Token) error {
	byNumber := map[int32][][]float32{}
	for _, p := range a.pictures {
		byNumber[p.number] = p.features
	}
	e.Features = make([][]float32, len(tokens))
	for i, t := range tokens {
		if t.Picture != 0 {
			e.Features[i] = byNumber[t.Picture][t.Row]
		}
	}
	return nil
}

// addViews gives an example what the encoder takes of each picture.
func (s *Session) addViews(ctx context.Context, e *train.Example, a *answer, tokens []generate.Token) error {
	next := 0
	positions := func(n int) (list []int32) {
		for ; len(list) < n && next < len(tokens); next++ {
			if tokens[next].Picture != 0 {
				list = append(list, int32(next))
			}
		}
		return list
	}
	for i, p := range a.pictures {
		pic, err := image.Decode(ctx, bytes.NewReader(a.data[i]), s.opts.Limits)
		if err != nil {
			return err
		}
		views, err := s.eyes.vision.Views(ctx, pic, p.look)
		if err != nil {
			return err
		}
		for _, v := range views {
			e.Views = append(e.Views, train.View{View: v, Positions: positions(p.look.Tokens / len(views))})
		}
	}
	return nil
}
