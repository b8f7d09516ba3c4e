package pixtral

import (
	"context"

	"sightglass/engine/image"
	"sightglass/engine/model"
	"sightglass/engine/tensor"
	"sightglass/engine/token"
)

// Picture is the control token of PixtralProcessor that stands for a picture, and for each row of its features.
const Picture = "[IMG]"

// Control tokens that end a line of features, and the last.
const (
	lineEnd = "[IMG_BREAK]"
	end     = "[IMG_END]"
)

// Look plans how a picture is seen. The prompt has a line of picture tokens for each line of features.
func Look(c Config, prep image.Pixtral, size image.Size) (model.Look, error) {
	plan, err := prep.Plan(size)
	if err != nil {
		return model.Look{}, err
	}
	rows, cols := plan.TileSize.Height/prep.Patch, plan.TileSize.Width/prep.Patch
	l := model.Look{Scaled: plan.Size(), PictureToken: Picture, Tokens: rows * cols, Plan: plan,
		View: model.Geometry{plan.TileSize.Height / c.PatchSize, plan.TileSize.Width / c.PatchSize}} // patches down and across
	for row := range rows {
		for range cols {
			l.Prompt = append(l.Prompt, token.Segment{Text: Picture, Control: true})
		}
		last := lineEnd
		if row == rows-1 {
			last = end
		}
		l.Prompt = append(l.Prompt, token.Segment{Text: last, Control: true})
	}
	return l, nil
}

// Values are what the inputs hold for a picture.
func Values(ctx context.Context, c Config, p *image.Picture, l model.Look) ([]tensor.Array, error) {
	plan := l.Plan.(*image.Plan)
	tiles, err := plan.Pixels(ctx, p)
	if err != nil {
		return nil, err
	}
	cols := l.View[1]
	n := l.View[0] * cols
	at, zeros, all := make([]int32, 0, 2*n), make([]int32, n), make([]int32, n)
	for i := range n {
		at, all[i] = append(at, int32(i/cols), int32(i%cols)), int32(n)
	}
	return []tensor.Array{tensor.Of(image.Patches(tiles[0], plan.TileSize, c.PatchSize), n, c.PatchLen()), tensor.OfInts(at, n, 2),
		tensor.Of(c.frequencies(), 2, c.HiddenSize/c.Heads/2), tensor.OfInts(zeros, n), tensor.OfInts(all, n)}, nil
}
