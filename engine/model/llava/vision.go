package llava

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"sightglass/engine/image"
	"sightglass/engine/model"
	"sightglass/engine/model/clip"
	"sightglass/engine/model/siglip"
	"sightglass/engine/tensor"
	"sightglass/engine/token"
)

// picture is the control token that stands for a picture, and for each row of its features.
const picture = "<image>"

// Placeholder implements model.Vision.
func (m *Model) Placeholder() string { return picture }

// Key implements model.Vision.
func (m *Model) Key() string { return fmt.Sprintf("llava %+v", m.prep) }

// Look implements model.Vision.
func (m *Model) Look(size image.Size) (model.Look, error) {
	plan, err := m.prep.Plan(size)
	if err != nil {
		return model.Look{}, err
	}
	side := m.config.Vision.Grid()
	tokens := len(m.config.picks())
	if m.Newline != nil {
		r := m.seen(plan)
		tokens += r.Height * (r.Width + 1)
	}
	return model.Look{Scaled: plan.Size(), Rows: plan.Rows, Cols: plan.Cols, PictureToken: picture, Tokens: tokens, Plan: plan, View: model.Geometry{side, side},
		Prompt: slices.Repeat([]token.Segment{{Text: picture, Control: true}}, tokens)}, nil
}

// Views implements model.Vision: one view a tile.
func (m *Model) Views(ctx context.Context, p *image.Picture, l model.Look) ([]model.View, error) {
	plan, rows := l.Plan.(*image.Plan), m.config.picks()
	picks := tensor.OfInts(rows, len(rows))
	if m.SigLIP != nil {
		tiles, err := siglip.Tiles(ctx, m.config.Vision, plan, p)
		if err != nil {
			return nil, err
		}
		return []model.View{{Geometry: l.View, Inputs: append(tiles[0], picks)}}, nil
	}
	tiles, err := plan.Pixels(ctx, p)
	if err != nil {
		return nil, err
	}
	c, grid := m.config.Vision, m.config.Vision.Grid()
	n := grid * grid
	views := make([]model.View, len(tiles))
	for i, t := range tiles {
		patches := tensor.Of(image.Patches(t, plan.TileSize, c.PatchSize), n, c.PatchLen())
		views[i] = model.View{Geometry: l.View, Inputs: append(clip.Values(patches), picks)}
	}
	return views, nil
}

// seen is the part of the grid's patches that shows picture and not the black around it.
func (m *Model) seen(p *image.Plan) image.Tile {
	side := m.config.Vision.Grid()
	all := image.Size{Width: p.Cols * side, Height: p.Rows * side}
	t := image.Tile{Size: all}
	source, w, h := p.Source, float64(p.Source.Width), float64(p.Source.Height)
	if w/h > float64(all.Width)/float64(all.Height) {
		t.Y = (all.Height - scaled(source.Height, float64(all.Width)/w)) / 2
		t.Height -= 2 * t.Y
	} else {
		t.X = (all.Width - scaled(source.Width, float64(all.Height)/h)) / 2
		t.Width -= 2 * t.X
	}
	return t
}

// scaled is n by a factor, rounded as transformers does: to 7 places, then down.
func scaled(n int, by float64) int {
	v, _ := strconv.ParseFloat(strconv.FormatFloat(float64(n)*by, 'f', 7, 64), 64)
	return int(v)
}

// Arrange implements model.Arranger: rows of the whole come first, then those of the grid, line by line across its tiles, without what is
// black. A newline ends each line.
func (m *Model) Arrange(l model.Look, rows [][]float32) [][]float32 {
	if m.Newline == nil {
		return rows
	}
	plan, side := l.Plan.(*image.Plan), m.config.Vision.Grid()
	newline := m.Newline.Array().F32()
	out := slices.Clone(rows[:side*side])
	r := m.seen(plan)
	for y := r.Y; y < r.Y+r.Height; y++ {
		for x := r.X; x < r.X+r.Width; x++ {
			tile := 1 + y/side*plan.Cols + x/side
			out = append(out, rows[(tile*side+y%side)*side+x%side])
		}
		out = append(out, newline)
	}
	return out
}

var (
	_ model.Vision   = (*Model)(nil)
	_ model.Arranger = (*Model)(nil)
)
