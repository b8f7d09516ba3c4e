//go:build !desktop

package main

import (
	"context"
	"net/http"

	"sightglass/app/cli"
)

// openWindow is nil: this build has no window.
var openWindow func(context.Context, http.Handler, cli.Started) error
