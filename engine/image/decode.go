package image

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	stdimage "image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"
	"golang.org/x/image/webp"
)

// Info is what a picture's header says.
type Info struct {
	Format string // PNG, JPEG, GIF, WebP, BMP or TIFF
	Size          // upright: after the EXIF orientation
	stored Size   // as the file's rows lie

	orientation orientation
}

// format is one kind of file that can be decoded.
type format struct {
	name        string
	is          func(data []byte) bool
	config      func(io.Reader) (stdimage.Config, error)
	decode      func(io.Reader) (stdimage.Image, error)
	orientation func(data []byte) orientation
	rgb         converter
}

var formats = []format{
	{"PNG", magic("\x89PNG\r\n\x1a\n"), png.DecodeConfig, png.Decode, pngOrientation, pngRGB},
	{"JPEG", magic("\xff\xd8\xff"), jpeg.DecodeConfig, jpeg.Decode, jpegOrientation, jpegRGB},
	{"GIF", magic("GIF8"), gif.DecodeConfig, gif.Decode, upright, gifRGB},
	{"WebP", riffOf("WEBP"), webp.DecodeConfig, decodeWebP, webpOrientation, webpRGB},
	{"BMP", magic("BM"), bmp.DecodeConfig, bmp.Decode, upright, plainRGB},
	{"TIFF", magic("II*\x00", "MM\x00*"), tiff.DecodeConfig, tiff.Decode, tiffOrientation, plainRGB},
}

// Probe reads a picture's header. It allocates no pixels. Its errors are those of Decode.
func Probe(r io.Reader, limits Limits) (Info, error) {
	data, err := readFile(r, limits.orDefault())
	if err != nil {
		return Info{}, err
	}
	_, info, err := probe(data, limits.orDefault())
	return info, err
}

// Decode reads a whole picture file as Pillow's ImageOps.exif_transpose(im).convert("RGB") does: the first frame, upright,
// with any alpha channel dropped and colour profiles ignored. The header is checked against limits before any pixel is
// allocated. Errors wrap ErrNotPicture, ErrTooLarge, the context's error, or r's.
func Decode(ctx context.Context, r io.Reader, limits Limits) (*Picture, error) {
	limits = limits.orDefault()
	data, err := readFile(r, limits)
	if err != nil {
		return nil, err
	}
	f, info, err := probe(data, limits)
	if err != nil {
		return nil, err
	}
	decoded, err := f.decodeSafely(&cancellableReader{ctx, bytes.NewReader(data)})
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, fmt.Errorf("image: %w: broken %s: %w", ErrNotPicture, f.name, err)
	}
	pic := NewPicture(info.stored)
	if err := f.rgb(ctx, pic, decoded, data); err != nil {
		return nil, err
	}
	return info.orientation.apply(ctx, pic)
}

func readFile(r io.Reader, limits Limits) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, limits.MaxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("image: reading: %w", err)
	}
	if int64(len(data)) > limits.MaxBytes {
		return nil, fmt.Errorf("image: %w: the file has over %d bytes", ErrTooLarge, limits.MaxBytes)
	}
	return data, nil
}

func probe(data []byte, limits Limits) (*format, Info, error) {
	f, err := formatOf(data)
	if err != nil {
		return nil, Info{}, err
	}
	config, err := f.config(bytes.NewReader(data))
	if err != nil {
		return nil, Info{}, fmt.Errorf("image: %w: broken %s header: %w", ErrNotPicture, f.name, err)
	}
	info := Info{Format: f.name, stored: Size{config.Width, config.Height}}
	if err := limits.check(info.stored); err != nil {
		return nil, Info{}, err
	}
	info.orientation = f.orientation(data)
	info.Size = info.orientation.size(info.stored)
	return f, info, nil
}

func formatOf(data []byte) (*format, error) {
	for i := range formats {
		if formats[i].is(data) {
			return &formats[i], nil
		}
	}
	if name := foreignFormat(data); name != "" {
		return nil, fmt.Errorf("image: %w: it is %s; PNG, JPEG, GIF, WebP, BMP and TIFF are read", ErrNotPicture, name)
	}
	return nil, fmt.Errorf("image: %w: the %d bytes are not PNG, JPEG, GIF, WebP, BMP or TIFF", ErrNotPicture, len(data))
}

// decodeSafely turns a decoder's panic on a hostile file into an error.
func (f *format) decodeSafely(r io.Reader) (img stdimage.Image, err error) {
	defer func() {
		if p := recover(); p != nil {
			img, err = nil, fmt.Errorf("decoder panicked: %v", p)
		}
	}()
	return f.decode(r)
}

// decodeWebP says plainly what the decoder calls an invalid format.
func decodeWebP(r io.Reader) (stdimage.Image, error) {
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	if riffChunk(data, "ANIM") != nil {
		return nil, errors.New("it is animated, only still ones are read")
	}
	return webp.Decode(bytes.NewReader(data))
}

// cancellableReader ends a decoder's reads once the context is done.
type cancellableReader struct {
	ctx context.Context
	*bytes.Reader
}

func (c *cancellableReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.Reader.Read(p)
}
