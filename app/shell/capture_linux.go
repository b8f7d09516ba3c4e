package shell

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/godbus/dbus/v5"
)

// tool is a program that takes pictures; FILE stands for where to.
type tool struct {
	name, wayland string // "yes", "no", "both"
	args          map[Source]string
}

// tools in the order of trying. Each ends with an error, or leaves no file, when the person gives up.
var tools = []tool{
	{"maim", "no", map[Source]string{Selection: "-u -s FILE", OneWindow: "-u -s -t 9999999 FILE", Screen: "-u FILE"}},
	{"spectacle", "both", map[Source]string{Selection: "-r -b -n -o FILE", OneWindow: "-u -b -n -o FILE", Screen: "-f -b -n -o FILE"}},
	{"gnome-screenshot", "both", map[Source]string{Selection: "-a -f FILE", OneWindow: "-w -f FILE", Screen: "-f FILE"}},
	{"scrot", "no", map[Source]string{Selection: "-s -f FILE", OneWindow: "-s -f FILE", Screen: "FILE"}},
	{"import", "no", map[Source]string{Selection: "FILE", OneWindow: "FILE", Screen: "-window root FILE"}},
}

func wayland() bool {
	return os.Getenv("XDG_SESSION_TYPE") == "wayland" || os.Getenv("WAYLAND_DISPLAY") != ""
}

// capture asks an installed tool under X11, and the desktop's portal elsewhere or where there is none.
func capture(ctx context.Context, source Source) ([]byte, error) {
	if source == Clipboard { // the window reads it
		return nil, nil
	}
	if wayland() {
		png, err := portal(ctx, source)
		if !errors.Is(err, ErrNoCapture) {
			return png, err
		}
	}
	for _, t := range tools {
		if (t.wayland == "no" && wayland()) || (t.wayland == "yes" && !wayland()) {
			continue
		}
		if path, err := exec.LookPath(t.name); err == nil {
			return t.capture(ctx, path, source)
		}
	}
	return portal(ctx, source)
}

func (t tool) capture(ctx context.Context, path string, source Source) ([]byte, error) {
	dir, err := os.MkdirTemp("", "sightglass-")
	if err != nil {
		return nil, fmt.Errorf("shell: capture: %w", err)
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "screen.png")
	args := strings.Fields(t.args[source])
	for i := range args {
		if args[i] == "FILE" {
			args[i] = file
		}
	}
	out, err := exec.CommandContext(ctx, path, args...).CombinedOutput()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	png, readErr := os.ReadFile(file)
	if readErr != nil {
		var ended *exec.ExitError
		if err == nil || (errors.As(err, &ended) && source != Screen && ended.Exited()) {
			return nil, ErrCancelled
		}
		return nil, fmt.Errorf("shell: capture: %s: %w: %s", t.name, err, strings.TrimSpace(string(out)))
	}
	return png, nil
}

const (
	portalName = "org.freedesktop.portal.Desktop"
	portalPath = "/org/freedesktop/portal/desktop"
)

// portal asks the desktop's portal (org.freedesktop.portal.Screenshot), which lets the person choose but for the whole screen.
func portal(ctx context.Context, source Source) ([]byte, error) {
	bus, err := dbus.ConnectSessionBus(dbus.WithContext(ctx))
	if err != nil {
		return nil, ErrNoCapture
	}
	defer bus.Close()
	token := "sightglass"
	sender := strings.ReplaceAll(strings.TrimPrefix(bus.Names()[0], ":"), ".", "_")
	request := dbus.ObjectPath(portalPath + "/request/" + sender + "/" + token)
	if err := bus.AddMatchSignal(dbus.WithMatchObjectPath(request), dbus.WithMatchInterface("org.freedesktop.portal.Request"), dbus.WithMatchMember("Response")); err != nil {
		return nil, ErrNoCapture
	}
	answers := make(chan *dbus.Signal, 1)
	bus.Signal(answers)
	call := bus.Object(portalName, portalPath).CallWithContext(ctx, "org.freedesktop.portal.Screenshot.Screenshot", 0, "",
		map[string]dbus.Variant{"handle_token": dbus.MakeVariant(token), "interactive": dbus.MakeVariant(source != Screen)})
	if call.Err != nil {
		return nil, ErrNoCapture
	}
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case answer := <-answers:
		return portalPicture(answer)
	}
}

func portalPicture(answer *dbus.Signal) ([]byte, error) {
	var status uint32
	var results map[string]dbus.Variant
	if answer == nil || dbus.Store(answer.Body, &status, &results) != nil {
		return nil, errors.New("shell: capture: want the portal's answer, found something else")
	}
	if status != 0 {
		return nil, ErrCancelled
	}
	address, _ := results["uri"].Value().(string)
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "file" {
		return nil, fmt.Errorf("shell: capture: want a file of the portal, found %q", address)
	}
	defer os.Remove(u.Path)
	png, err := os.ReadFile(u.Path)
	if err != nil {
		return nil, fmt.Errorf("shell: capture: %w", err)
	}
	return png, nil
}
