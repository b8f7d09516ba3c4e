package image

import (
	"context"
	"encoding/binary"
	"fmt"
	stdimage "image"
	"image/color"
)

// converter writes a decoded image into pic, which has its size, as Pillow's convert("RGB") would. data is the file: Go's
// decoders forget some of what Pillow's answer depends on.
type converter func(ctx context.Context, pic *Picture, img stdimage.Image, data []byte) error

// pngRGB converts what image/png returns. A 16-bit grey PNG with a transparent grey comes as 16-bit colour; only the header
// tells the two apart, and Pillow clips one and shifts the other.
func pngRGB(ctx context.Context, pic *Picture, img stdimage.Image, data []byte) error {
	const bitDepth, colourType = 24, 25 // offsets in the file: IHDR is always first
	if wide, ok := img.(*stdimage.NRGBA64); ok && data[bitDepth] == 16 && data[colourType] == 0 {
		return eachRow(ctx, pic.Height, func(y int) {
			to, from := pic.row(y), wide.Pix[y*wide.Stride:]
			for x := range pic.Width {
				setGrey(to[3*x:], clip16(binary.BigEndian.Uint16(from[8*x:])))
			}
		})
	}
	return plainRGB(ctx, pic, img, data)
}

// jpegRGB converts YCbCr planes as libjpeg does; grey, RGB and CMYK need nothing special.
func jpegRGB(ctx context.Context, pic *Picture, img stdimage.Image, data []byte) error {
	if planes, ok := img.(*stdimage.YCbCr); ok {
		return planesRGB(ctx, pic, planes, libjpeg)
	}
	return plainRGB(ctx, pic, img, data)
}

// webpRGB converts the planes of lossy files as libwebp does.
func webpRGB(ctx context.Context, pic *Picture, img stdimage.Image, data []byte) error {
	switch img := img.(type) {
	case *stdimage.YCbCr:
		return planesRGB(ctx, pic, img, libwebp)
	case *stdimage.NYCbCrA:
		return planesRGB(ctx, pic, &img.YCbCr, libwebp)
	}
	return plainRGB(ctx, pic, img, data)
}

// gifRGB places the first frame on the canvas, with the palette as the file has it.
func gifRGB(ctx context.Context, pic *Picture, img stdimage.Image, data []byte) error {
	frame, ok := img.(*stdimage.Paletted)
	if !ok {
		return fmt.Errorf("image: %w: GIF decoded as %T", ErrNotPicture, img)
	}
	// The decoder blanks the transparent entry; Pillow shows its colour, around the frame as well.
	table, transparent := gifPalette(data)
	var background [3]byte
	copy(background[:], table[min(3*max(transparent, 0), len(table)):])
	b := frame.Bounds()
	return eachRow(ctx, pic.Height, func(y int) {
		row := pic.row(y)
		for x := range pic.Width {
			copy(row[3*x:3*x+3], background[:])
		}
		if y < b.Min.Y || y >= b.Max.Y {
			return
		}
		from := frame.Pix[(y-b.Min.Y)*frame.Stride:][:b.Dx()]
		for i, index := range from {
			if at := 3 * int(index); at+3 <= len(table) {
				copy(row[3*(b.Min.X+i):][:3], table[at:at+3])
			}
		}
	})
}

// gifPalette returns the RGB colour table of the first frame and its transparent index, -1 for none.
func gifPalette(data []byte) (table []byte, transparent int) {
	transparent = -1
	if len(data) < 13 {
		return nil, transparent
	}
	colourTable := func(flags byte, at int) ([]byte, int) {
		if flags&0x80 == 0 {
			return nil, at
		}
		end := min(at+3<<(flags&7+1), len(data))
		return data[min(at, end):end], end
	}
	table, at := colourTable(data[10], 13)
	for at+10 <= len(data) {
		switch data[at] {
		case 0x21: // an extension: label, then sub-blocks
			const graphicControl = 0xf9
			if data[at+1] == graphicControl && data[at+2] == 4 && data[at+3]&1 != 0 {
				transparent = int(data[at+6])
			}
			at += 2
			for at < len(data) && data[at] != 0 {
				at += 1 + int(data[at])
			}
			at++
		case 0x2c: // an image descriptor
			if local, _ := colourTable(data[at+9], at+10); local != nil {
				table = local
			}
			return table, transparent
		default:
			return table, transparent
		}
	}
	return table, transparent
}

// plainRGB converts every other type that Go's decoders return. Alpha is dropped, not blended.
func plainRGB(ctx context.Context, pic *Picture, img stdimage.Image, _ []byte) error {
	convert := rowOf(img)
	if convert == nil {
		return fmt.Errorf("image: %w: no conversion to RGB for %T", ErrNotPicture, img)
	}
	return eachRow(ctx, pic.Height, func(y int) { convert(pic.row(y), y) })
}

// rowOf returns the function that writes row y of img as RGB, or nil for an unknown type.
func rowOf(img stdimage.Image) func(to []byte, y int) {
	switch img := img.(type) {
	case *stdimage.Gray:
		return perPixel(img.Pix, img.Stride, 1, func(to, from []byte) { setGrey(to, from[0]) })
	case *stdimage.Gray16:
		return perPixel(img.Pix, img.Stride, 2, func(to, from []byte) { setGrey(to, clip16(binary.BigEndian.Uint16(from))) })
	case *stdimage.NRGBA:
		return perPixel(img.Pix, img.Stride, 4, func(to, from []byte) { copy(to[:3], from) })
	case *stdimage.NRGBA64:
		return perPixel(img.Pix, img.Stride, 8, highBytes)
	case *stdimage.RGBA:
		return perPixel(img.Pix, img.Stride, 4, unmultiply)
	case *stdimage.RGBA64:
		return perPixel(img.Pix, img.Stride, 8, highBytes)
	case *stdimage.CMYK:
		return perPixel(img.Pix, img.Stride, 4, cmykToRGB)
	case *stdimage.Paletted:
		table := paletteRGB(img.Palette)
		return perPixel(img.Pix, img.Stride, 1, func(to, from []byte) { copy(to[:3], table[from[0]][:]) })
	}
	return nil
}

func perPixel(pix []byte, stride, size int, set func(to, from []byte)) func(to []byte, y int) {
	return func(to []byte, y int) {
		from := pix[y*stride:]
		for x := 0; 3*x < len(to); x++ {
			set(to[3*x:3*x+3:3*x+3], from[size*x:size*x+size])
		}
	}
}

func setGrey(to []byte, v byte) { to[0], to[1], to[2] = v, v, v }

// clip16 is how Pillow's convert("RGB") takes 16-bit grey ("I;16"): it saturates and does not scale.
func clip16(v uint16) byte { return byte(min(v, 255)) }

func highBytes(to, from []byte) { to[0], to[1], to[2] = from[0], from[2], from[4] }

// unmultiply undoes associated alpha (TIFF) in integers, as Pillow's "RGBa" reader.
func unmultiply(to, from []byte) {
	a := int(from[3])
	for c := range 3 {
		switch a {
		case 255:
			to[c] = from[c]
		case 0:
			to[c] = 0
		default:
			to[c] = byte(min(255*int(from[c])/a, 255))
		}
	}
}

// cmykToRGB is (255-k) * (255-c) / 255 in Pillow's rounded integer form.
func cmykToRGB(to, from []byte) {
	white := 255 - int(from[3])
	for c := range 3 {
		ink := int(from[c])*white + 128
		to[c] = byte(max(white-(ink+ink>>8)>>8, 0))
	}
}

// paletteRGB drops alpha from a palette without blending.
func paletteRGB(p color.Palette) (table [256][3]byte) {
	for i, c := range p[:min(len(p), 256)] {
		switch c := c.(type) {
		case color.NRGBA:
			table[i] = [3]byte{c.R, c.G, c.B}
		case color.RGBA:
			table[i] = [3]byte{c.R, c.G, c.B}
		default: // 16-bit TIFF colour maps
			r, g, b, _ := c.RGBA()
			table[i] = [3]byte{byte(r >> 8), byte(g >> 8), byte(b >> 8)}
		}
	}
	return table
}
