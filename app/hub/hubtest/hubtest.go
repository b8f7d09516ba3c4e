// Package hubtest is a hub for tests: it has model folders of this machine as repositories.
package hubtest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

const commit = "0123456789abcdef0123456789abcdef01234567"

// Hub is a hub with repositories, by their names, from folders. Every file is named by its SHA-256.
type Hub struct {
	*httptest.Server
	Token string // wanted, "" for none

	mu       sync.Mutex
	folders  map[string]string
	fault    func(w http.ResponseWriter, r *http.Request) bool
	requests []string
}

// New starts a hub, and ends it with the test.
func New(t testing.TB, folders map[string]string) *Hub {
	h := &Hub{folders: folders}
	h.Server = httptest.NewServer(h)
	t.Cleanup(h.Close)
	return h
}

// Fault lets f answer requests from now on: it reports whether it did. nil ends that.
func (h *Hub) Fault(f func(w http.ResponseWriter, r *http.Request) bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.fault = f
}

// Requests are the paths that were asked for.
func (h *Hub) Requests() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]string(nil), h.requests...)
}

func (h *Hub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	h.requests = append(h.requests, r.URL.Path)
	fault := h.fault
	h.mu.Unlock()
	switch {
	case fault != nil && fault(w, r):
	case r.URL.Path == "/api/models":
		h.search(w, r.URL.Query().Get("search"))
	default:
		h.repository(w, r)
	}
}

func (h *Hub) search(w http.ResponseWriter, words string) {
	found := []map[string]any{}
	for name := range h.folders {
		if strings.Contains(strings.ToLower(name), strings.ToLower(words)) {
			found = append(found, map[string]any{"id": name, "downloads": 5, "gated": h.Token != ""})
		}
	}
	_ = json.NewEncoder(w).Encode(found)
}

func (h *Hub) repository(w http.ResponseWriter, r *http.Request) {
	for name, folder := range h.folders {
		if strings.Contains(r.URL.Path, name) && h.Token != "" && r.Header.Get("Authorization") != "Bearer "+h.Token {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		if r.URL.Path == fmt.Sprintf("/api/models/%s/revision/main", name) {
			h.list(w, folder)
			return
		}
		if file, ok := strings.CutPrefix(r.URL.Path, fmt.Sprintf("/%s/resolve/%s/", name, commit)); ok {
			http.ServeFile(w, r, filepath.Join(folder, filepath.Base(file)))
			return
		}
	}
	http.NotFound(w, r)
}

func (h *Hub) list(w http.ResponseWriter, folder string) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	var files []map[string]any
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(folder, e.Name()))
		if err != nil {
			continue // a folder
		}
		sum := sha256.Sum256(data)
		lfs := map[string]any{"sha256": hex.EncodeToString(sum[:]), "size": len(data)}
		files = append(files, map[string]any{"rfilename": e.Name(), "size": len(data), "lfs": lfs})
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"sha": commit, "siblings": files})
}
