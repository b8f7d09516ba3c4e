package image

import (
	"encoding/json"
	"fmt"
	"math"
)

// Pixtral is how Pixtral and Mistral 3 prepare pictures: kept in their shape, shrunk to a longest edge, then stretched to whole patches. It
// follows transformers' PixtralImageProcessorPil.
type Pixtral struct {
	Processor
	Patch int `json:"-"` // pixels of a side of what becomes a row of features
}

// ParsePixtral reads preprocessor_config.json for rows of features of patch pixels a side. The longest edge, where the file leaves it out, is the
// tower's.
func ParsePixtral(config []byte, patch, edge int) (Pixtral, error) {
	c := Pixtral{Processor: DefaultProcessor(Bicubic, CLIPMean, CLIPStd), Patch: patch}
	c.Size = Edges{LongestEdge: edge}
	if err := json.Unmarshal(config, &c); err != nil {
		return c, fmt.Errorf("image: preprocessor_config.json: %w", err)
	}
	if !c.DoResize || !within(c.Size.LongestEdge) || !within(patch) || patch > c.Size.LongestEdge {
		return c, fmt.Errorf("image: preprocessor_config.json: want do_resize and a longest_edge of %d to %d, got %v and %+v", patch, largestEdge, c.DoResize, c.Size)
	}
	return c, c.Processor.check()
}

// Plan lays out a picture of the given upright size: one tile, of its own size.
func (c Pixtral) Plan(source Size) (*Plan, error) {
	if source.Width <= 0 || source.Height <= 0 {
		return nil, fmt.Errorf("image: plan: want a size of at least 1x1, got %v", source)
	}
	s, edge := source, float64(c.Size.LongestEdge)
	if ratio := max(float64(s.Height)/edge, float64(s.Width)/edge); ratio > 1 {
		s = Size{int(math.Floor(float64(s.Width) / ratio)), int(math.Floor(float64(s.Height) / ratio))}
	}
	up := func(n int) int { return max(1, (n+c.Patch-1)/c.Patch) * c.Patch }
	s = Size{up(s.Width), up(s.Height)}
	return &Plan{Source: source, Scaled: []Size{s}, Filter: c.Resample, TileSize: s, Tiles: []Tile{{Size: s}}, Normalizer: c.normalizer()}, nil
}
