package image

import (
	"encoding/json"
	"fmt"
	"math"
)

// LlavaNext is how LLaVA-NeXT prepares pictures: one view of the whole, stretched to a square, then the tiles of the grid that wastes least of
// the picture's resolution, with the picture in the middle of black. It follows transformers' LlavaNextImageProcessorPil.
type LlavaNext struct {
	CLIP
	// Pinpoints are the heights and widths, in pixels, that a grid may have.
	Pinpoints [][2]int `json:"image_grid_pinpoints"`
}

// ParseLlavaNext reads preprocessor_config.json for a tower that takes squares of edge pixels. pinpoints are those of config.json.
func ParseLlavaNext(config []byte, edge int, pinpoints [][2]int) (LlavaNext, error) {
	clip, err := ParseCLIP(config, edge)
	if err != nil {
		return LlavaNext{}, err
	}
	c := LlavaNext{CLIP: clip, Pinpoints: pinpoints}
	var own struct {
		Pinpoints [][2]int `json:"image_grid_pinpoints"`
	}
	if err := json.Unmarshal(config, &own); err != nil {
		return c, fmt.Errorf("image: preprocessor_config.json: %w", err)
	}
	if own.Pinpoints != nil {
		c.Pinpoints = own.Pinpoints
	}
	if c.Size.ShortestEdge != edge {
		return c, fmt.Errorf("image: preprocessor_config.json: size: want the tower's %d, got %+v", edge, c.Size)
	}
	if len(c.Pinpoints) == 0 {
		return c, fmt.Errorf("image: image_grid_pinpoints: want sizes, got none")
	}
	for _, p := range c.Pinpoints {
		if !within(p[0]) || !within(p[1]) || p[0]%edge != 0 || p[1]%edge != 0 {
			return c, fmt.Errorf("image: image_grid_pinpoints: want multiples of the tower's %d, got %v", edge, p)
		}
	}
	return c, nil
}

// Plan lays out a picture of the given upright size: the view of the whole, then the grid.
func (c LlavaNext) Plan(source Size) (*Plan, error) {
	if source.Width <= 0 || source.Height <= 0 {
		return nil, fmt.Errorf("image: plan: want a size of at least 1x1, got %v", source)
	}
	tile := Size{c.CropSize.Width, c.CropSize.Height}
	canvas := c.canvas(source)
	p := &Plan{Source: source, Scaled: []Size{fitInto(source, canvas)}, Canvas: canvas, Thumbnail: true, Filter: c.Resample, TileSize: tile, Normalizer: c.normalizer()}
	p.Tiles = []Tile{{Size: source}}
	grid, rows, cols := Grid(canvas, tile)
	p.Tiles, p.Rows, p.Cols = append(p.Tiles, grid...), rows, cols
	return p, nil
}

// canvas is the size of Pinpoints that keeps most pixels of the picture, and of those the one that leaves fewest empty.
func (c LlavaNext) canvas(s Size) Size {
	var best Size
	most, least := int64(0), int64(math.MaxInt64)
	for _, p := range c.Pinpoints {
		height, width := p[0], p[1]
		scale := min(float64(width)/float64(s.Width), float64(height)/float64(s.Height))
		down := Size{int(float64(s.Width) * scale), int(float64(s.Height) * scale)}
		kept := min(down.Pixels(), s.Pixels())
		empty := int64(width)*int64(height) - kept
		if kept > most || kept == most && empty < least {
			most, least, best = kept, empty, Size{width, height}
		}
	}
	if best == (Size{}) { // a line so thin that no grid keeps any of it
		best = Size{c.Pinpoints[0][1], c.Pinpoints[0][0]}
	}
	return best
}

// fitInto scales a size, up as well, until it fits; the edge that does not touch is rounded up.
func fitInto(s, into Size) Size {
	x, y := float64(into.Width)/float64(s.Width), float64(into.Height)/float64(s.Height)
	if x < y {
		return Size{into.Width, min(int(math.Ceil(float64(s.Height)*x)), into.Height)}
	}
	return Size{min(int(math.Ceil(float64(s.Width)*y)), into.Width), into.Height}
}
