package shell

import (
	"bytes"
	"fmt"
	"image"
	"image/draw"
	"image/png"
)

// Spot is a place for a window beside the pointer. All count from the top left of the first screen, in pixels of X11 or points
// of macOS.
type Spot struct {
	Pointer image.Point
	Screen  image.Rectangle // the one that the pointer is on; empty where the desktop does not tell
	Window  image.Point     // the corner of the screen that the window is on; not known by X11
}

// screenAt is the screen with a point on it, or else the nearest; empty for none.
func screenAt(p image.Point, screens []image.Rectangle) (best image.Rectangle) {
	nearest := 0
	for _, s := range screens {
		dx := max(s.Min.X-p.X, 0, p.X-s.Max.X+1)
		dy := max(s.Min.Y-p.Y, 0, p.Y-s.Max.Y+1)
		if d := dx*dx + dy*dy; best.Empty() || d < nearest {
			best, nearest = s, d
		}
	}
	return best
}

// crop cuts the part of a desktop out of its picture, if it is one of the whole desktop, pixel for pixel.
func crop(data []byte, desktop, part image.Rectangle) ([]byte, error) {
	c, err := png.DecodeConfig(bytes.NewReader(data))
	if err != nil || image.Pt(c.Width, c.Height) != desktop.Size() || part == desktop || !part.In(desktop) || part.Empty() {
		return data, nil // whoever keeps it says what is wrong with it
	}
	whole, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		return data, nil
	}
	part = part.Sub(desktop.Min)
	cut := image.NewRGBA(image.Rectangle{Max: part.Size()})
	draw.Draw(cut, cut.Bounds(), whole, whole.Bounds().Min.Add(part.Min), draw.Src)
	var out bytes.Buffer
	if err := png.Encode(&out, cut); err != nil {
		return nil, fmt.Errorf("shell: capture: %w", err)
	}
	return out.Bytes(), nil
}
