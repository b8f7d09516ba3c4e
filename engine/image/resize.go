package image

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"sync"
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
	scratch := sync.Pool{New: func() any { return make([]uint64, 3*p.Width) }}
	err := eachRow(ctx, (p.Height+1)/2, func(i int) {
		upper, lower := 2*i, min(2*i+1, p.Height-1)
		packed := scratch.Get().([]uint64)
		packRows(packed, p.row(upper), p.row(lower))
		resizeRows(out.row(upper), out.row(lower), packed, columns)
		scratch.Put(packed)
	})
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

// The sums below are kept two to a 64-bit word, so that one multiplication serves two samples. The lower one borrows from the
// upper where it is negative; unpack gives that back. Each fits int32 as it does in Pillow.
const (
	roundHalf = 1 << (weightBits - 1)
	roundBoth = roundHalf | roundHalf<<32
	lowBytes  = 0x000000ff_000000ff
)

func packRows(to []uint64, upper, lower []byte) {
	lower = lower[:len(upper)]
	to = to[:len(upper)]
	for i, v := range upper {
		to[i] = uint64(v) | uint64(lower[i])<<32
	}
}

func unpack(sums uint64) (low, high byte) {
	l := int32(uint32(sums))
	h := int32((int64(sums) - int64(l)) >> 32)
	return clip8(l >> weightBits), clip8(h >> weightBits)
}

// resizeRows filters two packed rows of pixels into rows of len(columns) pixels.
func resizeRows(upper, lower []byte, packed []uint64, columns []tap) {
	for x, t := range columns {
		r, g, b := uint64(roundBoth), uint64(roundBoth), uint64(roundBoth)
		from := packed[3*t.first:][:3*len(t.weights)]
		for _, weight := range t.weights {
			w := uint64(int64(weight))
			r += from[0] * w
			g += from[1] * w
			b += from[2] * w
			from = from[3:]
		}
		u, l := upper[3*x:3*x+3], lower[3*x:3*x+3]
		u[0], l[0] = unpack(r)
		u[1], l[1] = unpack(g)
		u[2], l[2] = unpack(b)
	}
}

// blendRows writes one output row as the weighted sum of input rows, eight samples at a time.
func blendRows(to []byte, p *Picture, t tap) {
	stride := 3 * p.Width
	top := p.Pix[t.first*stride:]
	i := 0
	for ; i+8 <= len(to); i += 8 {
		s0, s1, s2, s3 := uint64(roundBoth), uint64(roundBoth), uint64(roundBoth), uint64(roundBoth)
		at := i
		for _, weight := range t.weights {
			w := uint64(int64(weight))
			v := binary.LittleEndian.Uint64(top[at : at+8])
			s0 += v & lowBytes * w
			s1 += v >> 8 & lowBytes * w
			s2 += v >> 16 & lowBytes * w
			s3 += v >> 24 & lowBytes * w
			at += stride
		}
		d := to[i : i+8]
		d[0], d[4] = unpack(s0)
		d[1], d[5] = unpack(s1)
		d[2], d[6] = unpack(s2)
		d[3], d[7] = unpack(s3)
	}
	for ; i < len(to); i++ {
		sum := int32(roundHalf)
		for j, w := range t.weights {
			sum += int32(top[j*stride+i]) * w
		}
		to[i] = clip8(sum >> weightBits)
	}
}
