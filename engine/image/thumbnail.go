package image

import (
	"bytes"
	"context"
	"fmt"
	stdimage "image"
	"image/jpeg"
)

// thumbnailQuality keeps the text of a shrunken screenshot free of visible rings.
const thumbnailQuality = 85

// Thumbnail returns a JPEG file of p that fits into a square of edge pixels. A smaller picture keeps its size.
func Thumbnail(ctx context.Context, p *Picture, edge int) ([]byte, error) {
	if edge <= 0 {
		return nil, fmt.Errorf("image: thumbnail: want an edge of at least 1 pixel, got %d", edge)
	}
	small, err := Resize(ctx, p, fit(p.Size, edge), Bicubic)
	if err != nil {
		return nil, err
	}
	img := stdimage.NewRGBA(stdimage.Rect(0, 0, small.Width, small.Height))
	for i := range small.Width * small.Height {
		copy(img.Pix[4*i:], small.Pix[3*i:3*i+3])
		img.Pix[4*i+3] = 255
	}
	var file bytes.Buffer
	if err := jpeg.Encode(&file, img, &jpeg.Options{Quality: thumbnailQuality}); err != nil {
		return nil, fmt.Errorf("image: thumbnail: %w", err)
	}
	return file.Bytes(), nil
}

// fit shrinks a size until its longer edge is at most edge, with the aspect ratio rounded to whole pixels.
func fit(s Size, edge int) Size {
	longest := max(s.Width, s.Height)
	if longest <= edge {
		return s
	}
	scaled := func(n int) int { return max((n*edge+longest/2)/longest, 1) }
	return Size{scaled(s.Width), scaled(s.Height)}
}
