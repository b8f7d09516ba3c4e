// Package window shows the page in a native window, in builds with the tag desktop. It is the only importer of wails, so
// that everything else builds and is tested without a window toolkit. What the window shows and can do is the handler's
// business: the same handler answers a browser.
package window

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
)

// maxFileBytes is one more than the app takes of a picture: a longer file is cut here and refused there, with a sentence.
const maxFileBytes = 64<<20 + 1

// files adds to a handler what a page in WebKitGTK cannot get by itself: the files that were dropped on the window and
// the picture on the clipboard. It is safe for concurrent use.
type files struct {
	http.Handler
	clipboard func() []byte // the picture as a PNG; empty where there is none

	mu      sync.Mutex
	count   int
	dropped map[string]string // paths by address
}

// droppedFile is a file that the page may fetch once.
type droppedFile struct {
	Address string `json:"address"`
	Name    string `json:"name"`
}

// drop makes the files at paths known to the page.
func (f *files) drop(paths []string) []droppedFile {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.dropped == nil {
		f.dropped = map[string]string{}
	}
	var list []droppedFile
	for _, p := range paths {
		f.count++
		d := droppedFile{"/window/dropped/" + strconv.Itoa(f.count), filepath.Base(p)}
		f.dropped[d.Address] = p
		list = append(list, d)
	}
	return list
}

// take returns the path of a dropped file, the first time.
func (f *files) take(address string) (string, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	p, ok := f.dropped[address]
	delete(f.dropped, address)
	return p, ok
}

func (f *files) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if p, ok := f.take(r.URL.Path); ok {
		if err := send(w, p); err != nil {
			http.Error(w, err.Error(), http.StatusNotFound)
		}
		return
	}
	if r.URL.Path == "/window/clipboard" {
		w.Header().Set("Content-Type", "image/png")
		w.Write(f.clipboard())
		return
	}
	f.Handler.ServeHTTP(w, r)
}

func send(w io.Writer, path string) error {
	info, err := os.Stat(path) // before opening, which a pipe would hold up
	if err != nil {
		return fmt.Errorf("window: dropped file: %w", err)
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("window: dropped file: want a file, %q is not one", path)
	}
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("window: dropped file: %w", err)
	}
	defer file.Close()
	_, err = io.Copy(w, io.LimitReader(file, maxFileBytes))
	return err
}

// resolve makes the paths among a program's arguments independent of the folder that it was started in.
func resolve(args []string, folder string) []string {
	list := make([]string, len(args))
	for i, a := range args {
		list[i] = a
		if a != "" && a[0] != '-' && !strings.Contains(a, "://") && !filepath.IsAbs(a) {
			list[i] = filepath.Join(folder, a)
		}
	}
	return list
}
