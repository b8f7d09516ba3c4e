package models

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sightglass/app/hub"
	"sightglass/app/hub/hubtest"
)

// workOn is the work of a library with a hub that has the tiny model under some names. Nothing waits between tries.
func workOn(t *testing.T, l *Library) (*Work, *hubtest.Hub) {
	t.Helper()
	h := hubtest.New(t, map[string]string{"org/a": tiny, "org/b": tiny})
	w := &Work{Library: l, Client: func() (*hub.Client, error) {
		return &hub.Client{Endpoint: h.URL, Wait: func(ctx context.Context, _ time.Duration) error { return context.Cause(ctx) }}, nil
	}}
	w.Open()
	t.Cleanup(w.Close)
	return w, h
}

// held stops the hub in the middle of weights, once, until the client goes away; begun is closed then.
func held(h *hubtest.Hub) (begun chan struct{}) {
	begun = make(chan struct{})
	var once sync.Once
	h.Fault(func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasSuffix(r.URL.Path, "/model.safetensors") {
			return false
		}
		first := false
		once.Do(func() { first = true })
		if !first {
			return false
		}
		data, _ := os.ReadFile(filepath.Join(tiny, "model.safetensors"))
		w.Write(data[:1000])
		w.(http.Flusher).Flush()
		close(begun)
		<-r.Context().Done()
		return true
	})
	return begun
}

// until waits for tasks to be as wanted, for there is no other way to hear of them.
func until(t *testing.T, w *Work, want func([]Task) bool) []Task {
	t.Helper()
	for range 3000 {
		if list := w.Tasks(); want(list) {
			return list
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("got %+v, want another", w.Tasks())
	return nil
}

// arrived waits until what was sent of org/a is in its place.
func arrived(t *testing.T, w *Work) {
	t.Helper()
	until(t, w, func([]Task) bool {
		n, _ := w.Library.Cache.Size("org/a")
		return n >= 1000
	})
}

func none(list []Task) bool { return len(list) == 0 }

func start(t *testing.T, w *Work, kind TaskKind, about string) Task {
	t.Helper()
	task, err := w.Start(kind, about)
	must(t, err)
	return task
}

func TestADownloadPausesAndGoesOn(t *testing.T) {
	l := library(t)
	w, h := workOn(t, l)
	begun := held(h)
	a := start(t, w, Download, "org/a")
	b := start(t, w, Download, "org/b")
	<-begun
	arrived(t, w)
	if list := w.Tasks(); list[0].Phase != Running || list[1].Phase != Waiting || list[0].Total == 0 {
		t.Errorf("got %+v, want one that runs and one that waits", list)
	}
	if _, err := w.Start(Download, "org/a"); !errors.Is(err, ErrBusy) {
		t.Errorf("the same again: got %v, want %v", err, ErrBusy)
	}
	must(t, w.Pause(t.Context(), b.ID))
	must(t, w.Pause(t.Context(), a.ID))
	list := w.Tasks()
	if len(list) != 2 || list[0].Phase != Paused || list[1].Phase != Paused || list[0].Err != nil {
		t.Errorf("got %+v, want both paused", list)
	}
	if _, ok := l.Cache.Find("org/a"); ok {
		t.Error("a part of a model is called a model")
	}
	if n, _ := l.Cache.Size("org/a"); n < 1000 {
		t.Errorf("%d bytes are there, want what came before the pause", n)
	}
	must(t, w.Resume(a.ID))
	until(t, w, func(list []Task) bool { return len(list) == 1 })
	if e, err := l.Find("org/a"); err != nil || e.Err != nil || !e.About.Vision {
		t.Errorf("got %+v, %v, want the model", e, err)
	}
	must(t, w.Resume(b.ID))
	until(t, w, none)
	if got := ids(l.List()); !slices.Equal(got, []string{"builtin", "org/a", "org/b"}) {
		t.Errorf("got %q, want both", got)
	}
	for _, err := range []error{w.Pause(t.Context(), a.ID), w.Resume("17"), w.Cancel(t.Context(), "")} {
		if !errors.Is(err, ErrNoTask) {
			t.Errorf("of a task that is over: got %v, want %v", err, ErrNoTask)
		}
	}
}

// What runs when the app ends is there after the next start, paused, and the net is not used before it is asked to go on.
func TestADownloadOutlivesTheApp(t *testing.T) {
	l := library(t)
	w, h := workOn(t, l)
	begun := held(h)
	start(t, w, Download, "org/a")
	<-begun
	arrived(t, w)
	total := w.Tasks()[0].Total
	w.Close()
	asked := len(h.Requests())
	again := &Work{Library: l, Client: w.Client}
	again.Open()
	defer again.Close()
	list := again.Tasks()
	if len(list) != 1 || list[0].Phase != Paused || list[0].Model != "org/a" || list[0].Total != total || list[0].Done < 1000 || list[0].Done >= total {
		t.Fatalf("got %+v, want the download paused, some of %d bytes done", list, total)
	}
	if got := len(h.Requests()); got != asked {
		t.Errorf("the hub was asked %d times unasked", got-asked)
	}
	must(t, again.Resume(list[0].ID))
	until(t, again, none)
	if e, err := l.Find("org/a"); err != nil || e.Err != nil {
		t.Errorf("got %v, %v, want the model", err, e.Err)
	}
}

func TestACancelledDownloadLeavesNothing(t *testing.T) {
	l := library(t)
	w, h := workOn(t, l)
	begun := held(h)
	a, b := start(t, w, Download, "org/a"), start(t, w, Download, "org/b")
	<-begun
	must(t, w.Cancel(t.Context(), a.ID))
	if _, err := os.Stat(filepath.Join(l.Cache.Dir, "models--org--a")); err == nil {
		t.Error("a part of the model is still there")
	}
	until(t, w, none) // the next one had its turn
	if _, ok := l.Cache.Find("org/b"); !ok {
		t.Error("the one that waited was not downloaded")
	}
	if err := w.Cancel(t.Context(), b.ID); !errors.Is(err, ErrNoTask) {
		t.Errorf("got %v, want %v", err, ErrNoTask)
	}
}

func TestADownloadThatFailsCanBeTriedAgain(t *testing.T) {
	l := library(t)
	w, h := workOn(t, l)
	h.Fault(func(w http.ResponseWriter, r *http.Request) bool {
		w.WriteHeader(http.StatusForbidden)
		return true
	})
	a := start(t, w, Download, "org/a")
	list := until(t, w, func(list []Task) bool { return list[0].Phase == Failed })
	if !errors.Is(list[0].Err, hub.ErrAccess) || w.About("org/a") {
		t.Errorf("got %+v, want it refused, and nothing about it", list[0])
	}
	h.Fault(nil)
	must(t, w.Resume(a.ID))
	until(t, w, none)
	if _, ok := l.Cache.Find("org/a"); !ok {
		t.Error("it was not downloaded")
	}
	start(t, w, Download, "org/gone")
	list = until(t, w, func(list []Task) bool { return list[0].Phase == Failed })
	if !errors.Is(list[0].Err, hub.ErrNotFound) {
		t.Errorf("got %v, want %v", list[0].Err, hub.ErrNotFound)
	}
}

func TestAModelIsConverted(t *testing.T) {
	l := library(t)
	w, _ := workOn(t, l)
	for range 2 {
		start(t, w, Convert, "builtin")
		until(t, w, none)
	}
	list := l.List()
	if len(list) != 3 || list[1].Name != "Sightglass built-in-4bit" || list[2].Name != "Sightglass built-in-4bit-2" {
		t.Fatalf("got %q, want two conversions", ids(list))
	}
	for _, e := range list[1:] {
		if e.Err != nil || e.About.Types["4-bit in groups of 32"] == 0 || e.About.Bytes >= list[0].About.Bytes {
			t.Errorf("%s: got %+v, %v; want fewer bytes, in 4 bits", e.Name, e.About, e.Err)
		}
	}
	if _, err := w.Start(Convert, "/etc"); !errors.Is(err, ErrUnknown) {
		t.Errorf("got %v, want %v", err, ErrUnknown)
	}
}

// A conversion that a crash left half way is neither a model nor kept.
func TestWhatACrashLeavesOfAConversion(t *testing.T) {
	l := library(t)
	must(t, os.CopyFS(filepath.Join(l.Folder, ".convert-123"), os.DirFS(tiny)))
	w, _ := workOn(t, l)
	if entries, err := os.ReadDir(l.Folder); len(entries) != 0 || len(w.Tasks()) != 0 {
		t.Errorf("got %v, %v, want nothing left", entries, err)
	}
}

func TestNamesThatAreNoRepositories(t *testing.T) {
	w, h := workOn(t, library(t))
	for _, name := range []string{"", "a", "../x", "org/../../etc", "https://x/y", "org/a/b"} {
		if _, err := w.Start(Download, name); !errors.Is(err, hub.ErrName) {
			t.Errorf("%q: got %v, want %v", name, err, hub.ErrName)
		}
	}
	if got := h.Requests(); len(got) > 0 {
		t.Errorf("the hub was asked %q", got)
	}
	w.Client = func() (*hub.Client, error) { return nil, hub.ErrOffline }
	if _, err := w.Start(Download, "org/a"); !errors.Is(err, hub.ErrOffline) {
		t.Errorf("got %v, want %v", err, hub.ErrOffline)
	}
}

// The list is right by itself: whole names, sizes in order, families that the engine knows.
func TestRecommended(t *testing.T) {
	all := Recommended(0)
	if len(all) < 6 {
		t.Fatalf("got %d, want the list", len(all))
	}
	for i, o := range all {
		if _, err := hub.ParseRepo(string(o.Repo)); err != nil {
			t.Error(err)
		}
		if o.Says == "" || o.Bytes < 100e6 || o.Memory < o.Bytes+500e6 || i > 0 && o.Memory < all[i-1].Memory {
			t.Errorf("got %+v, want words, a size, and no less memory than before", o)
		}
	}
	// SmolVLM-500M: 292 MB of files, 2 x 8192 positions of 40,960 bytes, half a GB for a picture.
	var want int64 = 292_000_000 + 2*8192*2*2*32*5*64 + 500_000_000
	i := slices.IndexFunc(all, func(o Offer) bool { return o.Repo == "mlx-community/SmolVLM-500M-Instruct-4bit" })
	if all[i].Memory != want {
		t.Errorf("got %d bytes, want %d", all[i].Memory, want)
	}
	small := Recommended(3e9)
	if len(small) == 0 || len(small) >= len(all) || small[len(small)-1].Memory > 3e9 {
		t.Errorf("for 3 GB: got %d of %d", len(small), len(all))
	}
}

func TestSearchAndLook(t *testing.T) {
	w, _ := workOn(t, library(t))
	c, err := w.Client()
	must(t, err)
	found, err := Search(t.Context(), c, "org/A")
	must(t, err)
	if len(found) != 1 || found[0].Repo != "org/a" || found[0].Downloads != 5 || found[0].Gated || found[0].Unknown {
		t.Errorf("got %+v, want org/a", found)
	}
	o, err := Look(t.Context(), c, "org/a")
	must(t, err)
	d, err := Describe(tiny)
	must(t, err)
	if o.Architecture != d.Architecture || !o.Vision || o.Memory < o.Bytes+d.Budget.Cache || o.Bytes < d.Bytes {
		t.Errorf("got %+v, want what %+v is", o, d)
	}
}

// Who waits for a task hears of its end, not of a pause.
func TestEndsAreTold(t *testing.T) {
	w, h := workOn(t, library(t))
	told := make(chan Task, 9)
	w.Ended = func(task Task) { told <- task }
	begun := held(h)
	a := start(t, w, Download, "org/a")
	<-begun
	must(t, w.Pause(t.Context(), a.ID))
	must(t, w.Resume(a.ID))
	if got := <-told; got.Model != "org/a" || got.Err != nil {
		t.Errorf("got %+v, want the end of org/a", got)
	}
	start(t, w, Download, "org/gone")
	if got := <-told; got.Model != "org/gone" || !errors.Is(got.Err, hub.ErrNotFound) {
		t.Errorf("got %+v, want that org/gone failed", got)
	}
	if len(told) > 0 {
		t.Errorf("told of %+v besides", <-told)
	}
}
