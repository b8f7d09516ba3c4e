//go:build desktop

package window

import (
	"context"
	"net/http"
	"runtime"
	"sync/atomic"

	"github.com/wailsapp/wails/v2"
	"github.com/wailsapp/wails/v2/pkg/options"
	"github.com/wailsapp/wails/v2/pkg/options/assetserver"
	"github.com/wailsapp/wails/v2/pkg/options/linux"
	"github.com/wailsapp/wails/v2/pkg/options/mac"
	wruntime "github.com/wailsapp/wails/v2/pkg/runtime"
)

// Run opens the window on h and returns when it is closed or ctx ends. It must be called on the main goroutine, which
// macOS demands of everything that draws. Requests reach h inside the process, without a socket, from a page of origin
// wails://; cancelling a fetch there does not cancel its request's context.
//
// A second start of the program raises the first one's window and exits here with status 1, where the desktop has a
// session bus to tell them apart.
func Run(ctx context.Context, h http.Handler) error {
	var shown atomic.Value // the window's context, once it has started
	app := &options.App{
		Title:     "Sightglass",
		Width:     1080,
		Height:    760,
		MinWidth:  480,
		MinHeight: 400,
		// On macOS closing the last window leaves the program running; elsewhere it ends it.
		HideWindowOnClose:        runtime.GOOS == "darwin",
		EnableDefaultContextMenu: true, // copying an answer with the mouse
		AssetServer:              &assetserver.Options{Handler: h},
		OnStartup: func(started context.Context) {
			shown.Store(started)
			context.AfterFunc(ctx, func() { wruntime.Quit(started) })
		},
		SingleInstanceLock: &options.SingleInstanceLock{
			UniqueId: "sightglass",
			OnSecondInstanceLaunch: func(options.SecondInstanceData) {
				if window, ok := shown.Load().(context.Context); ok {
					wruntime.WindowUnminimise(window)
					wruntime.Show(window)
				}
			},
		},
		Mac: &mac.Options{
			TitleBar: mac.TitleBarHiddenInset(),
			About:    &mac.AboutInfo{Title: "Sightglass", Message: "Answers questions about what you see, on this machine."},
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
