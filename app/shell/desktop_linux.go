package shell

import (
	"context"
	"errors"
	"image"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/randr"
	"github.com/jezek/xgb/xproto"
)

// NewDesktop returns this machine's desktop: X11 or Wayland, and what of D-Bus is there.
func NewDesktop() Desktop {
	d := new(linux)
	return Desktop{d, d, d, d}
}

type linux struct {
	tray    tray
	notices notices
}

// MayLook: Linux asks, if at all, with each picture.
func (*linux) MayLook() bool { return true }

func (*linux) AskToLook() {}

func (*linux) LookSettings() error {
	return errors.New("shell: want settings of the screen, found none on this desktop")
}

func (*linux) InDock(bool) {}

func (l *linux) ShowMenu(m Menu) bool { return l.tray.show(m) }

func (l *linux) HideMenu() { l.tray.hide() }

func (l *linux) Capture(ctx context.Context, source Source) ([]byte, error) {
	png, err := capture(ctx, source)
	if err != nil || source != Screen || wayland() {
		return png, err
	}
	// Tools take the whole desktop, which may be several screens.
	screens, all := monitors()
	return crop(png, all, screenAt(l.Pointer(), screens))
}

// Pointer is where X11's pointer is; Wayland tells no program, so that the panel stays where the window was.
func (*linux) Pointer() (at image.Point) {
	withX11(func(conn *xgb.Conn, root xproto.Window) {
		if p, err := xproto.QueryPointer(conn, root).Reply(); err == nil {
			at = image.Pt(int(p.RootX), int(p.RootY))
		}
	})
	return at
}

// Screens are X11's monitors. Which of them the window is on, its toolkit knows.
func (*linux) Screens() (screens []image.Rectangle, window image.Point) {
	screens, _ = monitors()
	return screens, image.Point{}
}

// withX11 calls use with a connection of its own, if there is an X server.
func withX11(use func(conn *xgb.Conn, root xproto.Window)) {
	conn, err := xgb.NewConn()
	if err != nil {
		return
	}
	defer conn.Close()
	use(conn, xproto.Setup(conn).DefaultScreen(conn).Root)
}

// monitors are the parts of X11's root window that are a screen each (RandR 1.5), and the root window itself, in pixels.
func monitors() (screens []image.Rectangle, all image.Rectangle) {
	withX11(func(conn *xgb.Conn, root xproto.Window) {
		if g, err := xproto.GetGeometry(conn, xproto.Drawable(root)).Reply(); err == nil {
			all = image.Rect(0, 0, int(g.Width), int(g.Height))
		}
		if randr.Init(conn) != nil {
			return
		}
		if _, err := randr.QueryVersion(conn, 1, 5).Reply(); err != nil {
			return
		}
		list, err := randr.GetMonitors(conn, root, true).Reply()
		if err != nil {
			return
		}
		for _, m := range list.Monitors {
			screens = append(screens, image.Rect(int(m.X), int(m.Y), int(m.X)+int(m.Width), int(m.Y)+int(m.Height)))
		}
	})
	return screens, all
}

// Receive: other programs start this one with a file, which a second start hands on.
func (*linux) Receive(func(path string)) {}

func (*linux) Relaunch() error {
	exe, err := program()
	if err != nil {
		return err
	}
	return relaunch(exe)
}
