package image

import (
	"context"
	stdimage "image"
)

// planeStyle is how one C library turns luma and subsampled chroma into RGB. Go's own conversion repeats chroma samples,
// and takes WebP's studio range for full range: both show at coloured edges.
type planeStyle struct {
	// bias holds the rounding added before the shift, for even and odd output columns, by kind of subsampling.
	bias2x2, bias2x1, bias1x2 [2]int32
	minWidth                  int // of a chroma row: narrower ones are repeated, not interpolated
	convert                   func(to, luma, cb, cr []byte)
}

// libjpeg is libjpeg-turbo's "fancy upsampling": each chroma sample is 3/4 the nearer and 1/4 the farther neighbour, with
// the rounding alternating so that it does not drift (jdsample.c of the Independent JPEG Group).
var libjpeg = planeStyle{
	bias2x2: [2]int32{8, 7}, bias2x1: [2]int32{1, 2}, bias1x2: [2]int32{1, 2},
	minWidth: 3, convert: fullRange,
}

// libwebp is libwebp's upsampler, the same weights with plain rounding.
var libwebp = planeStyle{bias2x2: [2]int32{8, 8}, convert: studioRange}

// planesRGB converts a YCbCr image. It handles 4:4:4, 4:2:2, 4:2:0 and 4:4:0 by interpolation and the rest by repetition.
func planesRGB(ctx context.Context, pic *Picture, img *stdimage.YCbCr, style planeStyle) error {
	up := upsampler{planeStyle: style, horizontal: 1, vertical: 1, stride: img.CStride}
	switch img.SubsampleRatio {
	case stdimage.YCbCrSubsampleRatio422:
		up.horizontal = 2
	case stdimage.YCbCrSubsampleRatio420:
		up.horizontal, up.vertical = 2, 2
	case stdimage.YCbCrSubsampleRatio440:
		up.vertical = 2
	case stdimage.YCbCrSubsampleRatio411:
		up.horizontal = 4
	case stdimage.YCbCrSubsampleRatio410:
		up.horizontal, up.vertical = 4, 2
	}
	up.width = (pic.Width + up.horizontal - 1) / up.horizontal
	up.height = (pic.Height + up.vertical - 1) / up.vertical
	return eachRow(ctx, pic.Height, func(y int) {
		cb := up.row(img.Cb, y, pic.Width)
		cr := up.row(img.Cr, y, pic.Width)
		style.convert(pic.row(y), img.Y[y*img.YStride:][:pic.Width], cb, cr)
	})
}

// upsampler makes full-size chroma rows.
type upsampler struct {
	planeStyle
	horizontal, vertical  int // subsampling factors
	width, height, stride int // of a chroma plane
}

// row returns at least n samples of chroma for picture row y.
func (u *upsampler) row(plane []byte, y, n int) []byte {
	near := u.sourceRow(plane, y/u.vertical)
	interpolate := u.horizontal <= 2 && u.vertical <= 2 && (u.horizontal == 1 || u.width >= u.minWidth)
	if !interpolate {
		out := make([]byte, n)
		for x := range out {
			out[x] = near[x/u.horizontal]
		}
		return out
	}
	if u.vertical == 1 {
		if u.horizontal == 1 {
			return near
		}
		return widen(near, nil, u.bias2x1)
	}
	far := u.sourceRow(plane, y/2-1+y%2*2)
	if u.horizontal == 2 {
		return widen(near, far, u.bias2x2)
	}
	out := make([]byte, n)
	for x := range out {
		out[x] = byte((3*int32(near[x]) + int32(far[x]) + u.bias1x2[y%2]) >> 2)
	}
	return out
}

// sourceRow returns a row of the plane, the first or last one beyond its edges.
func (u *upsampler) sourceRow(plane []byte, y int) []byte {
	y = min(max(y, 0), u.height-1)
	return plane[y*u.stride:][:u.width]
}

// widen doubles a row, blended with the farther row when there is one: sums are 1 or 4 times a sample, outputs 4 times that.
func widen(near, far []byte, bias [2]int32) []byte {
	sums := make([]int32, len(near)+2) // with the first and last repeated at the ends
	shift := 2
	if far == nil {
		for i, v := range near {
			sums[i+1] = int32(v)
		}
	} else {
		shift = 4
		far = far[:len(near)]
		for i, v := range near {
			sums[i+1] = 3*int32(v) + int32(far[i])
		}
	}
	sums[0], sums[len(near)+1] = sums[1], sums[len(near)]
	out := make([]byte, 2*len(near))
	for i := range near {
		this := 3 * sums[i+1]
		pair := out[2*i : 2*i+2]
		pair[0] = byte((this + sums[i] + bias[0]) >> (shift & 31))
		pair[1] = byte((this + sums[i+2] + bias[1]) >> (shift & 31))
	}
	return out
}

// fullRange is JFIF's conversion in libjpeg's 16-bit fixed point.
func fullRange(to, luma, cb, cr []byte) {
	const half = 1 << 15
	cb, cr = cb[:len(luma)], cr[:len(luma)]
	for x, l := range luma {
		y, b, r := int32(l), int32(cb[x])-128, int32(cr[x])-128
		d := to[3*x : 3*x+3]
		d[0] = clip8(y + (91881*r+half)>>16)          // 1.40200
		d[1] = clip8(y + (-22554*b-46802*r+half)>>16) // 0.34414, 0.71414
		d[2] = clip8(y + (116130*b+half)>>16)         // 1.77200
	}
}

// studioRange is BT.601 from luma in [16, 235], in libwebp's 14-bit fixed point.
func studioRange(to, luma, cb, cr []byte) {
	times := func(v byte, k int32) int32 { return int32(v) * k >> 8 }
	for x, l := range luma {
		y := times(l, 19077)
		to[3*x] = clip8((y + times(cr[x], 26149) - 14234) >> 6)
		to[3*x+1] = clip8((y - times(cb[x], 6419) - times(cr[x], 13320) + 8708) >> 6)
		to[3*x+2] = clip8((y + times(cb[x], 33050) - 17685) >> 6)
	}
}

func clip8(v int32) byte { return byte(min(max(v, 0), 255)) }
