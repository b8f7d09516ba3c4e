package image

import (
	"encoding/json"
	"fmt"
)

// Square is how SigLIP and Gemma 3 prepare pictures: stretched to the tower's square, whatever their shape. It follows transformers'
// SiglipImageProcessorPil and Gemma3ImageProcessorPil.
type Square struct {
	Processor
	PanAndScan bool `json:"do_pan_and_scan"` // of Gemma 3; off as published
}

// ParseSquare reads preprocessor_config.json for a tower that takes squares of edge pixels. A filter, mean and deviation that it leaves out are
// those given and SigLIP's.
func ParseSquare(config []byte, edge int, filter Filter) (Square, error) {
	c := Square{Processor: DefaultProcessor(filter, Half, Half)}
	c.Size = Edges{Height: edge, Width: edge}
	if err := json.Unmarshal(config, &c); err != nil {
		return c, fmt.Errorf("image: preprocessor_config.json: %w", err)
	}
	if !within(edge) || c.PanAndScan {
		return c, fmt.Errorf("image: preprocessor_config.json: want squares of 1 to %d pixels and no do_pan_and_scan, got %d and %v", largestEdge, edge, c.PanAndScan)
	}
	if err := c.square(edge); err != nil {
		return c, err
	}
	return c, c.check()
}

// Plan lays out a picture of the given upright size: one tile.
func (c Square) Plan(source Size) (*Plan, error) {
	if source.Width <= 0 || source.Height <= 0 {
		return nil, fmt.Errorf("image: plan: want a size of at least 1x1, got %v", source)
	}
	s := Size{c.Size.Width, c.Size.Height}
	return &Plan{Source: source, Scaled: []Size{s}, Filter: c.Resample, TileSize: s, Tiles: []Tile{{Size: s}}, Normalizer: c.normalizer()}, nil
}
