package window

import (
	"image"

	"sightglass/app/shell"
)

// Sizes in points.
const (
	wideDefault, highDefault = 1080, 760
	wideLeast, highLeast     = 480, 400
	widePanel, highPanel     = 440, 520
	besidePointer            = 12     // how far from it the panel is
	mostPoints               = 16_384 // of a window: no screen is as large
)

// beside is where a panel goes for a pointer: below it and to its right, within the screen. All are in points.
func beside(pointer image.Point, screen image.Rectangle, size image.Point) image.Point {
	most := screen.Max.Sub(size)
	at := pointer.Add(image.Pt(besidePointer, besidePointer))
	return image.Pt(max(screen.Min.X, min(at.X, most.X)), max(screen.Min.Y, min(at.Y, most.Y)))
}

// restored is the size of a window that was left in a frame.
func restored(at shell.Frame) image.Point {
	if at.Wide < wideLeast || at.High < highLeast || at.Wide > mostPoints || at.High > mostPoints {
		return image.Pt(wideDefault, highDefault)
	}
	return image.Pt(at.Wide, at.High)
}

// inPoints turns pixels into points of a display of that scale.
func inPoints(r image.Rectangle, scale int) image.Rectangle {
	return image.Rectangle{Min: r.Min.Div(scale), Max: r.Max.Div(scale)}
}
