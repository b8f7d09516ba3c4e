package api

import (
	"io/fs"
	"net/http"
	"path"
	"strings"
)

// pagePolicy lets the page run its own scripts and show its own pictures and nothing else. Components and highlighted
// code set style attributes.
const pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; " +
	"font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

const noPage = "This build of Sightglass has no page. Build it with: make build"

// pageHandler serves the built page. A path that is no file is a route of the page.
func pageHandler(files fs.FS) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", pagePolicy)
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			http.Error(w, "Only GET.", http.StatusMethodNotAllowed)
			return
		}
		if files == nil {
			http.Error(w, noPage, http.StatusNotFound)
			return
		}
		name := strings.TrimPrefix(path.Clean(r.URL.Path), "/")
		info, err := fs.Stat(files, name)
		switch {
		case err == nil && !info.IsDir() && strings.HasPrefix(name, "assets/"):
			w.Header().Set("Cache-Control", forever) // Vite puts a hash in these names
		case err == nil && !info.IsDir():
			w.Header().Set("Cache-Control", "no-cache")
		case path.Ext(name) != "":
			http.NotFound(w, r)
			return
		default:
			w.Header().Set("Cache-Control", "no-cache")
			name = "index.html"
		}
		if _, err := fs.Stat(files, name); err != nil {
			http.Error(w, noPage, http.StatusNotFound)
			return
		}
		http.ServeFileFS(w, r, files, name)
	})
}
