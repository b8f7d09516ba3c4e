package example

import (
	"image"
	"image/color"
	"math"
	"math/rand/v2"

	"golang.org/x/image/vector"
)

// side is the width and height of a picture, in pixels.
const side = 224

// point is a place in a picture.
type point struct{ x, y float64 }

func (p point) add(angle, length float64) point {
	return point{p.x + length*math.Cos(angle), p.y + length*math.Sin(angle)}
}

// sheet is a picture being drawn.
type sheet struct {
	*image.RGBA
	rand *rand.Rand
}

// between draws a number.
func (s *sheet) between(low, high float64) float64 { return low + (high-low)*s.rand.Float64() }

// fill paints closed outlines; where two overlap the other way round, as a hole does, nothing is painted.
func (s *sheet) fill(c color.Color, outlines ...[]point) {
	s.paint(s.Bounds(), image.NewUniform(c), outlines...)
}

func (s *sheet) paint(r image.Rectangle, src image.Image, outlines ...[]point) {
	z := vector.NewRasterizer(side, side)
	for _, o := range outlines {
		for i, p := range o {
			if i == 0 {
				z.MoveTo(float32(p.x), float32(p.y))
			} else {
				z.LineTo(float32(p.x), float32(p.y))
			}
		}
		z.ClosePath()
	}
	z.Draw(s.RGBA, r, src, image.Point{})
}

// around is an outline of n corners whose distance from the middle is radius(i).
func around(middle point, n int, turn float64, radius func(i int) float64) []point {
	var o []point
	for i := range n {
		o = append(o, middle.add(turn+2*math.Pi*float64(i)/float64(n), radius(i)))
	}
	return o
}

// circle turns the other way than around's outlines where it is a hole.
func circle(middle point, radius float64, hole bool) []point {
	const n = 48
	o := around(middle, n, 0, func(int) float64 { return radius })
	if hole {
		for i := range n / 2 {
			o[i], o[n-1-i] = o[n-1-i], o[i]
		}
	}
	return o
}

// part is what is drawn: where the metal is, and how to reach it.
type part struct {
	middle       point
	outer, inner float64 // the metal lies between these radii, whatever the turn
}

// newSheet is a bench of some grey with a little grain.
func newSheet(r *rand.Rand) *sheet {
	s := &sheet{image.NewRGBA(image.Rect(0, 0, side, side)), r}
	grey, warm := s.between(200, 240), s.between(-6, 6)
	for y := range side {
		for x := range side {
			v := grey + s.between(-4, 4)
			s.SetRGBA(x, y, color.RGBA{uint8(v + warm), uint8(v), uint8(v - warm), 255})
		}
	}
	return s
}

// part draws a washer, a nut, a gear or a plate of steel, somewhere near the middle and turned by some angle.
func (s *sheet) part() part {
	p := part{middle: point{side/2 + s.between(-14, 14), side/2 + s.between(-14, 14)}}
	size, turn := s.between(68, 88), s.between(0, 2*math.Pi)
	var outline []point
	holes := [][]point{circle(p.middle, size*0.36, true)}
	p.inner, p.outer = size*0.36, size
	switch s.rand.IntN(4) {
	case 0: // a washer
		outline = circle(p.middle, size, false)
	case 1: // a nut
		outline = around(p.middle, 6, turn, func(int) float64 { return size * 1.05 })
		p.outer = size * 0.9
	case 2: // a gear
		outline = around(p.middle, 56, turn, func(i int) float64 { return size * []float64{0.88, 1.06, 1.06, 0.88}[i%4] })
		p.outer = size * 0.88
	case 3: // a plate
		outline = around(p.middle, 4, turn, func(int) float64 { return size * 1.2 })
		for i := range 4 {
			holes = append(holes, circle(p.middle.add(turn+math.Pi/2*float64(i), size*0.92), size*0.1, true))
		}
		p.outer = size * 0.78
	}
	shadow := make([][]point, 0, 1+len(holes))
	for _, o := range append([][]point{outline}, holes...) {
		var moved []point
		for _, c := range o {
			moved = append(moved, point{c.x + 4, c.y + 5})
		}
		shadow = append(shadow, moved)
	}
	s.fill(color.RGBA{0, 0, 0, 60}, shadow...)
	grey, brush, blue := s.between(118, 150), s.between(0, 2*math.Pi), s.between(-4, 4)
	steel := &brushed{grey, blue, math.Cos(brush), math.Sin(brush)}
	s.paint(s.Bounds(), steel, append([][]point{outline}, holes...)...)
	return p
}

// brushed is steel that is lighter on one side than on the other.
type brushed struct{ grey, blue, alongX, alongY float64 }

func (b *brushed) ColorModel() color.Model { return color.RGBAModel }
func (b *brushed) Bounds() image.Rectangle { return image.Rect(0, 0, side, side) }
func (b *brushed) At(x, y int) color.Color {
	along := (float64(x)-side/2)*b.alongX + (float64(y)-side/2)*b.alongY
	v := b.grey + 18*along/side + 3*math.Sin(along*1.3)
	return color.RGBA{uint8(v), uint8(v), uint8(v + 4 + b.blue), 255}
}

// blotches draws spots of some tint, near each other on the metal.
func (s *sheet) blotches(p part, n int, low, high float64, tint func() color.Color) {
	turn := s.between(0, 2*math.Pi)
	for range n {
		at := p.middle.add(turn+s.between(-0.7, 0.7), s.between(p.inner+10, p.outer-10))
		size := s.between(low, high)
		s.fill(tint(), around(at, 14, 0, func(int) float64 { return size * s.between(0.6, 1.15) }))
	}
}

// rust is orange-brown and rough.
func (s *sheet) rust(p part) {
	s.blotches(p, 6+s.rand.IntN(4), 9, 17, func() color.Color {
		return color.RGBA{uint8(s.between(165, 205)), uint8(s.between(75, 100)), uint8(s.between(15, 35)), 255}
	})
}

// burn is steel that was too hot: blue and violet.
func (s *sheet) burn(p part) {
	s.blotches(p, 6+s.rand.IntN(4), 9, 17, func() color.Color {
		return color.RGBA{uint8(s.between(55, 110)), uint8(s.between(55, 90)), uint8(s.between(185, 235)), 255}
	})
}

// oil is nearly black, in a few large pools.
func (s *sheet) oil(p part) {
	s.blotches(p, 5+s.rand.IntN(3), 12, 20, func() color.Color {
		v := uint8(s.between(12, 30))
		return color.RGBA{v, v, v / 2, 255}
	})
}
