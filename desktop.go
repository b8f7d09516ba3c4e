//go:build desktop

package main

import (
	"context"
	"net/http"

	"sightglass/app/cli"
	"sightglass/app/shell"
	"sightglass/app/window"
)

func openWindow(ctx context.Context, h http.Handler, at shell.Frame, started cli.Started) error {
	return window.Run(ctx, h, at, func(w *window.Window) (bool, func([]string)) { return started(w) })
}
