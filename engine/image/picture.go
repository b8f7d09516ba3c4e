// Package image turns picture files into the numbers a vision tower reads: it decodes, turns upright, resizes, cuts into
// tiles and normalises, with the same results as Pillow and transformers. A Plan names every size and tile before any pixel
// is allocated. Which tokens stand for a tile is left to the model families, and what is shown on screen to the app.
package image

import (
	"errors"
	"fmt"
)

var (
	// ErrNotPicture is returned when the bytes are not a picture this package reads: another kind of file, a format
	// without a decoder here (named in the message), or a broken file.
	ErrNotPicture = errors.New("not a readable picture")

	// ErrTooLarge is returned when a picture has more pixels, or its file more bytes, than the limits allow. Nothing has
	// been allocated for its pixels then.
	ErrTooLarge = errors.New("picture is too large")
)

// Size is a width and height in pixels.
type Size struct {
	Width, Height int
}

func (s Size) String() string { return fmt.Sprintf("%dx%d", s.Width, s.Height) }

// Pixels is the number of pixels, as an int64 so that sizes from file headers cannot overflow.
func (s Size) Pixels() int64 { return int64(s.Width) * int64(s.Height) }

// Picture is an upright picture in 8-bit RGB, [height, width, 3], rows without padding. It is not changed once made, so it
// may be read from several goroutines.
type Picture struct {
	Size
	Pix []byte
}

// NewPicture returns a black picture.
func NewPicture(size Size) *Picture {
	return &Picture{Size: size, Pix: make([]byte, 3*size.Pixels())}
}

// row returns the bytes of row y.
func (p *Picture) row(y int) []byte {
	n := 3 * p.Width
	return p.Pix[y*n : (y+1)*n : (y+1)*n]
}

// Limits bounds what one picture may cost. A zero field means the value in DefaultLimits.
type Limits struct {
	MaxPixels int64 // width times height
	MaxBytes  int64 // of the encoded file
}

// DefaultLimits lets every camera and screen through: decoding holds up to 11 bytes a pixel at once.
var DefaultLimits = Limits{MaxPixels: 100_000_000, MaxBytes: 256 << 20}

func (l Limits) orDefault() Limits {
	if l.MaxPixels <= 0 {
		l.MaxPixels = DefaultLimits.MaxPixels
	}
	if l.MaxBytes <= 0 {
		l.MaxBytes = DefaultLimits.MaxBytes
	}
	return l
}

func (l Limits) check(size Size) error {
	if size.Width <= 0 || size.Height <= 0 {
		return fmt.Errorf("image: %w: its header says %v pixels", ErrNotPicture, size)
	}
	if size.Pixels() > l.MaxPixels {
		return fmt.Errorf("image: %w: %v is %d million pixels, at most %.4g million are read",
			ErrTooLarge, size, size.Pixels()/1_000_000, float64(l.MaxPixels)/1e6)
	}
	return nil
}
