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

	Rows, Cols int    // of the tile grid; both 0 when the picture was not split
	Tiles      []Tile // in the order the model reads them: the grid row by row, then the view of the whole
	TileSize   Size   // every tile's
	Normalizer Normalizer
}

// Tile is a rectangle of the scaled picture, resized to the plan's TileSize where it has another size. No tile reaches over
// the picture's edge, so none is padded.
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
	return 3*(p.Source.Pixels()+largest) + 12*int64(len(p.Tiles))*p.TileSize.Pixels()
}

// Pixels carries the plan out on a picture of its source size. Each tile is [3, height, width] normalised float32.
func (p *Plan) Pixels(ctx context.Context, pic *Picture) ([][]float32, error) {
	if pic.Size != p.Source {
		return nil, fmt.Errorf("image: plan: want a picture of %v, got %v", p.Source, pic.Size)
	}
	for _, size := range p.Scaled {
		var err error
		if pic, err = Resize(ctx, pic, size, p.Filter); err != nil {
			return nil, err
		}
	}
	out := make([][]float32, len(p.Tiles))
	for i, t := range p.Tiles {
		cut, err := Resize(ctx, pic.crop(t), p.TileSize, p.Filter)
		if err != nil {
			return nil, err
		}
		if out[i], err = p.Normalizer.apply(ctx, cut); err != nil {
			return nil, err
		}
	}
	return out, nil
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
