//go:build !desktop

package main

import (
	"context"
	"net/http"

	"sightglass/app/cli"
	"sightglass/app/shell"
)

// openWindow is nil: this build has no window.
var openWindow func(context.Context, http.Handler, shell.Frame, cli.Started) error
