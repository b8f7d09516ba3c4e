package idefics3

import (
	"context"
	"fmt"

	"sightglass/engine/graph"
	"sightglass/engine/image"
	"sightglass/engine/model"
	"sightglass/engine/model/siglip"
	"sightglass/engine/op"
	"sightglass/engine/tensor"
	"sightglass/engine/token"
)

// Control tokens of Idefics3Processor.
const (
	picture  = "<image>"
	fake     = "<fake_token_around_image>"
	global   = "<global-img>"
	position = "<row_%d_col_%d>"
)

// Placeholder implements model.Vision.
func (m *Model) Placeholder() string { return picture }

// Key implements model.Vision.
func (m *Model) Key() string { return fmt.Sprintf("idefics3 %+v", m.prep) }

// rows is the number of feature rows of a tile.
func (m *Model) rows() int {
	side := m.config.Vision.Grid() / m.config.ScaleFactor
	return side * side
}

// Look implements model.Vision.
func (m *Model) Look(size image.Size) (model.Look, error) {
	plan, err := m.prep.Plan(size)
	if err != nil {
		return model.Look{}, err
	}
	l := model.Look{Scaled: plan.Size(), Rows: plan.Rows, Cols: plan.Cols, PictureToken: picture, Tokens: len(plan.Tiles) * m.rows(), Plan: plan,
		View: model.Geometry{m.config.Vision.Grid(), m.config.Vision.Grid()}}
	for _, t := range plan.Tiles {
		l.Prompt = append(l.Prompt, m.prompt(plan, t)...)
	}
	l.Prompt = append(l.Prompt, token.Segment{Text: fake, Control: true})
	return l, nil
}

// prompt is what the processor writes for one tile: each row of tiles ends with a line break, and so does the grid.
func (m *Model) prompt(p *image.Plan, t image.Tile) []token.Segment {
	var s []token.Segment
	name := fmt.Sprintf(position, t.Row, t.Col)
	if t.Whole() {
		name = global
		if p.Rows > 0 {
			s = append(s, token.Segment{Text: "\n"})
		}
	}
	s = append(s, token.Segment{Text: fake, Control: true}, token.Segment{Text: name, Control: true})
	for range m.rows() {
		s = append(s, token.Segment{Text: picture, Control: true})
	}
	if !t.Whole() && t.Col == p.Cols {
		s = append(s, token.Segment{Text: "\n"})
	}
	return s
}

// Views implements model.Vision: one view a tile.
func (m *Model) Views(ctx context.Context, p *image.Picture, l model.Look) ([]model.View, error) {
	plan := l.Plan.(*image.Plan)
	tiles, err := plan.Pixels(ctx, p)
	if err != nil {
		return nil, err
	}
	c, grid := m.config.Vision, m.config.Vision.Grid()
	n := grid * grid
	places, order := image.FractionalPositions(grid, grid, grid), tensor.OfInts(image.Squares(grid, grid, m.config.ScaleFactor), n)
	views := make([]model.View, len(tiles))
	for i, t := range tiles {
		patches := tensor.Of(image.Patches(t, plan.TileSize, c.PatchSize), n, c.PatchLen())
		views[i] = model.View{Geometry: model.Geometry{grid, grid}, Inputs: append(siglip.Values(patches, places), order)}
	}
	return views, nil
}

// Encoder implements model.Vision.
func (m *Model) Encoder(g model.Geometry, taps *[]*graph.Node) model.Encoder {
	n := g[0] * g[1]
	in := siglip.NewInputs(m.config.Vision, n)
	order := graph.Input("order", tensor.I32, n)
	h := m.Tower.Forward(in, taps)
	s := m.config.ScaleFactor
	h = op.Reshape(op.Embedding(order, h), n/(s*s), h.Dim(1)*s*s)
	return model.Encoder{
		Inputs:   append(in.List(), order),
		Features: m.Projector.Forward(h),
	}
}

var _ model.Vision = (*Model)(nil)
