package image

import (
	"context"
	"fmt"
	"math"
	"slices"
)

// Filter is a resampling filter, numbered as in Pillow and in the "resample" field of preprocessor_config.json.
type Filter int

const (
	Lanczos  Filter = 1
	Bilinear Filter = 2
	Bicubic  Filter = 3
)

// kernel returns the filter's weight at distance x and the distance beyond which it is zero, both in pixels of the coarser
// of the two pictures; nil for an unknown filter.
func (f Filter) kernel() (weight func(x float64) float64, support float64) {
	switch f {
	case Lanczos:
		return lanczos3, 3
	case Bilinear:
		return func(x float64) float64 { return max(1-math.Abs(x), 0) }, 1
	case Bicubic:
		return bicubic, 2
	}
	return nil, 0
}

// lanczos3 is sinc(x) sinc(x/3) on [-3, 3).
func lanczos3(x float64) float64 {
	if x < -3 || x >= 3 {
		return 0
	}
	return sinc(x) * sinc(x/3)
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	x *= math.Pi
	return math.Sin(x) / x
}

// bicubic is Keys' cubic convolution with a = -1/2. The conversions forbid fused multiply-add, which would round otherwise
// on arm64 than the reference does.
func bicubic(x float64) float64 {
	const a = -0.5
	x = math.Abs(x)
	if x < 1 {
		return float64((float64((a+2)*x)-(a+3))*x*x) + 1
	}
	if x < 2 {
		return (float64((float64((x-5)*x)+8)*x) - 4) * a
	}
	return 0
}

// weightBits is the fixed point of the weights: 32-bit sums hold 8-bit samples and leave 2 bits for overshoot (Pillow's
// PRECISION_BITS).
const weightBits = 32 - 8 - 2

// tap is what one output sample is made of: inputs from first on, one for each weight.
type tap struct {
	first   int
	weights []int32
}

// taps returns the fixed-point weights of every output sample along one axis. Shrinking stretches the kernel over as many
// inputs as fall into one output, so that every input counts.
func taps(in, out int, f Filter) []tap {
	weight, support := f.kernel()
	scale := float64(in) / float64(out)
	stretch := max(scale, 1)
	support *= stretch
	all := make([]tap, out)
	var exact []float64
	for i := range all {
		center := float64((float64(i) + 0.5) * scale)
		first := max(int(center-support+0.5), 0)
		end := min(int(center+support+0.5), in)
		exact = exact[:0]
		sum := 0.0
		for x := first; x < end; x++ {
			w := weight((float64(x) - center + 0.5) * (1 / stretch))
			exact = append(exact, w)
			sum += w
		}
		fixed := make([]int32, len(exact))
		for j, w := range exact {
			if sum != 0 {
				w /= sum
			}
			fixed[j] = int32(math.Copysign(0.5, w) + w*(1<<weightBits))
		}
		all[i] = tap{first, fixed}
	}
	return all
}

// Resize returns p at another size, byte for byte what Pillow's Image.resize gives for RGB. It resizes one axis, rounds
// to 8 bits, then resizes the other.
func Resize(ctx context.Context, p *Picture, size Size, f Filter) (*Picture, error) {
	if size.Width <= 0 || size.Height <= 0 {
		return nil, fmt.Errorf("image: resize: want a size of at least 1x1, got %v", size)
	}
	if weight, _ := f.kernel(); weight == nil {
		return nil, fmt.Errorf("image: resize: want filter 1 (lanczos), 2 (bilinear) or 3 (bicubic), got %d", f)
	}
	passes := []func(context.Context, *Picture, int, Filter) (*Picture, error){resizeWidth, resizeHeight}
	lengths := []int{size.Width, size.Height}
	if columnsLast(p.Size, size) {
		slices.Reverse(passes)
		slices.Reverse(lengths)
	}
	var err error
	for i, pass := range passes {
		if p, err = pass(ctx, p, lengths[i], f); err != nil {
			return nil, err
		}
	}
	return p, ctx.Err()
}

// columnsLast says which way round the two passes go; the rounding between them makes it show. Pillow 13 resizes the height
// first where that removes over twice as many rows as columns go (libImaging/Resample.c); before, always the width.
func columnsLast(from, to Size) bool {
	removed := from.Height - to.Height
	return removed > 0 && removed > 2*(from.Width-to.Width)
}

func resizeWidth(ctx context.Context, p *Picture, width int, f Filter) (*Picture, error) {
	if width == p.Width {
		return p, nil
	}
	out := NewPicture(Size{width, p.Height})
	columns := taps(p.Width, width, f)
	err := eachRow(ctx, p.Height, func(y int) { resizeRow(out.row(y), p.row(y), columns) })
	return out, err
}

func resizeHeight(ctx context.Context, p *Picture, height int, f Filter) (*Picture, error) {
	if height == p.Height {
		return p, nil
	}
	out := NewPicture(Size{p.Width, height})
	rows := taps(p.Height, height, f)
	err := eachRow(ctx, height, func(y int) { blendRows(out.row(y), p, rows[y]) })
	return out, err
}

const roundHalf = 1 << (weightBits - 1)

// resizeRow filters one row into another of len(columns) pixels.
func resizeRow(to, from []byte, columns []tap) {
	for x, t := range columns {
		var r, g, b int32 = roundHalf, roundHalf, roundHalf
		src := from[3*t.first:][:3*len(t.weights)]
		for _, w := range t.weights {
			r += int32(src[0]) * w
			g += int32(src[1]) * w
			b += int32(src[2]) * w
			src = src[3:]
		}
		d := to[3*x : 3*x+3]
		d[0], d[1], d[2] = clip8(r>>weightBits), clip8(g>>weightBits), clip8(b>>weightBits)
	}
}

// blendRows writes one output row as the weighted sum of input rows.
func blendRows(to []byte, p *Picture, t tap) {
	sums := make([]int32, len(to))
	for i := range sums {
		sums[i] = roundHalf
	}
	for j, w := range t.weights {
		from := p.row(t.first + j)[:len(sums)]
		for i, v := range from {
			sums[i] += int32(v) * w
		}
	}
	for i, s := range sums {
		to[i] = clip8(s >> weightBits)
	}
}
