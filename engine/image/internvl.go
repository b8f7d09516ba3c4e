package image

import (
	"encoding/json"
	"fmt"
	"math"
)

// InternVL is how InternVL prepares pictures: stretched over the grid of tiles whose shape is nearest, and, if that has several, the whole in one
// more. It follows transformers' GotOcr2ImageProcessorPil with crop_to_patches, which InternVLProcessor always asks for.
type InternVL struct {
	Processor
	MinPatches int `json:"min_patches"`
	MaxPatches int `json:"max_patches"`
}

// maxGrid is the most tiles that a grid may have. Published models have 12.
const maxGrid = 256

// ParseInternVL reads preprocessor_config.json for a tower that takes squares of edge pixels. Fields it leaves out are as published.
func ParseInternVL(config []byte, edge int) (InternVL, error) {
	c := InternVL{
		Processor:  DefaultProcessor(Bicubic, [3]float32{0.485, 0.456, 0.406}, [3]float32{0.229, 0.224, 0.225}), // IMAGENET_DEFAULT_MEAN and _STD
		MinPatches: 1, MaxPatches: 12,
	}
	c.Size = Edges{Height: edge, Width: edge}
	if err := json.Unmarshal(config, &c); err != nil {
		return c, fmt.Errorf("image: preprocessor_config.json: %w", err)
	}
	if c.MinPatches < 1 || c.MaxPatches < c.MinPatches || c.MaxPatches > maxGrid {
		return c, fmt.Errorf("image: preprocessor_config.json: want 1 <= min_patches <= max_patches <= %d, got %d and %d", maxGrid, c.MinPatches, c.MaxPatches)
	}
	if err := c.square(edge); err != nil {
		return c, err
	}
	return c, c.Processor.check()
}

// Plan lays out a picture of the given upright size: the grid row by row, then the whole.
func (c InternVL) Plan(source Size) (*Plan, error) {
	if source.Width <= 0 || source.Height <= 0 {
		return nil, fmt.Errorf("image: plan: want a size of at least 1x1, got %v", source)
	}
	tile := Size{c.Size.Width, c.Size.Height}
	cols, rows := c.grid(source, tile)
	p := &Plan{Source: source, Filter: c.Resample, TileSize: tile, Thumbnail: true, Normalizer: c.normalizer()}
	if cols*rows > 1 {
		size := Size{cols * tile.Width, rows * tile.Height}
		p.Scaled = []Size{size}
		p.Tiles, p.Rows, p.Cols = Grid(size, tile)
	}
	p.Tiles = append(p.Tiles, Tile{Size: source})
	return p, nil
}

// grid is the numbers of columns and rows whose quotient is nearest to the picture's. Of equal ones it is a larger grid while half of that is
// no more than the picture has pixels.
func (c InternVL) grid(source, tile Size) (cols, rows int) {
	cols, rows = 1, 1
	aspect, best := float64(source.Width)/float64(source.Height), math.Inf(1)
	for tiles := c.MinPatches; tiles <= c.MaxPatches; tiles++ {
		for w := 1; w <= tiles; w++ {
			if tiles%w != 0 {
				continue
			}
			d := math.Abs(aspect - float64(w)/float64(tiles/w))
			if d < best || d == best && float64(source.Pixels()) > 0.5*float64(tile.Pixels()*int64(tiles)) {
				best, cols, rows = d, w, tiles/w
			}
		}
	}
	return cols, rows
}
