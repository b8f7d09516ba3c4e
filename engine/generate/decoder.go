// Package generate writes answers: it runs a model's decoder over a cache of several sequences, reuses what the cache holds of a prompt,
// and chooses tokens. It knows tokens and rows of picture features, but neither text nor pictures.
package generate

import (
	"context"
	"fmt"

	"sightglass/engine/device"
	"sightglass/engine/graph"
	"sightglass/engine/model"
	"sightglass/engine/nn"
	"sightglass/engine/op"
	"sightglass/engine/tensor"
)

// MaxChunk is how many rows of a prompt one step takes: enough to keep every kernel busy, few enough to be cancelled soon.
const MaxChunk = 512

// maxPrograms is how many planned steps are kept. Chunks of unlike lengths need one each; decoding needs one for each number of sequences.
const maxPrograms = 16

// Row is one row of a step: a token of a sequence at its position, or a row of picture features in its place.
type Row struct {
	Slot, Pos int
	Ahead     int // how many positions after its own the row sees
	At        Place
	Token     int32
	Plain     bool      // without the adapters that are for pictures: the same for all rows of a step
	Feature   []float32 // [(1 + Deep)·C] of a picture: its row, then what is added to it after each of the first layers; nil for a token
}

// Place is a rotary position: down in time, down and across. Words take one place after the other, the same on every axis; families with one
// axis use Row.Pos in its stead.
type Place [3]int32

// Word is the place of a word.
func Word(n int) Place { return Place{int32(n), int32(n), int32(n)} }

// Choice is what the model says about the token after a row.
type Choice struct {
	Logits []float32 // [V], valid until the next step
	Best   int32     // the first largest logit
	Top    []int32   // as many of the largest as the step was asked for, the largest first, of equals the first; -1 where there are no more
	LogSum float32   // log Σ exp(logits): log-probability is logit - LogSum
}

// Decoder runs steps of a model. It is not safe for concurrent use.
type Decoder struct {
	dev      device.Device
	model    model.Model
	info     model.Info
	Cache    *nn.Cache
	scratch  *graph.Scratch
	rotary   []*graph.Node // frequencies
	programs map[shape]*step
	clock    int
}

// shape is what a planned step depends on.
type shape struct {
	rows, choices, top int
	features, plain    bool
}

type step struct {
	*graph.Program
	rows                 nn.Rows
	ids, features, index *graph.Node
	deep                 []*graph.Node
	picks                *graph.Node
	logits, best, logSum *graph.Node
	top                  *graph.Node
	used                 int
}

// NewDecoder returns a decoder for a bound model with room for slots sequences of up to length tokens, cached as type d.
func NewDecoder(dev device.Device, m model.Model, scratch *graph.Scratch, slots, length int, d tensor.DType) (*Decoder, error) {
	info := m.Info()
	cache, err := nn.NewCache(dev, info.Cache, slots, length, d)
	if err != nil {
		return nil, err
	}
	dec := &Decoder{dev: dev, model: m, info: info, Cache: cache, scratch: scratch, programs: map[shape]*step{}}
	for _, r := range info.Rotary {
		freqs := graph.Param("frequencies", tensor.F32, r.Shape()...)
		buf, err := dev.Alloc(freqs.Type.Bytes())
		if err != nil {
			cache.Free()
			return nil, err
		}
		freqs.Bind(device.Slice{Buffer: buf, Type: freqs.Type})
		copy(freqs.Array().F32(), r.Frequencies)
		dec.rotary = append(dec.rotary, freqs)
	}
	return dec, nil
}

// Ready tells a device, which may be the decoder's own under another, of the steps that any answer takes: some rows of a prompt, and a token.
func (d *Decoder) Ready(dev device.Device, features bool) error {
	const few, many = 8, 64 // rows of prompts: kernels have a form for each
	for _, key := range []shape{{rows: 1, choices: 1}, {rows: few}, {rows: many}, {rows: many, features: features}} {
		err := graph.Ready(dev, func() []*graph.Node { return d.build(&step{}, key) })
		if err != nil {
			return err
		}
	}
	return nil
}

// Close frees the cache.
func (d *Decoder) Close() { d.Cache.Free() }

// Step runs rows through the model, adds them to the cache, and returns a choice for each row that picks names, with the top likeliest tokens.
// All is chosen from on the device: who does not draw from all logits reads a few numbers.
func (d *Decoder) Step(ctx context.Context, rows []Row, picks []int, top int) ([]Choice, error) {
	key := shape{rows: len(rows), choices: len(picks), top: min(top, d.info.Vocab)}
	for _, r := range rows {
		key.features, key.plain = key.features || r.Feature != nil, key.plain || r.Plain
	}
	s, err := d.step(key)
	if err != nil {
		return nil, err
	}
	d.fill(s, rows, picks)
	if err := s.Run(ctx); err != nil {
		return nil, err
	}
	if len(picks) == 0 {
		return nil, nil
	}
	choices := make([]Choice, len(picks))
	logits, best, logSum := s.Array(s.logits).F32(), s.Array(s.best).I32(), s.Array(s.logSum).F32()
	for i := range choices {
		choices[i] = Choice{Logits: logits[i*d.info.Vocab : (i+1)*d.info.Vocab], Best: best[i], LogSum: logSum[i]}
		if s.top != nil {
			choices[i].Top = s.Array(s.top).I32()[i*key.top:][:key.top]
		}
	}
	return choices, nil
}

func (d *Decoder) fill(s *step, rows []Row, picks []int) {
	ids := s.Array(s.ids).I32()
	for i, r := range rows {
		ids[i] = r.Token
		s.rows.Fill(s.Program, i, r.Slot, r.Pos, r.Pos+1+r.Ahead)
	}
	if axes := d.info.Rotary[0].Axes; axes > 1 {
		for i, r := range rows {
			copy(s.Array(s.rows.At).I32()[i*axes:][:axes], r.At[:])
		}
	}
	if s.features != nil {
		c := d.info.Hidden
		features, index, next := s.Array(s.features).F32(), s.Array(s.index).I32(), int32(0)
		for i, r := range rows {
			index[i] = -1
			if r.Feature != nil {
				index[i] = next
				copy(features[int(next)*c:], r.Feature[:c])
				next++
			}
		}
		for l, n := range s.deep {
			deep := s.Array(n).Rows()
			for i, r := range rows {
				clear(deep[i])
				if r.Feature != nil {
					copy(deep[i], r.Feature[(1+l)*c:][:c])
				}
			}
		}
	}
	if s.picks != nil {
		for i, p := range picks {
			s.Array(s.picks).I32()[i] = int32(p)
		}
	}
}

// step returns the planned step of that shape, planning it the first time.
func (d *Decoder) step(key shape) (*step, error) {
	d.clock++
	if s, ok := d.programs[key]; ok {
		s.used = d.clock
		return s, nil
	}
	if len(d.programs) >= maxPrograms {
		var oldest shape
		for k, s := range d.programs {
			if o, ok := d.programs[oldest]; !ok || s.used < o.used {
				oldest = k
			}
		}
		delete(d.programs, oldest)
	}
	s := &step{used: d.clock}
	var outputs []*graph.Node
	nn.Plain(d.model, key.plain)
	err := graph.Build(func() { outputs = d.build(s, key) })
	nn.Plain(d.model, false)
	if err == nil {
		s.Program, err = graph.Plan(d.dev, d.scratch, outputs...)
	}
	if err != nil {
		return nil, fmt.Errorf("generate: step of %d rows: %w", key.rows, err)
	}
	d.programs[key] = s
	return s, nil
}

func (d *Decoder) build(s *step, key shape) []*graph.Node {
	s.rows, s.ids = nn.NewRows(key.rows, d.info.Rotary[0].Axes, d.info.Window), graph.Input("ids", tensor.I32, key.rows)
	x := d.model.Embed(s.ids)
	if key.features {
		s.features = graph.Input("features", tensor.F32, key.rows, d.info.Hidden)
		s.index = graph.Input("index", tensor.I32, key.rows)
		x = op.Merge(x, s.features, s.index)
		for range d.info.Deep {
			s.deep = append(s.deep, graph.Input("deep", tensor.F32, key.rows, d.info.Hidden))
		}
	}
	h := d.model.Decode(x, &nn.Step{Rows: s.rows, Angles: d.angles(s.rows), Cache: d.Cache, Deep: s.deep}, nil)
	if key.choices == 0 {
		return []*graph.Node{h}
	}
	if key.choices < key.rows {
		s.picks = graph.Input("picks", tensor.I32, key.choices)
		h = op.Embedding(s.picks, h)
	}
	s.logits = d.model.Logits(h)
	s.best, s.logSum = op.Argmax(s.logits), op.LogSumExp(s.logits)
	if key.top == 0 {
		return []*graph.Node{s.logits, s.best, s.logSum}
	}
	s.top = op.TopK(s.logits, key.top)
	return []*graph.Node{s.logits, s.best, s.logSum, s.top}
}

func (d *Decoder) angles(r nn.Rows) []*graph.Node {
	var tables []*graph.Node
	for _, freqs := range d.rotary {
		tables = append(tables, op.Angles(r.At, freqs))
	}
	return tables
}

// Replan drops the planned steps, as after a change of the model's layers.
func (d *Decoder) Replan() { clear(d.programs) }
