package image

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
)

// Idefics3 is how Idefics3 and SmolVLM prepare pictures: the fields of their preprocessor_config.json that matter. It follows
// transformers' Idefics3ImageProcessorPil.
//
// A picture is scaled, up as well, until its longer edge is Size.LongestEdge. With DoImageSplitting it is then stretched to
// whole multiples of S = MaxImageSize.LongestEdge and cut into tiles of S x S, followed by the whole picture squeezed into one
// more; a picture that is S x S by then is that one tile, unsplit. Without splitting the whole picture, of whatever shape, is
// squeezed into one S x S tile. So every tile is S x S and full: the pixel mask that transformers pads with is all ones.
//
// TileReach and WholeReach are our own fields, of the built-in model, and go before Size: a width of at most WholeReach.Width pixels is one tile
// (TileReach, where that is 0), and a wider picture is as many, at least two, as cover it when a tile covers at most TileReach of its pixels;
// likewise its height; but it becomes no more than 3 x 2. transformers does the same when it is called with that size, a height and width.
type Idefics3 struct {
	Processor
	DoImageSplitting bool  `json:"do_image_splitting"`
	MaxImageSize     Edges `json:"max_image_size"`
	TileReach        int   `json:"tile_reach"`
	WholeReach       Edges `json:"whole_reach"`
}

const idefics3MaxEdge = 4096 // MAX_IMAGE_SIZE, image_processing_idefics3.py

// ParseIdefics3 reads preprocessor_config.json. Fields it leaves out have the defaults of Idefics3ImageProcessor.
func ParseIdefics3(config []byte) (Idefics3, error) {
	c := Idefics3{Processor: DefaultProcessor(Lanczos, Half, Half), DoImageSplitting: true}
	if err := json.Unmarshal(config, &c); err != nil {
		return c, fmt.Errorf("image: preprocessor_config.json: %w", err)
	}
	if c.Size == (Edges{}) {
		c.Size.LongestEdge = 4 * 364
	}
	if c.MaxImageSize == (Edges{}) {
		c.MaxImageSize.LongestEdge = 364
	}
	return c, c.check()
}

func (c Idefics3) check() error {
	if !within(c.MaxImageSize.LongestEdge) {
		return fmt.Errorf("image: preprocessor_config.json: max_image_size.longest_edge: want 1 to %d, got %d",
			largestEdge, c.MaxImageSize.LongestEdge)
	}
	if c.DoResize && !within(c.Size.LongestEdge) && !(c.Size.LongestEdge == 0 && within(c.Size.Height) && within(c.Size.Width)) {
		return fmt.Errorf("image: preprocessor_config.json: size: want a longest_edge, or a height and width, of 1 to %d, got %+v",
			largestEdge, c.Size)
	}
	if c.TileReach != 0 && !within(c.TileReach) {
		return fmt.Errorf("image: preprocessor_config.json: tile_reach: want 1 to %d, got %d", largestEdge, c.TileReach)
	}
	for _, n := range []int{c.WholeReach.Width, c.WholeReach.Height} {
		if n != 0 && !within(n) {
			return fmt.Errorf("image: preprocessor_config.json: whole_reach: want a width and height of 1 to %d, got %d", largestEdge, n)
		}
	}
	return c.Processor.check()
}

// Plan lays out a picture of the given upright size.
func (c Idefics3) Plan(source Size) (*Plan, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	if source.Width <= 0 || source.Height <= 0 {
		return nil, fmt.Errorf("image: plan: want a size of at least 1x1, got %v", source)
	}
	edge := c.MaxImageSize.LongestEdge
	p := &Plan{Source: source, Filter: c.Resample, TileSize: Size{edge, edge}, Normalizer: c.normalizer()}
	if c.DoResize {
		p.Scaled = append(p.Scaled, c.firstSize(source))
	}
	if c.DoImageSplitting {
		size := wholeTiles(p.Size(), edge)
		p.Scaled = append(p.Scaled, size)
		if size != p.TileSize {
			p.Tiles, p.Rows, p.Cols = Grid(size, p.TileSize)
		}
	}
	p.Tiles = append(p.Tiles, Tile{Size: p.Size()})
	return p, nil
}

// firstSize is the picture's size after the first resize. The truncations of float64 quotients are transformers'.
func (c Idefics3) firstSize(s Size) Size {
	if c.TileReach != 0 {
		return c.reach(s)
	}
	longest := c.Size.LongestEdge
	if longest == 0 {
		return Size{c.Size.Width, c.Size.Height}
	}
	aspect := float64(s.Width) / float64(s.Height)
	if s.Width >= s.Height {
		s = Size{longest, even(int(float64(longest) / aspect))}
	} else {
		s = Size{even(int(float64(longest) * aspect)), longest}
	}
	s.Width, s.Height = max(s.Width, 1), max(s.Height, 1)
	return below(s, idefics3MaxEdge)
}

// reach is the size in whole tiles that TileReach and WholeReach ask for.
func (c Idefics3) reach(s Size) Size {
	edge := c.MaxImageSize.LongestEdge
	side := func(n, whole int) int {
		if n <= cmp.Or(whole, c.TileReach) {
			return 1
		}
		return max(2, min(3, (n+c.TileReach-1)/c.TileReach))
	}
	cols, rows := side(s.Width, c.WholeReach.Width), side(s.Height, c.WholeReach.Height)
	if cols*rows > 6 {
		cols, rows = 3, 2
	}
	return Size{cols * edge, rows * edge}
}

func even(n int) int { return n + n%2 }

// below shrinks a size until no edge is over the limit.
func below(s Size, limit int) Size {
	aspect := float64(s.Width) / float64(s.Height)
	if s.Width >= s.Height && s.Width > limit {
		s = Size{limit, int(float64(limit) / aspect)}
	} else if s.Height > s.Width && s.Height > limit {
		s = Size{int(float64(limit) * aspect), limit}
	}
	return Size{max(s.Width, 1), max(s.Height, 1)}
}

// wholeTiles rounds the longer edge up to a multiple of edge, then the shorter one from what the aspect ratio makes of it.
func wholeTiles(s Size, edge int) Size {
	up := func(n int) int { return (n + edge - 1) / edge * edge }
	aspect := float64(s.Width) / float64(s.Height)
	if s.Width >= s.Height {
		width := up(s.Width)
		return Size{width, up(int(math.Trunc(float64(width) / aspect)))}
	}
	height := up(s.Height)
	return Size{up(int(math.Trunc(float64(height) * aspect))), height}
}
