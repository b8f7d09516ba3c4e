//go:build desktop

package window

import (
	"context"
	"net/http"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/wailsapp/wails/v2"
	"github.com/wailsapp/wails/v2/pkg/options"
	"github.com/wailsapp/wails/v2/pkg/options/assetserver"
	"github.com/wailsapp/wails/v2/pkg/options/linux"
	"github.com/wailsapp/wails/v2/pkg/options/mac"
	wruntime "github.com/wailsapp/wails/v2/pkg/runtime"
)

// Sizes in points.
const (
	wideDefault, highDefault = 1080, 760
	wideLeast, highLeast     = 480, 400
	widePanel, highPanel     = 440, 520
	besidePointer            = 12
)

// Window is the one window, shown whole or as a compact panel. It is safe for concurrent use.
type Window struct {
	ctx      context.Context
	quitting atomic.Bool

	mu         sync.Mutex
	panel      bool
	wide, high int // of the whole window
}

// Run opens the window on h and returns when it is closed or ctx ends. It must be called on the main goroutine, which
// macOS demands of everything that draws. Requests reach h inside the process, without a socket, from a page of origin
// wails://; cancelling a fetch there does not cancel its request's context.
//
// started gets the window once it is there, and returns whether closing it leaves the program running, and what to do
// with the arguments of a second start, which shows the window here and exits there with status 1, where the desktop has a
// session bus to tell the two apart.
func Run(ctx context.Context, h http.Handler, started func(*Window) (stay bool, again func(args []string))) error {
	w := &Window{wide: wideDefault, high: highDefault}
	var stay atomic.Bool
	var again atomic.Value
	open := func(args ...string) {
		if a, ok := again.Load().(func([]string)); ok {
			go a(args)
		}
	}
	app := &options.App{
		Title:     "Sightglass",
		Width:     wideDefault,
		Height:    highDefault,
		MinWidth:  wideLeast,
		MinHeight: highLeast,
		// On macOS closing the last window leaves the program running; elsewhere it does where there is a bar to find it in.
		HideWindowOnClose:        runtime.GOOS == "darwin",
		EnableDefaultContextMenu: true, // copying an answer with the mouse
		AssetServer:              &assetserver.Options{Handler: h},
		OnStartup: func(c context.Context) {
			w.ctx = c
			context.AfterFunc(ctx, w.Quit)
			go func() { // a desktop that answers slowly does not hold up the window
				s, a := started(w)
				stay.Store(s)
				again.Store(a)
			}()
		},
		OnBeforeClose: func(context.Context) (prevent bool) {
			if w.quitting.Load() || runtime.GOOS == "darwin" || !stay.Load() {
				return false
			}
			w.Hide()
			return true
		},
		SingleInstanceLock: &options.SingleInstanceLock{
			UniqueId: "sightglass",
			OnSecondInstanceLaunch: func(d options.SecondInstanceData) {
				open(resolve(d.Args, d.WorkingDirectory)...)
			},
		},
		Mac: &mac.Options{
			TitleBar:   mac.TitleBarHiddenInset(),
			OnFileOpen: func(path string) { open(path) },
			OnUrlOpen:  func(address string) { open(address) },
			About:      &mac.AboutInfo{Title: "Sightglass", Message: "Answers questions about what you see, on this machine."},
		},
		Linux: &linux.Options{
			ProgramName: "sightglass",
			// WebKitGTK's GPU process draws nothing on many virtual and older machines; the page is light enough without.
			WebviewGpuPolicy: linux.WebviewGpuPolicyNever,
		},
	}
	helpWebKit(app)
	return wails.Run(app)
}

// Panel shows the compact panel beside a point of the screen, above other windows, with the page at place.
func (w *Window) Panel(place string, x, y int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.panel {
		w.wide, w.high = wruntime.WindowGetSize(w.ctx)
		w.panel = true
	}
	w.lead(place)
	wruntime.WindowSetMinSize(w.ctx, widePanel, highLeast)
	wruntime.WindowSetSize(w.ctx, widePanel, highPanel)
	wide, high := w.screen()
	wruntime.WindowSetPosition(w.ctx, within(x+besidePointer, wide-widePanel), within(y+besidePointer, high-highPanel))
	wruntime.WindowSetAlwaysOnTop(w.ctx, true)
	w.front()
}

// Open shows the whole window in front; place "" leaves the page where it is.
func (w *Window) Open(place string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.panel {
		w.panel = false
		wruntime.WindowSetAlwaysOnTop(w.ctx, false)
		wruntime.WindowSetMinSize(w.ctx, wideLeast, highLeast)
		wruntime.WindowSetSize(w.ctx, w.wide, w.high)
		wruntime.WindowCenter(w.ctx)
	}
	w.lead(place)
	w.front()
}

// Hide takes the window off the screen.
func (w *Window) Hide() { wruntime.WindowHide(w.ctx) }

// Quit ends the program.
func (w *Window) Quit() {
	w.quitting.Store(true)
	wruntime.Quit(w.ctx)
}

// Clipboard returns the picture on the clipboard as a PNG, or nothing.
func (w *Window) Clipboard() []byte { return clipboardPicture() }

func (w *Window) lead(place string) {
	if place != "" {
		wruntime.WindowExecJS(w.ctx, "location.hash = "+strconv.Quote("#"+place))
	}
}

func (w *Window) front() {
	wruntime.WindowUnminimise(w.ctx)
	wruntime.Show(w.ctx)
	wruntime.WindowShow(w.ctx)
}

// screen is the size of the screen that the window is on.
func (w *Window) screen() (wide, high int) {
	screens, err := wruntime.ScreenGetAll(w.ctx)
	if err != nil {
		return wideDefault, highDefault
	}
	for _, s := range screens {
		if s.IsCurrent || wide == 0 {
			wide, high = s.Size.Width, s.Size.Height
		}
	}
	return wide, high
}

func within(v, most int) int { return max(0, min(v, most)) }
