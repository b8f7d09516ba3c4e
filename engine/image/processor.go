package image

import (
	"encoding/json"
	"fmt"
)

// Processor is what the image processors of all families have in common: fields of preprocessor_config.json.
type Processor struct {
	DoResize      bool       `json:"do_resize"`
	DoRescale     bool       `json:"do_rescale"`
	DoNormalize   bool       `json:"do_normalize"`
	Size          Edges      `json:"size"`
	Resample      Filter     `json:"resample"`
	RescaleFactor float64    `json:"rescale_factor"`
	ImageMean     [3]float32 `json:"image_mean"`
	ImageStd      [3]float32 `json:"image_std"`
}

// Means and standard deviations of processors: those of SigLIP, and CLIP's (OPENAI_CLIP_MEAN and OPENAI_CLIP_STD).
var (
	Half     = [3]float32{0.5, 0.5, 0.5}
	CLIPMean = [3]float32{0.48145466, 0.4578275, 0.40821073}
	CLIPStd  = [3]float32{0.26862954, 0.26130258, 0.27577711}
)

// DefaultProcessor is what they take for fields that are left out, but for the size.
func DefaultProcessor(f Filter, mean, std [3]float32) Processor {
	return Processor{DoResize: true, DoRescale: true, DoNormalize: true, Resample: f, RescaleFactor: 1.0 / 255, ImageMean: mean, ImageStd: std}
}

// Edges is transformers' size: one of its edges, or a height and width. An old file may have one number, for all of them.
type Edges struct {
	ShortestEdge int `json:"shortest_edge"`
	LongestEdge  int `json:"longest_edge"`
	Height       int `json:"height"`
	Width        int `json:"width"`
}

// UnmarshalJSON implements json.Unmarshaler.
func (e *Edges) UnmarshalJSON(data []byte) error {
	var n int
	if json.Unmarshal(data, &n) == nil {
		if n != 0 { // and not null
			*e = Edges{ShortestEdge: n, Height: n, Width: n}
		}
		return nil
	}
	type plain Edges
	*e = Edges{} // no default of a kind that the file does not name
	return json.Unmarshal(data, (*plain)(e))
}

// largestEdge is the longest edge that a picture is scaled to, in pixels.
const largestEdge = 1 << 14

func within(edge int) bool { return edge >= 1 && edge <= largestEdge }

func (c Processor) check() error {
	if weight, _ := c.Resample.kernel(); weight == nil {
		return fmt.Errorf("image: preprocessor_config.json: resample: want 1 (lanczos), 2 (bilinear) or 3 (bicubic), got %d", c.Resample)
	}
	for _, std := range c.ImageStd {
		if c.DoNormalize && std == 0 {
			return fmt.Errorf("image: preprocessor_config.json: image_std: want no zero, got %v", c.ImageStd)
		}
	}
	return nil
}

func (c Processor) normalizer() Normalizer {
	n := Normalizer{Scale: 1, Std: [3]float32{1, 1, 1}}
	if c.DoRescale {
		n.Scale = c.RescaleFactor
	}
	if c.DoNormalize {
		n.Mean, n.Std = c.ImageMean, c.ImageStd
	}
	return n
}

// square checks that pictures are resized to squares of edge pixels, and says otherwise what was found.
func (c Processor) square(edge int) error {
	if c.DoResize && c.Size.Height == edge && c.Size.Width == edge {
		return nil
	}
	return fmt.Errorf("image: preprocessor_config.json: size: want the tower's %dx%d, got %+v", edge, edge, c.Size)
}
