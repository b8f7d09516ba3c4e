package gemma3

import (
	"context"
	"fmt"
	"slices"

	"sightglass/engine/image"
	"sightglass/engine/model"
	"sightglass/engine/model/siglip"
	"sightglass/engine/tensor"
	"sightglass/engine/token"
)

// Control tokens of Gemma3Processor.
const (
	begin   = "<start_of_image>" // stands for a picture in the template
	picture = "<image_soft_token>"
	end     = "<end_of_image>"
)

// Placeholder implements model.Vision.
func (m *Model) Placeholder() string { return begin }

// Key implements model.Vision.
func (m *Model) Key() string { return fmt.Sprintf("gemma3 %+v", m.prep) }

// Look implements model.Vision.
func (m *Model) Look(size image.Size) (model.Look, error) {
	plan, err := m.prep.Plan(size)
	if err != nil {
		return model.Look{}, err
	}
	grid := m.vision.Grid()
	tokens := grid * grid / (m.square * m.square)
	prompt := []token.Segment{{Text: "\n\n"}, {Text: begin, Control: true}}
	prompt = append(prompt, slices.Repeat([]token.Segment{{Text: picture, Control: true}}, tokens)...)
	prompt = append(prompt, token.Segment{Text: end, Control: true}, token.Segment{Text: "\n\n"})
	return model.Look{Scaled: plan.Size(), PictureToken: picture, Tokens: tokens, Plan: plan, View: model.Geometry{grid, grid}, Prompt: prompt}, nil
}

// Views implements model.Vision: one view.
func (m *Model) Views(ctx context.Context, p *image.Picture, l model.Look) ([]model.View, error) {
	tiles, err := siglip.Tiles(ctx, m.vision, l.Plan.(*image.Plan), p)
	if err != nil {
		return nil, err
	}
	grid := m.vision.Grid()
	rows := make([]int32, m.vision.HiddenSize) // all, in turn
	for i := range rows {
		rows[i] = int32(i)
	}
	order := tensor.OfInts(image.Squares(grid, grid, m.square), grid*grid)
	return []model.View{{Geometry: l.View, Inputs: append(tiles[0], order, tensor.OfInts(rows, len(rows)))}}, nil
}

var _ model.Vision = (*Model)(nil)
