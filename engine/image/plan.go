package image

import (
	"context"
	"fmt"
)

// Plan says how a picture of one size becomes tiles. It is plain numbers: making one allocates no pixels, so a caller can
// refuse a picture, count its tokens and estimate memory first.
type Plan struct {
	Source Size   // of the upright picture
	Scaled []Size // the sizes it is resized to, in order; tiles are cut from the last, or from the source when there are none
	Filter Filter // of every resize
	// Canvas, unless it is zero, is black and carries the scaled picture in its middle; tiles are cut from it.
	Canvas Size
	// Thumbnail says that views of the whole picture are made from the source and not from the scaled picture.
	Thumbnail bool

	Rows, Cols int    // of the tile grid; both 0 when the picture was not split
	Tiles      []Tile // in the order the model reads them
	TileSize   Size   // every tile's
	Normalizer Normalizer
}

// Tile is a rectangle of the scaled picture or its canvas, resized to the plan's TileSize where it has another size. No tile reaches over
// the edge.
type Tile struct {
	X, Y int
	Size
	Row, Col int // place in the grid, from 1; both 0 for a view of the whole picture
}

// Whole reports whether the tile is a view of the whole picture and not a part of the grid.
func (t Tile) Whole() bool { return t.Row == 0 }

// Grid cuts size into tiles of one size, row by row. What is left over at the right and bottom is not covered.
func Grid(size, tile Size) (tiles []Tile, rows, cols int) {
	rows, cols = size.Height/tile.Height, size.Width/tile.Width
	for r := range rows {
		for c := range cols {
			tiles = append(tiles, Tile{X: c * tile.Width, Y: r * tile.Height, Size: tile, Row: r + 1, Col: c + 1})
		}
	}
	return tiles, rows, cols
}

// Size is the size tiles are cut from.
func (p *Plan) Size() Size {
	if len(p.Scaled) == 0 {
		return p.Source
	}
	return p.Scaled[len(p.Scaled)-1]
}

// Bytes estimates the most memory Pixels holds at once: the source, two pictures of the largest step, and all tiles.
func (p *Plan) Bytes() int64 {
	from, largest := p.Source, int64(0)
	for _, to := range append(p.Scaled[:len(p.Scaled):len(p.Scaled)], p.TileSize) {
		between := max(Size{to.Width, from.Height}.Pixels(), Size{from.Width, to.Height}.Pixels())
		largest = max(largest, between+to.Pixels())
		from = to
	}
	return 3*(p.Source.Pixels()+largest+p.Canvas.Pixels()) + 12*int64(len(p.Tiles))*p.TileSize.Pixels()
}

// Pixels carries the plan out on a picture of its source size. Each tile is [3, height, width] normalised float32.
func (p *Plan) Pixels(ctx context.Context, pic *Picture) ([][]float32, error) {
	if pic.Size != p.Source {
		return nil, fmt.Errorf("image: plan: want a picture of %v, got %v", p.Source, pic.Size)
	}
	source := pic
	for _, size := range p.Scaled {
		var err error
		if pic, err = Resize(ctx, pic, size, p.Filter); err != nil {
			return nil, err
		}
	}
	pic = pic.on(p.Canvas)
	out := make([][]float32, len(p.Tiles))
	for i, t := range p.Tiles {
		from := pic
		if p.Thumbnail && t.Whole() {
			from = source
		}
		cut, err := Resize(ctx, from.crop(t), p.TileSize, p.Filter)
		if err != nil {
			return nil, err
		}
		if out[i], err = p.Normalizer.apply(ctx, cut); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// on returns p in the middle of black of the given size, a pixel more of it at the right and bottom where it is odd; p itself where the size is
// zero or that of p.
func (p *Picture) on(size Size) *Picture {
	if size == (Size{}) || size == p.Size {
		return p
	}
	canvas := NewPicture(size)
	left, top := (size.Width-p.Width)/2, (size.Height-p.Height)/2
	for y := range p.Height {
		copy(canvas.row(top + y)[3*left:], p.row(y))
	}
	return canvas
}

// crop returns the part of p that t covers, p itself where that is all of it.
func (p *Picture) crop(t Tile) *Picture {
	if t.Size == p.Size {
		return p
	}
	cut := NewPicture(t.Size)
	for y := range t.Height {
		copy(cut.row(y), p.row(t.Y + y)[3*t.X:])
	}
	return cut
}
