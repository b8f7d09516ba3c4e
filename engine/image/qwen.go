package image

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
)

// Qwen is how Qwen's vision-language models prepare pictures: scaled, up as well, to whole squares of patches, with a number of pixels between
// two bounds, and as near to its shape as that allows. It follows transformers' Qwen2VLImageProcessorPil.
type Qwen struct {
	Processor
	MinPixels int64 `json:"min_pixels"`
	MaxPixels int64 `json:"max_pixels"`
	PatchSize int   `json:"patch_size"`          // pixels
	Frames    int   `json:"temporal_patch_size"` // a picture is a video of one frame, repeated
	MergeSize int   `json:"merge_size"`          // patches along a side of a square
}

// mostPixels bounds what a preprocessor_config.json may scale a picture up to.
const mostPixels = 1 << 28

// ParseQwen reads preprocessor_config.json. Fields it leaves out are those of defaults, the family's published ones.
func ParseQwen(config []byte, defaults Qwen) (Qwen, error) {
	c := defaults
	c.MinPixels, c.MaxPixels = 0, 0
	if err := json.Unmarshal(config, &c); err != nil {
		return c, fmt.Errorf("image: preprocessor_config.json: %w", err)
	}
	// Older files have min_pixels and max_pixels, newer ones a size whose edges are counts of pixels.
	c.MinPixels = firstOf(c.MinPixels, int64(c.Size.ShortestEdge), defaults.MinPixels)
	c.MaxPixels = firstOf(c.MaxPixels, int64(c.Size.LongestEdge), defaults.MaxPixels)
	switch {
	case c.MinPixels < 1 || c.MaxPixels < c.MinPixels || c.MaxPixels > mostPixels:
		return c, fmt.Errorf("image: preprocessor_config.json: min_pixels and max_pixels: want them in order from 1 to %d, got %d and %d", mostPixels, c.MinPixels, c.MaxPixels)
	case c.PatchSize < 1 || c.PatchSize > 256 || c.MergeSize < 1 || c.MergeSize > 16 || c.Frames < 1 || c.Frames > 8:
		return c, fmt.Errorf("image: preprocessor_config.json: want a patch_size to 256, a merge_size to 16 and a temporal_patch_size to 8, got %d, %d and %d", c.PatchSize, c.MergeSize, c.Frames)
	case !c.DoResize:
		return c, fmt.Errorf("image: preprocessor_config.json: do_resize: want true, got false")
	}
	return c, c.Processor.check()
}

func firstOf(values ...int64) int64 {
	for _, v := range values {
		if v != 0 {
			return v
		}
	}
	return 0
}

// Limit bounds pixels and squares of a scaled picture, where they are not 0, below what they are. One square is always left.
func (c Qwen) Limit(pixels int64, squares int) Qwen {
	square := int64(c.PatchSize*c.MergeSize) * int64(c.PatchSize*c.MergeSize)
	if pixels > 0 {
		c.MaxPixels = min(c.MaxPixels, max(pixels, square))
	}
	if squares > 0 {
		c.MaxPixels = min(c.MaxPixels, int64(squares)*square)
	}
	c.MinPixels = min(c.MinPixels, c.MaxPixels)
	return c
}

// Scaled is the size to which a picture is scaled.
func (c Qwen) Scaled(s Size) (Size, error) {
	if s.Width <= 0 || s.Height <= 0 {
		return Size{}, fmt.Errorf("image: plan: want a size of at least 1x1, got %v", s)
	}
	const longest = 200 // times as long as wide: smart_resize
	if max(s.Width, s.Height) > longest*min(s.Width, s.Height) {
		return Size{}, fmt.Errorf("image: plan: want a picture at most %d times as long as wide, got %v: %w", longest, s, ErrTooLarge)
	}
	factor := float64(c.PatchSize * c.MergeSize)
	w, h := float64(s.Width), float64(s.Height)
	width, height := math.RoundToEven(w/factor)*factor, math.RoundToEven(h/factor)*factor
	switch most, least := float64(c.MaxPixels), float64(c.MinPixels); {
	case width*height > most:
		beta := math.Sqrt(h * w / most)
		width, height = max(factor, math.Floor(w/beta/factor)*factor), max(factor, math.Floor(h/beta/factor)*factor)
	case width*height < least:
		beta := math.Sqrt(least / (h * w))
		width, height = math.Ceil(w*beta/factor)*factor, math.Ceil(h*beta/factor)*factor
	}
	if width < 1 || height < 1 {
		return Size{}, fmt.Errorf("image: plan: want a picture that fills a square of %v pixels, got %v", factor, s)
	}
	return Size{int(width), int(height)}, nil
}

// Patches scales a picture and cuts it into flattened patches [3, Frames, PatchSize, PatchSize]: those of a square row by row, then the next
// square.
func (c Qwen) Patches(ctx context.Context, p *Picture, size Size) ([]float32, error) {
	p, err := Resize(ctx, p, size, c.Resample)
	if err != nil {
		return nil, err
	}
	table, side, n := c.normalizer().table(), c.PatchSize, 3*c.Frames*c.PatchSize*c.PatchSize
	out := make([]float32, size.Width/side*(size.Height/side)*n)
	square, across := c.MergeSize*c.MergeSize, size.Width/side/c.MergeSize
	err = eachRow(ctx, len(out)/n, func(i int) {
		s, in := i/square, i%square // square, and patch in it
		top, left := (s/across*c.MergeSize+in/c.MergeSize)*side, (s%across*c.MergeSize+in%c.MergeSize)*side
		patch := out[i*n : (i+1)*n]
		for channel := range 3 {
			first := patch[channel*c.Frames*side*side:]
			for y := range side {
				for x, row := 0, p.row(top + y)[3*left:]; x < side; x++ {
					first[y*side+x] = table[channel][row[3*x+channel]]
				}
			}
			for f := 1; f < c.Frames; f++ {
				copy(first[f*side*side:], first[:side*side])
			}
		}
	})
	return out, err
}
