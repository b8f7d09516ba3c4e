//go:build !desktop

package main

import (
	"context"
	"net/http"
)

// openWindow is nil: this build has no window.
var openWindow func(context.Context, http.Handler) error
