// Package frontend carries the built page of the window.
package frontend

import "embed"

// Files holds the built page under "dist". A build without the page holds no index.html there.
//
//go:embed all:dist
var Files embed.FS
