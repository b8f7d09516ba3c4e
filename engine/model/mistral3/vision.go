package mistral3

import (
	"context"
	"fmt"

	"sightglass/engine/graph"
	"sightglass/engine/image"
	"sightglass/engine/model"
	"sightglass/engine/model/pixtral"
	"sightglass/engine/op"
	"sightglass/engine/tensor"
)

// Placeholder implements model.Vision.
func (m *Model) Placeholder() string { return pixtral.Picture }

// Key implements model.Vision.
func (m *Model) Key() string { return fmt.Sprintf("mistral3 %+v", m.prep) }

// Look implements model.Vision.
func (m *Model) Look(size image.Size) (model.Look, error) {
	return pixtral.Look(m.config.Vision, m.prep, size)
}

// Views implements model.Vision: one view.
func (m *Model) Views(ctx context.Context, p *image.Picture, l model.Look) ([]model.View, error) {
	in, err := pixtral.Values(ctx, m.config.Vision, p, l)
	if err != nil {
		return nil, err
	}
	g := l.View
	return []model.View{{Geometry: g, Inputs: append(in, tensor.OfInts(image.Squares(g[0], g[1], m.config.Merge), g[0]*g[1]))}}, nil
}

// Encoder implements model.Vision.
func (m *Model) Encoder(g model.Geometry, taps *[]*graph.Node) model.Encoder {
	n, square := g[0]*g[1], m.config.Merge*m.config.Merge
	in, order := pixtral.NewInputs(m.config.Vision, n), graph.Input("order", tensor.I32, n)
	p, c := m.Projector, m.config.Vision.HiddenSize
	h := op.Embedding(order, p.Norm.Forward(m.Tower.Forward(in, taps)))
	// The merger takes the patches of a square channel by channel.
	h = op.Reshape(op.Permute(op.Reshape(h, n/square, square, c), 0, 2, 1), n/square, c*square)
	h = p.Linear2.Forward(p.act(p.Linear1.Forward(p.Merger.Forward(h))))
	return model.Encoder{Inputs: append(in.List(), order), Features: h}
}

var _ model.Vision = (*Model)(nil)
