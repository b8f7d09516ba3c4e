package shell

/*
#cgo LDFLAGS: -framework CoreGraphics
#include <stdbool.h>
bool CGPreflightScreenCaptureAccess(void);
bool CGRequestScreenCaptureAccess(void);
*/
import "C"

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/progrium/darwinkit/dispatch"
	"github.com/progrium/darwinkit/macos/appkit"
	"github.com/progrium/darwinkit/macos/foundation"
	"github.com/progrium/darwinkit/objc"
)

// NewDesktop returns macOS. Everything of AppKit's runs on the main thread, which the window's run loop owns.
func NewDesktop() Desktop {
	d := new(mac)
	return Desktop{d, d, d, d}
}

type mac struct {
	item statusItem
}

// onMain runs f on the main thread and waits. It must not be called there.
func onMain(f func()) {
	dispatch.MainQueue().DispatchSync(func() { objc.WithAutoreleasePool(f) })
}

func (*mac) MayLook() bool { return bool(C.CGPreflightScreenCaptureAccess()) }

// AskToLook asks while the app is in front: macOS keeps no record of a question from the background.
func (*mac) AskToLook() {
	onMain(func() {
		appkit.Application_SharedApplication().ActivateIgnoringOtherApps(true)
		C.CGRequestScreenCaptureAccess()
	})
}

func (*mac) LookSettings() error {
	return openAddress("x-apple.systempreferences:com.apple.preference.security?Privacy_ScreenCapture")
}

func openAddress(address string) error {
	if err := exec.Command("/usr/bin/open", address).Run(); err != nil {
		return fmt.Errorf("shell: open %s: %w", address, err)
	}
	return nil
}

// captureFlags are screencapture's: -x without its sound, -o without a window's shadow.
var captureFlags = map[Source][]string{
	Selection: {"-x", "-i", "-s"},
	OneWindow: {"-x", "-o", "-i", "-w"},
}

// Capture runs the system's screencapture, which leaves no file when the person presses Esc.
func (*mac) Capture(ctx context.Context, source Source) ([]byte, error) {
	if source == Clipboard {
		return pasteboardPicture(), nil
	}
	dir, err := os.MkdirTemp("", "sightglass-")
	if err != nil {
		return nil, fmt.Errorf("shell: capture: %w", err)
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "screen.png")
	flags := captureFlags[source]
	if source == Screen {
		flags = screenFlags()
	}
	out, err := exec.CommandContext(ctx, "/usr/sbin/screencapture", slices.Concat(flags, []string{"-t", "png", file})...).CombinedOutput()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	png, readErr := os.ReadFile(file)
	switch {
	case readErr == nil:
		return png, nil
	case err == nil && errors.Is(readErr, fs.ErrNotExist):
		return nil, ErrCancelled
	case err == nil:
		err = readErr
	}
	return nil, fmt.Errorf("shell: capture: screencapture: %w: %s", err, strings.TrimSpace(string(out)))
}

// pasteboardPicture returns the picture on the pasteboard as it lies there, PNG or TIFF.
func pasteboardPicture() (data []byte) {
	onMain(func() {
		p := appkit.Pasteboard_GeneralPasteboard()
		for _, t := range []appkit.PasteboardType{"public.png", "public.tiff"} { // NSPasteboardTypePNG, NSPasteboardTypeTIFF
			if data = p.DataForType(t); len(data) > 0 {
				return
			}
		}
	})
	return data
}

// fromTop turns a place of macOS, which counts from the bottom left of the first screen, into one from its top left.
func fromTop(x, y float64) image.Point {
	height := 0.0
	if screens := appkit.Screen_Screens(); len(screens) > 0 {
		height = screens[0].Frame().Size.Height
	}
	return image.Pt(int(x), int(height-y))
}

func fromTopRect(r foundation.Rect) image.Rectangle {
	corner := fromTop(r.Origin.X, r.Origin.Y+r.Size.Height)
	return image.Rectangle{Min: corner, Max: corner.Add(image.Pt(int(r.Size.Width), int(r.Size.Height)))}
}

func pointer() image.Point {
	p := appkit.Event_MouseLocation()
	return fromTop(p.X, p.Y)
}

func (*mac) Pointer() (at image.Point) {
	onMain(func() { at = pointer() })
	return at
}

// Screens are without menu bar and Dock.
func (*mac) Screens() (screens []image.Rectangle, window image.Point) {
	onMain(func() {
		for _, s := range appkit.Screen_Screens() {
			screens = append(screens, fromTopRect(s.VisibleFrame()))
		}
		for _, w := range appkit.Application_SharedApplication().Windows() {
			if s := w.Screen(); w.Title() == "Sightglass" && !s.IsNil() {
				window = fromTopRect(s.VisibleFrame()).Min
			}
		}
	})
	return screens, window
}

// screenFlags make screencapture take the screen with the pointer: -m is the main one, -R a part of all, in points.
func screenFlags() (flags []string) {
	flags = []string{"-x", "-m"}
	onMain(func() {
		var screens []image.Rectangle
		for _, s := range appkit.Screen_Screens() {
			screens = append(screens, fromTopRect(s.Frame()))
		}
		if len(screens) > 1 {
			r := screenAt(pointer(), screens)
			flags = []string{"-x", fmt.Sprintf("-R%d,%d,%d,%d", r.Min.X, r.Min.Y, r.Dx(), r.Dy())}
		}
	})
	return flags
}

// InDock sets the activation policy each time: Wails makes the app a regular one at launch, whatever LSUIElement says.
func (*mac) InDock(in bool) {
	onMain(func() {
		policy := appkit.ApplicationActivationPolicyAccessory
		if in {
			policy = appkit.ApplicationActivationPolicyRegular
		}
		appkit.Application_SharedApplication().SetActivationPolicy(policy)
	})
}

func (m *mac) ShowMenu(menu Menu) bool {
	onMain(func() { m.item.show(menu) })
	return true
}

func (m *mac) HideMenu() { onMain(m.item.hide) }

// Relaunch opens the app's bundle again once this process has ended: the same identity, so that leave to look stays.
func (*mac) Relaunch() error {
	exe, err := program()
	if err != nil {
		return err
	}
	if bundle, _, ok := strings.Cut(exe, ".app/Contents/"); ok {
		return relaunch("/usr/bin/open", bundle+".app")
	}
	return relaunch(exe)
}
