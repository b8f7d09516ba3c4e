package qwenvl

import (
	"context"
	"fmt"
	"slices"

	"sightglass/engine/graph"
	"sightglass/engine/image"
	"sightglass/engine/model"
	"sightglass/engine/token"
)

// picture is the control token that stands for a picture, and for each row of its features. The template writes the ones around it.
const picture = "<|image_pad|>"

// Placeholder implements model.Vision.
func (m *Model) Placeholder() string { return picture }

// Key implements model.Vision.
func (m *Model) Key() string { return fmt.Sprintf("qwenvl %+v", m.prep) }

// Look implements model.Vision.
func (m *Model) Look(size image.Size) (model.Look, error) {
	scaled, err := m.prep.Scaled(size)
	if err != nil {
		return model.Look{}, err
	}
	square := m.prep.PatchSize * m.prep.MergeSize
	grid := [2]int{scaled.Height / square, scaled.Width / square}
	tokens := grid[0] * grid[1]
	return model.Look{Scaled: scaled, PictureToken: picture, Tokens: tokens, Grid: grid, View: m.geometry(grid),
		Prompt: slices.Repeat([]token.Segment{{Text: picture, Control: true}}, tokens)}, nil
}

// Views implements model.Vision: a picture is seen at once.
func (m *Model) Views(ctx context.Context, p *image.Picture, l model.Look) ([]model.View, error) {
	patches, err := m.prep.Patches(ctx, p, l.Scaled)
	if err != nil {
		return nil, err
	}
	return []model.View{{Geometry: l.View, Inputs: m.Tower.Values(patches, l.View)}}, nil
}

// geometry is how many patches are down and across a grid of squares.
func (m *Model) geometry(grid [2]int) model.Geometry {
	return model.Geometry{grid[0] * m.tower.Merge, grid[1] * m.tower.Merge}
}

// Limit implements model.Resizer.
func (m *Model) Limit(pixels int64, tokens int) { m.prep = m.prep.Limit(pixels, tokens) }

// Encoder implements model.Vision.
func (m *Model) Encoder(g model.Geometry, taps *[]*graph.Node) model.Encoder {
	in := m.Tower.Inputs(g)
	features, deep := m.Tower.Forward(in, taps)
	return model.Encoder{Inputs: in.List(), Features: features, Deep: deep}
}

var (
	_ model.Vision  = (*Model)(nil)
	_ model.Resizer = (*Model)(nil)
)
