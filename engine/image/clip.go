package image

import (
	"encoding/json"
	"fmt"
)

// CLIP is how CLIP and LLaVA prepare pictures: the shorter edge is scaled, up as well, and the middle cut out. It follows transformers'
// CLIPImageProcessorPil.
type CLIP struct {
	Processor
	DoCenterCrop bool  `json:"do_center_crop"`
	DoPad        bool  `json:"do_pad"`
	CropSize     Edges `json:"crop_size"`
}

// ParseCLIP reads preprocessor_config.json for a tower that takes squares of edge pixels. Fields it leaves out have the defaults of
// CLIPImageProcessor, but for the sizes, which are the tower's.
func ParseCLIP(config []byte, edge int) (CLIP, error) {
	c := CLIP{Processor: DefaultProcessor(Bicubic, CLIPMean, CLIPStd), DoCenterCrop: true, CropSize: Edges{Height: edge, Width: edge}}
	c.Size = Edges{ShortestEdge: edge}
	if err := json.Unmarshal(config, &c); err != nil {
		return c, fmt.Errorf("image: preprocessor_config.json: %w", err)
	}
	switch {
	case !c.DoResize || !c.DoCenterCrop:
		return c, fmt.Errorf("image: preprocessor_config.json: want do_resize and do_center_crop, got %v and %v", c.DoResize, c.DoCenterCrop)
	case c.CropSize.Height != edge || c.CropSize.Width != edge || !within(edge):
		return c, fmt.Errorf("image: preprocessor_config.json: crop_size: want the tower's %dx%d, got %+v", edge, edge, c.CropSize)
	case c.Size.ShortestEdge < edge || c.Size.LongestEdge != 0 || !within(c.Size.ShortestEdge):
		return c, fmt.Errorf("image: preprocessor_config.json: size: want a shortest_edge of %d or more, got %+v", edge, c.Size)
	}
	return c, c.Processor.check()
}

// Plan lays out a picture of the given upright size: one tile.
func (c CLIP) Plan(source Size) (*Plan, error) {
	if c.DoPad {
		return nil, fmt.Errorf("image: preprocessor_config.json: do_pad: want false, got true")
	}
	scaled, err := shortest(source, c.Size.ShortestEdge)
	if err != nil {
		return nil, err
	}
	tile := Size{c.CropSize.Width, c.CropSize.Height}
	return &Plan{
		Source: source, Scaled: []Size{scaled}, Filter: c.Resample, TileSize: tile, Normalizer: c.normalizer(),
		Tiles: []Tile{{X: (scaled.Width - tile.Width) / 2, Y: (scaled.Height - tile.Height) / 2, Size: tile}},
	}, nil
}

// shortest scales a size until its shorter edge is edge. The other one is rounded down, as in transformers.
func shortest(s Size, edge int) (Size, error) {
	if s.Width <= 0 || s.Height <= 0 {
		return s, fmt.Errorf("image: plan: want a size of at least 1x1, got %v", s)
	}
	long, short := max(s.Width, s.Height), min(s.Width, s.Height)
	other := int(float64(edge*long) / float64(short))
	if other > largestEdge {
		return s, fmt.Errorf("image: plan: want a picture at most %d times as long as wide, got %v: %w", largestEdge/edge, s, ErrTooLarge)
	}
	if s.Width <= s.Height {
		return Size{edge, other}, nil
	}
	return Size{other, edge}, nil
}
