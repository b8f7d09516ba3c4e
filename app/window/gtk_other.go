//go:build desktop && !linux

package window

import (
	"image"

	"github.com/wailsapp/wails/v2/pkg/options"
)

// helpWebKit does nothing: files reach the page of other WebKits by themselves.
func helpWebKit(*options.App) {}

// corner is what the desktop said: points are its unit.
func corner(window image.Point) (image.Point, int) { return window, 1 }

// clipboardPicture returns nothing: who runs the window asks the system.
func clipboardPicture() []byte { return nil }
