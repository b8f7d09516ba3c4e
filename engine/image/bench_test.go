package image

import (
	"bytes"
	"context"
	stdimage "image"
	"image/jpeg"
	"testing"
)

// photo returns a picture of smooth colour with fine structure, the same every time.
func photo(size Size) *Picture {
	p := NewPicture(size)
	state := uint32(1)
	for i := range p.Pix {
		state = state*1664525 + 1013904223
		x, y := i/3%size.Width, i/3/size.Width
		p.Pix[i] = byte(x*255/size.Width/2 + y*255/size.Height/3 + int(state>>29)*5*(i%3+1))
	}
	return p
}

func BenchmarkResize(b *testing.B) {
	cases := []struct {
		name     string
		from, to Size
		filter   Filter
	}{
		{"24 megapixels to 2048 lanczos", Size{6000, 4000}, Size{2048, 1365}, Lanczos},
		{"24 megapixels to 512 bicubic", Size{6000, 4000}, Size{512, 512}, Bicubic},
		{"screen to 2048 lanczos", Size{2560, 1600}, Size{2048, 1280}, Lanczos},
		{"small to 2048 lanczos", Size{800, 600}, Size{2048, 1536}, Lanczos},
	}
	for _, c := range cases {
		b.Run(c.name, func(b *testing.B) {
			p := photo(c.from)
			b.SetBytes(c.from.Pixels())
			for b.Loop() {
				if _, err := Resize(context.Background(), p, c.to, c.filter); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkDecodeJPEG(b *testing.B) {
	p := photo(Size{6000, 4000})
	img := stdimage.NewRGBA(stdimage.Rect(0, 0, p.Width, p.Height))
	for i := range p.Width * p.Height {
		copy(img.Pix[4*i:4*i+3], p.Pix[3*i:])
		img.Pix[4*i+3] = 255
	}
	var file bytes.Buffer
	if err := jpeg.Encode(&file, img, nil); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(p.Pixels())
	for b.Loop() {
		if _, err := Decode(context.Background(), bytes.NewReader(file.Bytes()), Limits{}); err != nil {
			b.Fatal(err)
		}
	}
}
