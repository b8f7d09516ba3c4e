//go:build desktop

package main

import (
	"context"
	"net/http"

	"sightglass/app/cli"
	"sightglass/app/window"
)

func openWindow(ctx context.Context, h http.Handler, started cli.Started) error {
	return window.Run(ctx, h, func(w *window.Window) (bool, func([]string)) { return started(w) })
}
