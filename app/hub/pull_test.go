package hub_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"sightglass/app/hub"
)

func TestPullLaysFilesOutAsTheCacheIsSpecified(t *testing.T) {
	h, cache := newHub(t), hub.Cache{Dir: t.TempDir()}
	var last hub.Progress
	dir, err := h.client().Pull(t.Context(), cache, repo, "", func(p hub.Progress) { last = p })
	if err != nil {
		t.Fatal(err)
	}
	h.check(t, cache)
	root := filepath.Join(cache.Dir, "models--org--model-4bit")
	if want := filepath.Join(root, "snapshots", commit); dir != want {
		t.Errorf("folder: got %s, want %s", dir, want)
	}
	if ref, _ := os.ReadFile(filepath.Join(root, "refs", "main")); string(ref) != commit {
		t.Errorf("refs/main: got %q, want %q", ref, commit)
	}
	for name, hash := range map[string]string{
		"config.json":                      gitHash(h.files["config.json"]),
		"model-00001-of-00002.safetensors": largeHash(h.files["model-00001-of-00002.safetensors"]),
	} {
		if to, _ := os.Readlink(filepath.Join(dir, name)); to != "../../blobs/"+hash {
			t.Errorf("%s: got a link to %q, want ../../blobs/%s", name, to, hash)
		}
	}
	if parts, _ := filepath.Glob(filepath.Join(root, "blobs", "*.*")); len(parts) > 0 {
		t.Errorf("left over: %v", parts)
	}
	if last.Done != last.Total || last.Total < 270_001 || last.Files != 6 {
		t.Errorf("last progress: got %+v, want all bytes of 6 files", last)
	}
	if len(h.leaks) > 0 {
		t.Errorf("the token was sent to %v", h.leaks)
	}
	if got := cache.List(); !slices.Equal(got, []hub.Repo{repo}) {
		t.Errorf("list: got %v, want %v", got, repo)
	}

	before := len(h.requests)
	if _, err := h.client().Pull(t.Context(), cache, repo, "", nil); err != nil || len(h.requests) != before+1 {
		t.Errorf("once more: %v, and %d requests, want the list alone", err, len(h.requests)-before)
	}

	freed, err := cache.Remove(repo)
	if _, found := cache.Find(repo); err != nil || freed != last.Total || found {
		t.Errorf("remove: got %d bytes free (%v), found %v, want %d and nothing", freed, err, found, last.Total)
	}
	if _, err := cache.Remove(repo); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("remove again: got %v", err)
	}
}

func TestPullGoesOnWhereItWasStopped(t *testing.T) {
	h, cache := newHub(t), hub.Cache{Dir: t.TempDir()}
	const name = "model-00001-of-00002.safetensors"
	ctx, stop := context.WithCancelCause(t.Context())
	why := errors.New("paused")
	var served, other atomic.Bool // the first part of one shard, and the other
	h.fault = func(w http.ResponseWriter, r *http.Request, data []byte) bool {
		if r.URL.Path != "/"+name {
			return false
		}
		w.Header().Set("Content-Length", fmt.Sprint(len(data)))
		w.Write(data[:100_000])
		w.(http.Flusher).Flush()
		if served.Store(true); other.Load() {
			stop(why)
		}
		<-r.Context().Done()
		return true
	}
	_, err := h.client().Pull(ctx, cache, repo, "", func(p hub.Progress) {
		if p.Done > 70_001 {
			if other.Store(true); served.Load() {
				stop(why)
			}
		}
	})
	if err == nil {
		t.Fatal("a stopped download ended well")
	}
	stop(why)
	if _, ok := cache.Find(repo); ok {
		t.Fatal("a part of a model is called a model")
	}
	h.fails(nil)
	if _, err := h.client().Pull(t.Context(), cache, repo, "", nil); err != nil {
		t.Fatal(err)
	}
	h.check(t, cache)
}

func TestCutConnectionsAreMadeAnewFromWhereTheyWere(t *testing.T) {
	h, cache := newHub(t), hub.Cache{Dir: t.TempDir()}
	const name = "model-00001-of-00002.safetensors"
	cuts := 0
	h.fault = func(w http.ResponseWriter, r *http.Request, data []byte) bool {
		if r.URL.Path != "/"+name || r.Header.Get("Range") != "" {
			return false
		}
		cuts++
		w.Header().Set("Content-Length", fmt.Sprint(len(data)))
		w.Write(data[:131_072])
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}
	if _, err := h.client().Pull(t.Context(), cache, repo, "", nil); err != nil {
		t.Fatal(err)
	}
	h.check(t, cache)
	if cuts != 1 || h.asked(name+" bytes=131072-") == 0 {
		t.Errorf("got %d cuts and requests %v, want one cut and a request from byte 131072 on", cuts, h.requests)
	}
}

func TestASilentConnectionIsGivenUp(t *testing.T) {
	h, cache := newHub(t), hub.Cache{Dir: t.TempDir()}
	var silent atomic.Bool
	silent.Store(true)
	h.fault = func(w http.ResponseWriter, r *http.Request, _ []byte) bool {
		if r.URL.Path != "/model-00002-of-00002.safetensors" || !silent.CompareAndSwap(true, false) {
			return false
		}
		<-r.Context().Done()
		return true
	}
	c := h.client()
	c.Stall = 50 * time.Millisecond
	if _, err := c.Pull(t.Context(), cache, repo, "", nil); err != nil {
		t.Fatal(err)
	}
	h.check(t, cache)
}

func TestWhatTheHubAnswers(t *testing.T) {
	status := func(times, code int, header ...string) func(http.ResponseWriter, *http.Request, []byte) bool {
		var n atomic.Int32
		return func(w http.ResponseWriter, r *http.Request, _ []byte) bool {
			if int(n.Add(1)) > times {
				return false
			}
			for i := 0; i+1 < len(header); i += 2 {
				w.Header().Set(header[i], header[i+1])
			}
			w.WriteHeader(code)
			return true
		}
	}
	for _, c := range []struct {
		name  string
		fault func(http.ResponseWriter, *http.Request, []byte) bool
		want  error
		wait  time.Duration // the longest
	}{
		{"wants a token", status(9, 401), hub.ErrAccess, 0},
		{"refuses the token", status(9, 403), hub.ErrAccess, 0},
		{"hides what is not there", status(9, 401, "X-Error-Code", "RepoNotFound"), hub.ErrNotFound, 0},
		{"has no such repository", status(9, 404), hub.ErrNotFound, 0},
		{"is asked too often", status(1, 429, "Retry-After", "17"), nil, 17 * time.Second},
		{"asks for a year", status(1, 429, "Retry-After", "31536000"), nil, time.Minute},
		{"fails twice", status(2, 502), nil, 2 * time.Second},
		{"fails for good", status(99, 503), hub.ErrHub, 8 * time.Second},
		{"is no hub", func(w http.ResponseWriter, _ *http.Request, _ []byte) bool {
			fmt.Fprint(w, "<html>please log in to the wifi</html>")
			return true
		}, hub.ErrHub, 0},
		{"goes round in circles", func(w http.ResponseWriter, r *http.Request, _ []byte) bool {
			http.Redirect(w, r, r.URL.Path, http.StatusFound)
			return true
		}, hub.ErrHub, 8 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			h, cache := newHub(t), hub.Cache{Dir: t.TempDir()}
			h.fault = c.fault
			client := h.client()
			var longest time.Duration
			client.Wait = func(_ context.Context, d time.Duration) error {
				longest = max(longest, d)
				return nil
			}
			_, err := client.Pull(t.Context(), cache, repo, "", nil)
			if !errors.Is(err, c.want) || (c.want == nil) != (err == nil) {
				t.Errorf("got %v, want %v", err, c.want)
			}
			if longest != c.wait {
				t.Errorf("waited at most %v, want %v", longest, c.wait)
			}
			if _, ok := cache.Find(repo); ok != (err == nil) {
				t.Errorf("found %v after %v", ok, err)
			}
		})
	}
}

func TestWrongBytesAreNeverKept(t *testing.T) {
	const name = "model-00002-of-00002.safetensors"
	for _, c := range []struct {
		name  string
		times int32
		send  func(data []byte) []byte
		want  error
	}{
		{"another byte", 99, func(d []byte) []byte { d[9]++; return d }, hub.ErrCorrupt},
		{"another byte, once", 1, func(d []byte) []byte { d[9]++; return d }, nil},
		{"a byte more", 99, func(d []byte) []byte { return append(d, 0) }, hub.ErrCorrupt},
	} {
		t.Run(c.name, func(t *testing.T) {
			h, cache := newHub(t), hub.Cache{Dir: t.TempDir()}
			var n atomic.Int32
			h.fault = func(w http.ResponseWriter, r *http.Request, data []byte) bool {
				if r.URL.Path != "/"+name || n.Add(1) > c.times {
					return false
				}
				w.Write(c.send(slices.Clone(data)))
				return true
			}
			_, err := h.client().Pull(t.Context(), cache, repo, "", nil)
			if !errors.Is(err, c.want) || (c.want == nil) != (err == nil) {
				t.Fatalf("got %v, want %v", err, c.want)
			}
			if err == nil {
				h.check(t, cache)
			} else if _, ok := cache.Find(repo); ok {
				t.Error("a broken model is called a model")
			}
		})
	}
}

func TestListingsThatLieAreRefused(t *testing.T) {
	add := func(name, hash string, size int64) func([]map[string]any) []map[string]any {
		return func(l []map[string]any) []map[string]any {
			return append(l, map[string]any{"rfilename": name, "blobId": hash, "size": size})
		}
	}
	good := strings.Repeat("a", 40)
	for _, c := range []struct {
		name    string
		listing func([]map[string]any) []map[string]any
		want    error
	}{
		{"a path upwards", add("..", good, 1), nil}, // no file that a model needs
		{"a hidden file", add(".json", good, 1), hub.ErrHub},
		{"a path of another system", add(`..\..\x.json`, good, 1), hub.ErrHub},
		{"a drive", add("c:x.json", good, 1), hub.ErrHub},
		{"a hash that is a path", add("x.json", "../../../x", 1), hub.ErrHub},
		{"no size", func(l []map[string]any) []map[string]any {
			return append(l, map[string]any{"rfilename": "x.json", "blobId": good})
		}, hub.ErrHub},
		{"a negative size", add("x.json", good, -1), hub.ErrHub},
		{"an absurd size", add("x.json", good, 1<<50), hub.ErrHub},
		{"more than the disk holds", add("x.json", good, 1<<40), hub.ErrSpace},
		{"no weights", func(l []map[string]any) []map[string]any {
			return slices.DeleteFunc(l, func(e map[string]any) bool { return e["lfs"] != nil })
		}, hub.ErrNoModel},
		{"a shard less than the index names", func(l []map[string]any) []map[string]any {
			return slices.DeleteFunc(l, func(e map[string]any) bool { return e["rfilename"] == "model-00002-of-00002.safetensors" })
		}, hub.ErrNoModel},
		{"a file that is gone", add("gone.json", good, 1), hub.ErrNotFound},
	} {
		t.Run(c.name, func(t *testing.T) {
			h, dir := newHub(t), t.TempDir()
			cache := hub.Cache{Dir: filepath.Join(dir, "cache")}
			h.listing = c.listing
			_, err := h.client().Pull(t.Context(), cache, repo, "", nil)
			if !errors.Is(err, c.want) || (c.want == nil) != (err == nil) {
				t.Errorf("got %v, want %v", err, c.want)
			}
			if _, ok := cache.Find(repo); ok != (err == nil) {
				t.Errorf("found %v after %v", ok, err)
			}
			if entries, _ := os.ReadDir(dir); len(entries) > 1 {
				t.Errorf("beside the cache: %v", entries)
			}
		})
	}
}

// TestFaultsAtRandom pulls 200 times from a hub that fails in every way that is known, going on with what the time before left: what is called a
// model afterwards is right to the byte.
func TestFaultsAtRandom(t *testing.T) {
	var well, failed int
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 5))
		h, cache := newHub(t), hub.Cache{Dir: t.TempDir()}
		rate := r.Float64() * .6
		h.fault = func(w http.ResponseWriter, req *http.Request, data []byte) bool {
			h.mu.Lock()
			chance, kind, at, code := r.Float64(), r.IntN(6), r.IntN(len(data)+1), []int{401, 404, 429, 500, 503}[r.IntN(5)]
			h.mu.Unlock()
			if chance > rate {
				return false
			}
			switch kind {
			case 0:
				w.WriteHeader(code)
			case 1, 2: // cut
				w.Header().Set("Content-Length", fmt.Sprint(len(data)+1))
				w.Write(data[:at])
				w.(http.Flusher).Flush()
				panic(http.ErrAbortHandler)
			case 3: // other bytes
				wrong := slices.Clone(data)
				for i := at; i < min(at+3, len(wrong)); i++ {
					wrong[i] ^= 0x55
				}
				w.Write(wrong)
			case 4: // from elsewhere than it says
				w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", at, len(data), len(data)))
				w.WriteHeader(http.StatusPartialContent)
				w.Write(data[at:])
			case 5: // too much
				w.Write(append(slices.Clone(data), data...))
				w.Write([]byte("more"))
			}
			return true
		}
		for range 3 {
			if _, err := h.client().Pull(t.Context(), cache, repo, "", nil); err == nil {
				break
			}
		}
		if _, ok := cache.Find(repo); ok {
			well++
			h.check(t, cache)
		} else {
			failed++
		}
	}
	t.Logf("%d whole, %d not", well, failed)
	if well < 20 || failed < 20 {
		t.Errorf("%d whole and %d not: want some of each, or the faults prove nothing", well, failed)
	}
}

func TestNames(t *testing.T) {
	for name, ok := range map[string]bool{
		"mlx-community/Qwen2-VL-2B-Instruct-4bit": true, "a/b": true, "a_b/c.d": true, "HuggingFaceTB/SmolVLM-256M-Instruct": true,
		"": false, "a": false, "a/": false, "/b": false, "a/b/c": false, "../b": false, "a/..": false, "a/.b": false, "-a/b": false, "a--b/c": false,
		"a/b c": false, `a\b/c`: false, "a/b\n": false, "https://x/y": false, strings.Repeat("a", 97) + "/b": false, "a/b-": false,
	} {
		if _, err := hub.ParseRepo(name); (err == nil) != ok || (err != nil && !errors.Is(err, hub.ErrName)) {
			t.Errorf("%q: got %v, want it to be right: %v", name, err, ok)
		}
	}
}

func TestRevisionsStayInTheirFolder(t *testing.T) {
	h := newHub(t)
	for _, revision := range []string{"../main", "a/b", ".", "-x", "a?b"} {
		if _, err := h.client().Pull(t.Context(), hub.Cache{Dir: t.TempDir()}, repo, revision, nil); !errors.Is(err, hub.ErrNotFound) {
			t.Errorf("%q: got %v, want %v", revision, err, hub.ErrNotFound)
		}
	}
	if len(h.requests) > 0 {
		t.Errorf("the hub was asked %v", h.requests)
	}
}

// A file that comes by one connection is told of while it comes.
func TestProgressWithinAFile(t *testing.T) {
	h, cache := newHub(t), hub.Cache{Dir: t.TempDir()}
	const name = "model-00001-of-00002.safetensors"
	h.files[name] = append(h.files[name], make([]byte, 5<<20)...)
	var steps []int64
	var last hub.Progress
	if _, err := h.client().Pull(t.Context(), cache, repo, "", func(p hub.Progress) { last = p; steps = append(steps, p.Done) }); err != nil {
		t.Fatal(err)
	}
	h.check(t, cache)
	if len(steps) < 9 || !slices.IsSorted(steps) || last.Done != last.Total {
		t.Errorf("got %d, want five steps within the large file besides those of four others, never back, to %d", steps, last.Total)
	}
}
