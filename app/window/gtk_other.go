//go:build desktop && !linux

package window

import "github.com/wailsapp/wails/v2/pkg/options"

// helpWebKit does nothing: files reach the page of other WebKits by themselves.
func helpWebKit(*options.App) {}

// clipboardPicture returns nothing: who runs the window asks the system.
func clipboardPicture() []byte { return nil }
