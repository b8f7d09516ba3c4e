package mistral3

import (
	"context"
	"fmt"

	"sightglass/engine/graph"
	"sightglass/engine/image"
	"sightglass/engine/model"
	"sightglass/engine/op"
	"sightglass/engine/tensor"
	"sightglass/engine/token"
)

// Control tokens of PixtralProcessor.
const (
	picture = "[IMG]"
	lineEnd = "[IMG_BREAK]"
	end     = "[IMG_END]"
)

// Placeholder implements model.Vision.
func (m *Model) Placeholder() string { return picture }

// Key implements model.Vision.
func (m *Model) Key() string { return fmt.Sprintf("mistral3 %+v", m.prep) }

// Look implements model.Vision. The prompt has a line of picture tokens for each line of features.
func (m *Model) Look(size image.Size) (model.Look, error) {
	plan, err := m.prep.Plan(size)
	if err != nil {
		return model.Look{}, err
	}
	rows, cols := plan.TileSize.Height/m.prep.Patch, plan.TileSize.Width/m.prep.Patch
	l := model.Look{Scaled: plan.Size(), PictureToken: picture, Tokens: rows * cols, Plan: plan, View: m.geometry(plan)}
	for row := range rows {
		for range cols {
			l.Prompt = append(l.Prompt, token.Segment{Text: picture, Control: true})
		}
		last := lineEnd
		if row == rows-1 {
			last = end
		}
		l.Prompt = append(l.Prompt, token.Segment{Text: last, Control: true})
	}
	return l, nil
}

// Views implements model.Vision: one view.
func (m *Model) Views(ctx context.Context, p *image.Picture, l model.Look) ([]model.View, error) {
	plan := l.Plan.(*image.Plan)
	tiles, err := plan.Pixels(ctx, p)
	if err != nil {
		return nil, err
	}
	c := m.config.Vision
	g := m.geometry(plan)
	rows, cols := g[0], g[1]
	n := rows * cols
	at, zeros, all := make([]int32, 0, 2*n), make([]int32, n), make([]int32, n)
	for i := range n {
		at, all[i] = append(at, int32(i/cols), int32(i%cols)), int32(n)
	}
	return []model.View{{Geometry: g, Inputs: []tensor.Array{
		tensor.Of(image.Patches(tiles[0], plan.TileSize, c.PatchSize), n, c.PatchLen()), tensor.OfInts(at, n, 2),
		tensor.Of(c.frequencies(), 2, c.HiddenSize/c.Heads/2), tensor.OfInts(zeros, n), tensor.OfInts(all, n),
		tensor.OfInts(image.Squares(rows, cols, m.config.Merge), n),
	}}}, nil
}

// geometry is the patches down and across.
func (m *Model) geometry(plan *image.Plan) model.Geometry {
	return model.Geometry{plan.TileSize.Height / m.config.Vision.PatchSize, plan.TileSize.Width / m.config.Vision.PatchSize}
}

// Encoder implements model.Vision.
func (m *Model) Encoder(g model.Geometry, taps *[]*graph.Node) model.Encoder {
	n, square := g[0]*g[1], m.config.Merge*m.config.Merge
	in, order := newInputs(m.config.Vision, n), graph.Input("order", tensor.I32, n)
	p, c := m.Projector, m.config.Vision.HiddenSize
	h := op.Embedding(order, p.Norm.Forward(m.Tower.forward(in, taps)))
	// The merger takes the patches of a square channel by channel.
	h = op.Reshape(op.Permute(op.Reshape(h, n/square, square, c), 0, 2, 1), n/square, c*square)
	h = p.Linear2.Forward(p.act(p.Linear1.Forward(p.Merger.Forward(h))))
	return model.Encoder{Inputs: []*graph.Node{in.patches, in.at, in.freqs, in.seq, in.len, order}, Features: h}
}

var _ model.Vision = (*Model)(nil)
