package hub_test

import (
	"context"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"sightglass/app/hub"
)

const (
	commit = "0123456789abcdef0123456789abcdef01234567"
	repo   = hub.Repo("org/model-4bit")
	token  = "hf_secret"
)

// fakeHub is a hub with one repository. Weights lie on another host, as the public hub's do.
type fakeHub struct {
	*httptest.Server
	cdn     *httptest.Server
	files   map[string][]byte
	listing func(entries []map[string]any) []map[string]any // changes what is listed

	mu       sync.Mutex
	requests []string // method, path and range
	leaks    []string // hosts other than the hub's that were sent the token
	// fault, if not nil, may answer a request itself, and then reports true. Once requests were made it is changed by fails.
	fault func(w http.ResponseWriter, r *http.Request, data []byte) bool
}

func newHub(t *testing.T) *fakeHub {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	weights := func(n int) []byte {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		return b
	}
	h := &fakeHub{files: map[string][]byte{
		"config.json": []byte(`{"architectures": ["Idefics3ForConditionalGeneration"]}`), "tokenizer.json": []byte("{}"), "LICENSE": []byte("free"),
		"model-00001-of-00002.safetensors": weights(200_000), "model-00002-of-00002.safetensors": weights(70_001),
		"model.safetensors.index.json": []byte(`{"weight_map": {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}}`),
		"pytorch_model.bin":            weights(10), "README.md": []byte("# Model"),
	}}
	h.Server = httptest.NewServer(http.HandlerFunc(h.hub))
	h.cdn = httptest.NewServer(http.HandlerFunc(h.blobs))
	t.Cleanup(func() { h.Close(); h.cdn.Close() })
	return h
}

func (h *fakeHub) hub(w http.ResponseWriter, r *http.Request) {
	h.note(r)
	name := strings.TrimPrefix(r.URL.Path, fmt.Sprintf("/%s/resolve/%s/", repo, commit))
	data, ok := h.files[name]
	fault := h.faulty()
	switch {
	case fault != nil && fault(w, r, data):
	case r.URL.Path == fmt.Sprintf("/api/models/%s/revision/main", repo):
		var entries []map[string]any
		for name, data := range h.files {
			e := map[string]any{"rfilename": name, "size": len(data), "blobId": gitHash(data)}
			if strings.HasSuffix(name, ".safetensors") {
				e["lfs"] = map[string]any{"sha256": largeHash(data), "size": len(data)}
			}
			entries = append(entries, e)
		}
		if h.listing != nil {
			entries = h.listing(entries)
		}
		json.NewEncoder(w).Encode(map[string]any{"sha": commit, "siblings": entries})
	case !ok:
		http.NotFound(w, r)
	case strings.HasSuffix(name, ".safetensors"):
		http.Redirect(w, r, h.cdn.URL+"/"+name+"?signature=x", http.StatusFound)
	default:
		http.ServeContent(w, r, "", time.Time{}, strings.NewReader(string(data)))
	}
}

// blobs is the other host.
func (h *fakeHub) blobs(w http.ResponseWriter, r *http.Request) {
	h.note(r)
	if r.Header.Get("Authorization") != "" {
		h.mu.Lock()
		h.leaks = append(h.leaks, r.Host)
		h.mu.Unlock()
	}
	data := h.files[strings.TrimPrefix(r.URL.Path, "/")]
	if fault := h.faulty(); fault == nil || !fault(w, r, data) {
		http.ServeContent(w, r, "", time.Time{}, strings.NewReader(string(data)))
	}
}

func (h *fakeHub) faulty() func(w http.ResponseWriter, r *http.Request, data []byte) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.fault
}

func (h *fakeHub) fails(fault func(w http.ResponseWriter, r *http.Request, data []byte) bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.fault = fault
}

func (h *fakeHub) note(r *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.requests = append(h.requests, strings.TrimSpace(r.URL.Path+" "+r.Header.Get("Range")))
}

// asked counts the requests for paths that end so.
func (h *fakeHub) asked(end string) (n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, r := range h.requests {
		if strings.HasSuffix(r, end) {
			n++
		}
	}
	return n
}

// client asks the fake, and does not wait between tries.
func (h *fakeHub) client() *hub.Client {
	return &hub.Client{Endpoint: h.URL, Token: token, Wait: func(ctx context.Context, _ time.Duration) error { return context.Cause(ctx) }}
}

func gitHash(data []byte) string {
	sum := sha1.Sum(append([]byte(fmt.Sprintf("blob %d\x00", len(data))), data...))
	return hex.EncodeToString(sum[:])
}

func largeHash(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// check compares what a cache holds with what the hub has.
func (h *fakeHub) check(t *testing.T, cache hub.Cache) {
	t.Helper()
	dir, ok := cache.Find(repo)
	if !ok {
		t.Fatal("the repository is not found in the cache")
	}
	for name, want := range h.files {
		got, err := os.ReadFile(filepath.Join(dir, name))
		if name == "pytorch_model.bin" || name == "README.md" {
			if err == nil {
				t.Errorf("%s was downloaded, which no model needs", name)
			}
			continue
		}
		if err != nil || string(got) != string(want) {
			t.Errorf("%s: got %d bytes (%v), want those %d of the hub", name, len(got), err, len(want))
		}
	}
}
