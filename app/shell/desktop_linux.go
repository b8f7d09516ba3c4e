package shell

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
)

// NewDesktop returns this machine's desktop: X11 or Wayland, and what of D-Bus is there.
func NewDesktop() Desktop {
	d := new(linux)
	return Desktop{d, d, d}
}

type linux struct {
	tray tray
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

func (*linux) Capture(ctx context.Context, source Source) ([]byte, error) {
	return capture(ctx, source)
}

// Pointer is where X11's pointer is; Wayland tells no program, so that the panel stays where the window was.
func (*linux) Pointer() (x, y int) {
	conn, err := xgb.NewConn()
	if err != nil {
		return 0, 0
	}
	defer conn.Close()
	p, err := xproto.QueryPointer(conn, xproto.Setup(conn).DefaultScreen(conn).Root).Reply()
	if err != nil {
		return 0, 0
	}
	return int(p.RootX), int(p.RootY)
}

// Receive: other programs start this one with a file, which a second start hands on.
func (*linux) Receive(func(name string, data []byte)) {}

func (*linux) Relaunch() error { return relaunch() }

// relaunch starts this program again once this process has ended.
func relaunch() error {
	exe, err := os.Executable()
	if err != nil {
		return fmt.Errorf("shell: relaunch: %w", err)
	}
	cmd := exec.Command("/bin/sh", "-c", `while kill -0 "$1" 2>/dev/null; do sleep 0.1; done; exec "$2"`, "sh", strconv.Itoa(os.Getpid()), exe)
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("shell: relaunch: %w", err)
	}
	return cmd.Process.Release()
}
