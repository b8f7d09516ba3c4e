package internvl

import (
	"context"
	"fmt"
	"slices"

	"sightglass/engine/graph"
	"sightglass/engine/image"
	"sightglass/engine/model"
	"sightglass/engine/model/clip"
	"sightglass/engine/op"
	"sightglass/engine/tensor"
	"sightglass/engine/token"
)

// Control tokens of InternVLProcessor.
const (
	picture = "<IMG_CONTEXT>"
	begin   = "<img>"
	end     = "</img>"
)

// Placeholder implements model.Vision.
func (m *Model) Placeholder() string { return picture }

// Key implements model.Vision.
func (m *Model) Key() string { return fmt.Sprintf("internvl %+v", m.prep) }

// Look implements model.Vision.
func (m *Model) Look(size image.Size) (model.Look, error) {
	plan, err := m.prep.Plan(size)
	if err != nil {
		return model.Look{}, err
	}
	rows := m.vision.Grid() / m.side
	tokens := len(plan.Tiles) * rows * rows
	control := func(s string) []token.Segment { return []token.Segment{{Text: s, Control: true}} }
	return model.Look{Scaled: plan.Size(), Rows: plan.Rows, Cols: plan.Cols, PictureToken: picture, Tokens: tokens, Plan: plan,
		View:   model.Geometry{m.vision.Grid(), m.vision.Grid()},
		Prompt: slices.Concat(control(begin), slices.Repeat(control(picture), tokens), control(end))}, nil
}

// Views implements model.Vision: one view a tile.
func (m *Model) Views(ctx context.Context, p *image.Picture, l model.Look) ([]model.View, error) {
	plan := l.Plan.(*image.Plan)
	tiles, err := plan.Pixels(ctx, p)
	if err != nil {
		return nil, err
	}
	c, grid := m.vision, m.vision.Grid()
	n := grid * grid
	order := image.Squares(grid, grid, m.side)
	for i := range order {
		order[i]++ // behind the class token
	}
	const places = 1 // of CLIP's inputs: the table here is never looked up
	views := make([]model.View, len(tiles))
	for i, t := range tiles {
		patches := tensor.Of(image.Patches(t, plan.TileSize, c.Config.PatchSize), n, c.PatchLen())
		views[i] = model.View{Geometry: model.Geometry{grid, grid}, Inputs: append(slices.Delete(clip.Values(patches), places, places+1), tensor.OfInts(order, n))}
	}
	return views, nil
}

// Encoder implements model.Vision.
func (m *Model) Encoder(g model.Geometry, taps *[]*graph.Node) model.Encoder {
	n := g[0] * g[1]
	in := clip.NewInputs(m.vision.Config, n)
	order := graph.Input("order", tensor.I32, n)
	h := op.Embedding(order, m.Tower.forward(in, taps))
	square := m.side * m.side
	h = op.Reshape(h, n/square, h.Dim(1)*square)
	return model.Encoder{Inputs: []*graph.Node{in.Patches, in.Rows, in.Seq, in.Len, order}, Features: m.Projector.Forward(h)}
}

var _ model.Vision = (*Model)(nil)
