package engine

import (
	"errors"
	"fmt"

	"sightglass/engine/graph"
	"sightglass/engine/image"
	"sightglass/engine/model"
)

// ErrMemory is returned when a model takes more memory than the machine has.
var ErrMemory = errors.New("the model does not fit into memory")

// Budget is the memory that an open model takes, in bytes. It is known before the large part of it is taken.
type Budget struct {
	Weights int64 // of the files, which are mapped
	Cache   int64 // keys and values of all conversations
	Vision  int64 // the most that encoding one picture takes
}

// Total is the sum.
func (b Budget) Total() int64 { return b.Weights + b.Cache + b.Vision }

// largePicture stands for the largest pictures that people have: 24 million pixels.
var largePicture = image.Size{Width: 6000, Height: 4000}

// budget plans the memory of a bound model, and bounds the pictures that it sees.
func (s *Session) budget() (b Budget, err error) {
	slots, length := s.opts.room(s.model.Info())
	b.Cache = int64(s.model.Info().Cache.Bytes(slots*length, s.opts.cacheType()))
	for _, name := range s.source.Names() {
		t, err := s.source.Get(name)
		if err != nil {
			return b, err
		}
		b.Weights += int64(t.Bytes())
	}
	v := s.model.Vision()
	if v == nil {
		return b, nil
	}
	if v, ok := v.(model.Resizer); ok {
		v.Limit(s.opts.MaxPixels, length/2)
	}
	look, err := v.Look(largePicture)
	if err != nil {
		return b, err
	}
	b.Vision = 3 * (largePicture.Pixels() + look.Scaled.Pixels())
	if look.View == (model.Geometry{}) {
		return b, nil
	}
	var peak int
	if err = graph.Build(func() {
		e := v.Encoder(look.View, nil)
		peak, err = graph.Peak(s.dev, append([]*graph.Node{e.Features}, e.Deep...)...)
	}); err != nil {
		return b, fmt.Errorf("engine: vision: %w", err)
	}
	b.Vision += int64(peak)
	if err != nil {
		return b, err
	}
	return b, graph.Ready(s.dev.ready(), func() []*graph.Node {
		e := v.Encoder(look.View, nil)
		return append([]*graph.Node{e.Features}, e.Deep...)
	})
}

// check returns ErrMemory where the budget is over what there is; 0 means that nobody knows.
func (b Budget) check(have int64) error {
	if have <= 0 || b.Total() <= have {
		return nil
	}
	gb := func(n int64) string { return fmt.Sprintf("%.1f GB", float64(n)/1e9) }
	return fmt.Errorf("engine: %w: want %s (%s of weights, %s for the context, %s to look at a picture), found %s; a smaller --context or --max-pixels takes less",
		ErrMemory, gb(b.Total()), gb(b.Weights), gb(b.Cache), gb(b.Vision), gb(have))
}
