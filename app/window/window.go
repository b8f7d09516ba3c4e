//go:build desktop

package window

import (
	"context"
	"image"
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

	"sightglass/app/shell"
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
// at is how the window was left. started gets the window once it is there, and returns whether closing it leaves the program running, and what to do
// with the arguments of a second start, which shows the window here and exits there with status 1, where the desktop has a
// session bus to tell the two apart.
func Run(ctx context.Context, h http.Handler, at shell.Frame, started func(*Window) (stay bool, again func(args []string))) error {
	size := restored(at)
	w := &Window{wide: size.X, high: size.Y}
	var stay atomic.Bool
	var again atomic.Value
	open := func(args ...string) {
		if a, ok := again.Load().(func([]string)); ok {
			go a(args)
		}
	}
	app := &options.App{
		Title:       "Sightglass",
		Width:       size.X,
		Height:      size.Y,
		MinWidth:    wideLeast,
		MinHeight:   highLeast,
		StartHidden: at.Hidden,
		// On macOS closing the last window leaves the program running; elsewhere it does where there is a bar to find it in.
		HideWindowOnClose:        runtime.GOOS == "darwin",
		EnableDefaultContextMenu: true, // copying an answer with the mouse
		AssetServer:              &assetserver.Options{Handler: h},
		OnStartup: func(c context.Context) {
			w.ctx = c
			context.AfterFunc(ctx, w.Quit)
			w.restore(at)
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

// Panel shows the compact panel beside the pointer, above other windows, with the page at place.
func (w *Window) Panel(place string, at shell.Spot) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.panel {
		w.wide, w.high = wruntime.WindowGetSize(w.ctx)
		w.panel = true
	}
	w.lead(place)
	wruntime.WindowSetMinSize(w.ctx, widePanel, highLeast)
	wruntime.WindowSetSize(w.ctx, widePanel, highPanel)
	// Wails counts from the corner of the screen that the window is on.
	corner, scale := corner(at.Window)
	screen := inPoints(at.Screen, scale)
	if screen.Empty() {
		screen = image.Rectangle{Max: w.screen()}.Add(corner)
	}
	to := beside(at.Pointer.Div(scale), screen, image.Pt(widePanel, highPanel)).Sub(corner)
	wruntime.WindowSetPosition(w.ctx, to.X, to.Y)
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

// restore puts the window where it was left, on the screen that it opened on.
func (w *Window) restore(at shell.Frame) {
	if at.Wide == 0 {
		return
	}
	to := beside(image.Pt(at.X-besidePointer, at.Y-besidePointer), image.Rectangle{Max: w.screen()}, restored(at))
	wruntime.WindowSetPosition(w.ctx, to.X, to.Y)
	if at.Maximised {
		wruntime.WindowMaximise(w.ctx)
	}
}

// Frame is how the whole window lies; false while it is the panel, or small in the Dock.
func (w *Window) Frame() (f shell.Frame, whole bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.panel || wruntime.WindowIsMinimised(w.ctx) || wruntime.WindowIsFullscreen(w.ctx) {
		return f, false
	}
	f.Maximised = wruntime.WindowIsMaximised(w.ctx)
	f.Wide, f.High = wruntime.WindowGetSize(w.ctx)
	x, y := wruntime.WindowGetPosition(w.ctx)
	corner, _ := corner(image.Point{}) // Wails counts from it on macOS, and here not
	f.X, f.Y = x-corner.X, y-corner.Y
	return f, true
}

// screen is the size of the screen that the window is on.
func (w *Window) screen() (size image.Point) {
	screens, err := wruntime.ScreenGetAll(w.ctx)
	if err != nil {
		return image.Pt(wideDefault, highDefault)
	}
	for _, s := range screens {
		if s.IsCurrent || size.X == 0 {
			size = image.Pt(s.Size.Width, s.Size.Height)
		}
	}
	return size
}
