package hub_test

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"sightglass/app/hub"
)

// answers lets the hub answer a search with a text, and notes what it was asked.
func (h *fakeHub) answers(text string, asked *string) {
	h.fails(func(w http.ResponseWriter, r *http.Request, _ []byte) bool {
		if r.URL.Path != "/api/models" {
			return false
		}
		*asked = r.URL.RawQuery
		w.Write([]byte(text))
		return true
	})
}

func TestSearch(t *testing.T) {
	h := newHub(t)
	var asked string
	h.answers(`[
		{"id": "org/small", "downloads": 1200, "gated": false, "config": {"architectures": ["SmolVLMForConditionalGeneration"]},
		 "safetensors": {"parameters": {"BF16": 1000, "U32": 500, "ODD": 7}, "total": 1507}},
		{"id": "org/gated", "downloads": 7, "gated": "manual"},
		{"id": "bert-base"}, {"id": "../../etc/passwd"},
		{"id": "org/liar", "downloads": -5, "safetensors": {"parameters": {"F32": -1}}}
	]`, &asked)
	got, err := h.client().Search(t.Context(), " small & fast ")
	if err != nil {
		t.Fatal(err)
	}
	want := []hub.Found{
		{Repo: "org/small", Downloads: 1200, Architecture: "SmolVLMForConditionalGeneration", Bytes: 4000},
		{Repo: "org/gated", Downloads: 7, Gated: true},
		{Repo: "org/liar"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	for _, part := range []string{"search=small+%26+fast", "filter=safetensors", "limit=30", "expand%5B%5D=config"} {
		if !strings.Contains(asked, part) {
			t.Errorf("asked %q, want %q in it", asked, part)
		}
	}
}

func TestSearchesThatFail(t *testing.T) {
	h := newHub(t)
	var asked string
	for _, c := range []struct {
		words, answer string
		want          error
	}{
		{" ", "[]", hub.ErrName},
		{strings.Repeat("x", 300), "[]", hub.ErrName},
		{"a", "<html>", hub.ErrHub},
		{"a", `{"error": "no"}`, hub.ErrHub},
	} {
		h.answers(c.answer, &asked)
		if _, err := h.client().Search(t.Context(), c.words); !errors.Is(err, c.want) {
			t.Errorf("%.9q, %q: got %v, want %v", c.words, c.answer, err, c.want)
		}
	}
}

func TestLook(t *testing.T) {
	h := newHub(t)
	d, err := h.client().Look(t.Context(), repo)
	if err != nil {
		t.Fatal(err)
	}
	var bytes int64
	for name, data := range h.files {
		if name != "pytorch_model.bin" && name != "README.md" {
			bytes += int64(len(data))
		}
	}
	if d.Bytes != bytes || d.Files != 6 || string(d.Config) != string(h.files["config.json"]) || d.Preprocessor != nil {
		t.Errorf("got %d bytes in %d files, %q; want %d in 6", d.Bytes, d.Files, d.Config, bytes)
	}
	h.fails(func(w http.ResponseWriter, r *http.Request, data []byte) bool {
		if !strings.HasSuffix(r.URL.Path, "/config.json") {
			return false
		}
		w.Write(append(data, data...))
		return true
	})
	if _, err := h.client().Look(t.Context(), repo); !errors.Is(err, hub.ErrCorrupt) {
		t.Errorf("a longer file than announced: got %v, want %v", err, hub.ErrCorrupt)
	}
	if _, err := h.client().Look(t.Context(), "org/other"); !errors.Is(err, hub.ErrNotFound) {
		t.Errorf("got %v, want %v", err, hub.ErrNotFound)
	}
}

// What a stopped download left is deleted; a model that was whole before stays.
func TestDiscard(t *testing.T) {
	h, cache := newHub(t), hub.Cache{Dir: t.TempDir()}
	if err := cache.Discard(repo); err != nil {
		t.Errorf("of nothing: %v", err)
	}
	h.fails(func(w http.ResponseWriter, r *http.Request, data []byte) bool {
		if r.URL.Path != "/model-00002-of-00002.safetensors" {
			return false
		}
		// The files are fetched at once: the refusal waits until some of another is there, however the machine is loaded.
		for n, _ := cache.Size(repo); n == 0; n, _ = cache.Size(repo) {
			time.Sleep(time.Millisecond)
		}
		w.WriteHeader(http.StatusForbidden)
		return true
	})
	if _, err := h.client().Pull(t.Context(), cache, repo, "", nil); !errors.Is(err, hub.ErrAccess) {
		t.Fatal(err)
	}
	root := filepath.Join(cache.Dir, "models--org--model-4bit")
	if n, err := cache.Size(repo); n == 0 || err != nil {
		t.Errorf("a part takes %d bytes, %v", n, err)
	}
	if err := cache.Discard(repo); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(root); err == nil {
		t.Error("a part of a model is still there")
	}
	h.fails(nil)
	if _, err := h.client().Pull(t.Context(), cache, repo, "", nil); err != nil {
		t.Fatal(err)
	}
	part := filepath.Join(root, "blobs", "x.incomplete")
	if err := os.WriteFile(part, []byte("of a newer revision"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := cache.Discard(repo); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(part); err == nil {
		t.Error("a part of a newer revision is still there")
	}
	h.check(t, cache)
}
