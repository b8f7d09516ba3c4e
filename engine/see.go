package engine

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"slices"

	"sightglass/engine/device"
	"sightglass/engine/graph"
	"sightglass/engine/image"
	"sightglass/engine/model"
)

// maxSights is how many bytes of features are kept of encoded pictures; the built-in model's have 256 rows of 2 KB a tile.
const maxSights = 256 << 20

// eyes encodes pictures, one view at a time, and remembers their features by content.
type eyes struct {
	dev      device.Device
	vision   model.Vision
	scratch  *graph.Scratch
	limits   image.Limits
	programs map[model.Geometry]*encoder
	numbers  map[pictureKey]int32 // a number for each content ever seen
	seen     map[int32]*sight
	bytes    int // of features, of all that are seen
	clock    int
}

// sight is an encoded picture.
type sight struct {
	look     model.Look
	number   int32
	features [][]float32 // nil until encoded
	used     int
}

func (s *sight) bytes() int {
	n := 0
	for _, r := range s.features {
		n += 4 * len(r)
	}
	return n
}

// forget makes every picture one that was never seen.
func (e *eyes) forget() {
	clear(e.seen)
	e.bytes = 0
}

type encoder struct {
	model.Encoder
	*graph.Program
}

// look plans how a picture is seen. Only its header is read.
func (e *eyes) look(data []byte) (*sight, error) {
	info, err := image.Probe(bytes.NewReader(data), e.limits)
	if err != nil {
		return nil, err
	}
	key := pictureKey{sha256.Sum256(data), e.vision.Key()}
	number, ok := e.numbers[key]
	if !ok {
		number = int32(len(e.numbers) + 1)
		e.numbers[key] = number
	}
	e.clock++
	if s, ok := e.seen[number]; ok {
		s.used = e.clock
		return s, nil
	}
	l, err := e.vision.Look(info.Size)
	if err != nil {
		return nil, err
	}
	return &sight{look: l, number: number, used: e.clock}, nil
}

// encode computes the features of a picture unless they are there.
func (e *eyes) encode(ctx context.Context, s *sight, data []byte) error {
	if s.features != nil {
		return nil
	}
	pic, err := image.Decode(ctx, bytes.NewReader(data), e.limits)
	if err != nil {
		return err
	}
	if s.features, err = e.features(ctx, s.look, pic); err != nil {
		return err
	}
	e.keep(s)
	return nil
}

// features encodes a decoded picture, one view at a time.
func (e *eyes) features(ctx context.Context, l model.Look, pic *image.Picture) ([][]float32, error) {
	views, err := e.vision.Views(ctx, pic, l)
	if err != nil {
		return nil, err
	}
	var features [][]float32
	for _, v := range views {
		rows, err := e.run(ctx, v)
		if err != nil {
			return nil, err
		}
		features = append(features, rows...)
	}
	if a, ok := e.vision.(model.Arranger); ok {
		features = a.Arrange(l, features)
	}
	if len(features) != l.Tokens {
		return nil, fmt.Errorf("engine: picture: want %d rows of features, found %d", l.Tokens, len(features))
	}
	return features, nil
}

// run encodes one view.
func (e *eyes) run(ctx context.Context, v model.View) ([][]float32, error) {
	enc, err := e.program(v.Geometry)
	if err != nil {
		return nil, err
	}
	for i, in := range enc.Inputs {
		copy(enc.Array(in).Data, v.Inputs[i].Data)
	}
	if err := enc.Run(ctx); err != nil {
		return nil, err
	}
	rows := slices.Clone(enc.Array(enc.Features).Rows())
	for i := range rows {
		rows[i] = slices.Clone(rows[i])
	}
	for _, d := range enc.Deep {
		for i, r := range enc.Array(d).Rows() {
			rows[i] = append(rows[i], r...)
		}
	}
	return rows, nil
}

func (e *eyes) program(g model.Geometry) (*encoder, error) {
	if p, ok := e.programs[g]; ok {
		return p, nil
	}
	p := &encoder{}
	err := graph.Build(func() { p.Encoder = e.vision.Encoder(g, nil) })
	if err == nil {
		p.Program, err = graph.Plan(e.dev, e.scratch, append([]*graph.Node{p.Features}, p.Deep...)...)
	}
	if err != nil {
		return nil, fmt.Errorf("engine: vision: %w", err)
	}
	const most = 8 // geometries; families with free sizes have many
	if len(e.programs) >= most {
		clear(e.programs)
	}
	e.programs[g] = p
	return p, nil
}

// keep stores an encoded picture and forgets those least recently asked about if they are too many.
func (e *eyes) keep(s *sight) {
	e.seen[s.number] = s
	for e.bytes += s.bytes(); e.bytes > maxSights && len(e.seen) > 1; {
		oldest := s.number
		for n, o := range e.seen {
			if o.used < e.seen[oldest].used {
				oldest = n
			}
		}
		e.bytes -= e.seen[oldest].bytes()
		delete(e.seen, oldest)
	}
}
