package api

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"sightglass/app/hub"
	"sightglass/app/models"
	"sightglass/app/store"
	"sightglass/engine"
)

// closing is an Answerer that counts how often it was closed.
type closing struct {
	Answerer
	closed atomic.Int32
}

func (c *closing) Close() error { c.closed.Add(1); return nil }

// libraryOf serves an app whose models are copies of the tiny one, in folders of these names. find makes a source of a folder's name.
func libraryOf(t *testing.T, folder string, find func(name string) (Source, error), names ...string) (c *client, dirs []string) {
	t.Helper()
	return hubbedLibrary(t, folder, func() (*hub.Client, error) { return nil, hub.ErrOffline }, find, names...)
}

// hubbedLibrary is one that asks a hub.
func hubbedLibrary(t *testing.T, folder string, asked func() (*hub.Client, error), find func(name string) (Source, error), names ...string) (
	c *client, dirs []string,
) {
	t.Helper()
	home := filepath.Join(folder, "models")
	for _, name := range names {
		dir := filepath.Join(home, name)
		if _, err := os.Stat(dir); err != nil {
			must(t, os.CopyFS(dir, os.DirFS(tinyModel)))
		}
		dirs = append(dirs, dir)
	}
	c = serveOptions(t, folder, func(o *Options) {
		o.Model = ""
		cache := hub.Cache{Dir: filepath.Join(folder, "hub")}
		o.Models = &models.Work{Library: &models.Library{Cache: cache, Folder: home, Builtin: tinyModel, Settings: o.Store, Group: 32}, Client: asked, Tokens: hub.NewTokens(folder)}
		o.Find = func(id string) (Source, error) {
			s, err := find(filepath.Base(id))
			s.ID, s.Name = id, filepath.Base(id)
			return s, err
		}
	})
	return c, dirs
}

// answering makes sources of Answerers.
func answering(all map[string]Answerer) func(string) (Source, error) {
	return func(name string) (Source, error) {
		return Source{Load: func(context.Context) (Answerer, error) {
			if a := all[name]; a != nil {
				return a, nil
			}
			return nil, errors.New("weights: torn")
		}}, nil
	}
}

func (c *client) state() (s State) {
	c.t.Helper()
	c.call("GET", "/api/state", nil, http.StatusOK, &s)
	return s
}

func (c *client) here() map[string]LocalModel {
	c.t.Helper()
	var list Models
	c.call("GET", "/api/models", nil, http.StatusOK, &list)
	by := map[string]LocalModel{}
	for _, m := range list.Here {
		by[m.Name] = m
	}
	return by
}

// The answer in progress is written by the model that began it; what is asked meanwhile is answered by the one that was chosen.
func TestAnotherModelAnswersOnceTheAnswerHasEnded(t *testing.T) {
	old := newHeld("Half", " done.")
	first, second := &closing{Answerer: old}, &closing{Answerer: says("Other.")}
	folder := t.TempDir()
	find := answering(map[string]Answerer{"builtin": first, "b": second})
	c, dirs := libraryOf(t, folder, find, "b")
	one, two := c.newChat(), c.newChat()
	e := c.open("/api/chats/"+one+"/ask", Ask{Text: "Well?"})
	<-old.started
	chosen := make(chan State)
	go func() {
		var s State
		c.call("PUT", "/api/model", ChooseModel{ID: dirs[0]}, http.StatusOK, &s)
		chosen <- s
	}()
	for c.state().Model.Phase != PhaseLoading {
		time.Sleep(time.Millisecond)
	}
	if m := c.state().Model; m.Name != "b" || first.closed.Load() != 0 {
		t.Errorf("while it waits: got %+v, and the old one closed %d times", m, first.closed.Load())
	}
	asked := c.open("/api/chats/"+two+"/ask", Ask{Text: "And?"})
	if got := asked.until(KindStage).Stage; got != StageLoading {
		t.Errorf("a question meanwhile: got %q, want loading", got)
	}
	close(old.release)
	if got := e.until(KindDone).Message.Text; got != "Half done." {
		t.Errorf("the answer in progress: got %q", got)
	}
	if s := <-chosen; s.Model.ID != dirs[0] || s.Model.Phase != PhaseReady {
		t.Errorf("chosen: got %+v", s)
	}
	if got := asked.until(KindDone).Message.Text; got != "Other." {
		t.Errorf("the question meanwhile: got %q, want the new model's answer", got)
	}
	if first.closed.Load() != 1 || second.closed.Load() != 0 {
		t.Errorf("closed %d and %d times, want 1 and 0", first.closed.Load(), second.closed.Load())
	}
	again, _ := libraryOf(t, t.TempDir(), find)
	if got := again.state().Model.ID; got != "builtin" {
		t.Errorf("a first start: got %q, want the built-in model", got)
	}
	if got := c.handler.preferences().Model; got != dirs[0] {
		t.Errorf("kept %q, want the one that was chosen", got)
	}
}

func TestTheChosenModelIsThatOfTheNextStart(t *testing.T) {
	folder := t.TempDir()
	s, err := store.Open(folder)
	must(t, err)
	must(t, s.SetSetting(preferencesName, []byte(`{"model":"/where/b"}`)))
	must(t, s.Close())
	c, _ := libraryOf(t, folder, answering(map[string]Answerer{"b": says("yes")}))
	if got := c.state().Model; got.ID != "/where/b" || got.Name != "b" {
		t.Errorf("got %+v, want the one that was chosen", got)
	}
}

func TestAModelThatDoesNotLoadLeavesTheOneBefore(t *testing.T) {
	first := &closing{Answerer: says("Still here.")}
	c, dirs := libraryOf(t, t.TempDir(), answering(map[string]Answerer{"builtin": first}), "torn", "gone", "strange")
	must(t, os.RemoveAll(dirs[1]))
	must(t, os.WriteFile(filepath.Join(dirs[2], "config.json"), []byte(`{"architectures":["Bert"]}`), 0o600))
	for _, bad := range []struct {
		id, code string
		status   int
	}{
		{dirs[0], "model_failed", http.StatusServiceUnavailable},
		{dirs[1], "no_model", http.StatusNotFound},
		{dirs[2], "unsupported_model", http.StatusServiceUnavailable},
		{"/etc", "no_model", http.StatusNotFound}, // nothing that was not imported is opened
		{"../torn", "no_model", http.StatusNotFound},
		{"", "no_model", http.StatusNotFound},
	} {
		c.refused("PUT", "/api/model", ChooseModel{ID: bad.id}, bad.status, bad.code)
		if m := c.state().Model; m.ID != "builtin" || m.Phase != PhaseReady || m.Error != nil {
			t.Errorf("after %q: got %+v, want the model before, ready", bad.id, m)
		}
	}
	if _, last := c.ask("/api/chats/"+c.newChat()+"/ask", Ask{Text: "Well?"}); last.Message == nil || last.Message.Text != "Still here." {
		t.Errorf("got %+v, want an answer of the model before", last)
	}
	if first.closed.Load() != 0 || c.handler.preferences().Model != "" {
		t.Errorf("closed %d times and kept %q, want neither", first.closed.Load(), c.handler.preferences().Model)
	}
}

// An adapter is never put on a model that it was not made for, whichever was in use when it was chosen.
func TestAnAdapterStaysWithItsModel(t *testing.T) {
	var used []string
	find := func(name string) (Source, error) {
		return Source{Base: &Base{Print: "print of " + name}, Load: func(context.Context) (Answerer, error) {
			return &adaptingAnswerer{says(name), func(folder string) {
				used = append(used, name+" "+map[bool]string{true: "alone", false: "adapted"}[folder == ""])
			}}, nil
		}}, nil
	}
	folder := t.TempDir()
	files := t.TempDir()
	must(t, os.WriteFile(filepath.Join(files, "adapter_config.json"), []byte("{}"), 0o600))
	c, dirs := libraryOf(t, folder, find, "b")
	c.handler.Tune = &TuneOptions{Folder: t.TempDir(), Memory: func() int { return 0 }}
	must(t, c.handler.Store.PutAdapter(store.Adapter{Name: "parts", Base: "print of builtin", Finished: true}, files))
	chat := c.newChat()
	path := "/api/chats/" + chat + "/ask"
	c.call("PUT", "/api/chats/"+chat+"/adapter", ChooseAdapter{Name: "parts"}, http.StatusOK, nil)
	c.ask(path, Ask{Text: "one"})
	c.call("PUT", "/api/model", ChooseModel{ID: dirs[0]}, http.StatusOK, nil)
	if _, last := c.ask(path, Ask{Text: "two"}); last.Kind != KindError || last.Problem.Code != "adapter" {
		t.Errorf("on another model: got %+v, want it refused", last)
	}
	c.call("PUT", "/api/chats/"+chat+"/adapter", ChooseAdapter{}, http.StatusOK, nil)
	if _, last := c.ask(path, Ask{Text: "three"}); last.Kind != KindDone {
		t.Errorf("without it: got %+v", last)
	}
	c.call("PUT", "/api/model", ChooseModel{ID: "builtin"}, http.StatusOK, nil)
	c.call("PUT", "/api/chats/"+chat+"/adapter", ChooseAdapter{Name: "parts"}, http.StatusOK, nil)
	c.ask(path, Ask{Text: "four"})
	if want := []string{"builtin adapted", "builtin adapted"}; !slices.Equal(used, want) {
		t.Errorf("got %q, want %q", used, want)
	}
}

type adaptingAnswerer struct {
	Answerer
	use func(folder string)
}

func (a *adaptingAnswerer) Use(_ context.Context, folder string) error { a.use(folder); return nil }

func TestModelsAreListedAndRemoved(t *testing.T) {
	c, dirs := libraryOf(t, t.TempDir(), answering(map[string]Answerer{"builtin": says("yes"), "a": says("A.")}), "a", "b")
	must(t, os.WriteFile(filepath.Join(dirs[1], "model.safetensors"), []byte("torn"), 0o600))
	here := c.here()
	if m := here["a"]; m.ID != dirs[0] || m.Kind != ModelConverted || m.Bytes < 100_000 || !m.Vision || m.Fit != FitWell || m.Memory <= m.Bytes || m.Stored == "" ||
		m.Architecture != "SmolVLMForConditionalGeneration" || m.InUse || m.Problem != nil {
		t.Errorf("a: got %+v", m)
	}
	if m := here["b"]; m.Problem == nil || m.Problem.Code != "model_torn" || m.Vision || m.Fit != FitUnknown {
		t.Errorf("b, which is torn: got %+v", m)
	}
	c.call("PUT", "/api/model", ChooseModel{ID: dirs[0]}, http.StatusOK, nil)
	if !c.here()["a"].InUse {
		t.Error("the model in use is not said to be")
	}
	c.refused("POST", "/api/models/remove", ChooseModel{ID: dirs[0]}, http.StatusConflict, "model_used")
	c.refused("POST", "/api/models/remove", ChooseModel{ID: "/etc"}, http.StatusNotFound, "no_model")
	c.refused("POST", "/api/models/remove", ChooseModel{ID: "builtin"}, http.StatusConflict, "model_kept")
	var removed Removed
	c.call("POST", "/api/models/remove", ChooseModel{ID: dirs[1]}, http.StatusOK, &removed)
	if _, err := os.Stat(dirs[1]); err == nil || removed.Freed != here["b"].Bytes {
		t.Errorf("removed: got %+v and %v, want the folder gone and %d bytes", removed, err, here["b"].Bytes)
	}
	if got := c.here(); got["b"].ID != "" || got["a"].ID == "" {
		t.Errorf("after removing b: got %+v", got)
	}
}

// A folder that is deleted under us leaves a model that answers no more than it must: the next load says so, and another can be chosen.
func TestAModelWhoseFolderIsGone(t *testing.T) {
	folder := t.TempDir()
	find := func(name string) (Source, error) {
		return Source{Load: func(context.Context) (Answerer, error) {
			if _, err := os.Stat(filepath.Join(folder, "models", name)); name != "builtin" && err != nil {
				return nil, err
			}
			return says(name), nil
		}}, nil
	}
	c, dirs := libraryOf(t, folder, find, "b")
	must(t, c.handler.loader.wake(context.Background(), nil))
	c.call("PUT", "/api/model", ChooseModel{ID: dirs[0]}, http.StatusOK, nil)
	must(t, os.RemoveAll(dirs[0]))
	c.handler.loader.sleep()
	if got := c.state().Model.Phase; got != PhaseAsleep {
		t.Errorf("got %q, want it asleep", got)
	}
	path := "/api/chats/" + c.newChat() + "/ask"
	if _, last := c.ask(path, Ask{Text: "Well?"}); last.Kind != KindError || last.Problem.Code != "model_failed" {
		t.Errorf("got %+v, want that the model could not be loaded", last)
	}
	if m := c.state().Model; m.Phase != PhaseFailed || m.Error == nil {
		t.Errorf("got %+v, want it failed", m)
	}
	// Back again, as on a disk that is plugged in, it can be used, and once more gone, removed.
	must(t, os.CopyFS(dirs[0], os.DirFS(tinyModel)))
	if c.here()["b"].InUse {
		t.Error("a model that failed is said to be in use")
	}
	c.call("PUT", "/api/model", ChooseModel{ID: dirs[0]}, http.StatusOK, nil)
	if _, last := c.ask(path, Ask{Text: "Well?"}); last.Kind != KindDone || last.Message.Text != "b" {
		t.Errorf("got %+v, want an answer", last)
	}
	must(t, os.RemoveAll(dirs[0]))
	c.handler.loader.sleep()
	c.ask(path, Ask{Text: "Well?"})
	must(t, os.CopyFS(dirs[0], os.DirFS(tinyModel)))
	c.call("POST", "/api/models/remove", ChooseModel{ID: dirs[0]}, http.StatusOK, nil)
	c.call("PUT", "/api/model", ChooseModel{ID: "builtin"}, http.StatusOK, nil)
	if _, last := c.ask(path, Ask{Text: "Well?"}); last.Kind != KindDone || last.Message.Text != "builtin" {
		t.Errorf("got %+v, want the built-in model's answer", last)
	}
}

// The model is let go after so long without a question, counted from the end of the last one, and never while it answers.
func TestTheModelSleepsWhileNobodyAsks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		life, end := context.WithCancel(context.Background())
		var working sync.WaitGroup
		a := &closing{Answerer: says("yes")}
		loaded := 0
		l := &loader{life: life, working: &working, turn: make(chan struct{}, 1), rest: func() time.Duration { return 5 * time.Minute }}
		l.source = Source{ID: "a", Load: func(context.Context) (Answerer, error) { loaded++; return a, nil }}
		use := func(d time.Duration) {
			_, release, err := l.take(life, nil)
			must(t, err)
			time.Sleep(d)
			release()
		}
		step := func(what string, loads, closes int, phase Phase) {
			t.Helper()
			synctest.Wait()
			if got := l.state().Phase; loaded != loads || int(a.closed.Load()) != closes || got != phase {
				t.Errorf("%s: loaded %d times, closed %d, %s; want %d, %d, %s", what, loaded, a.closed.Load(), got, loads, closes, phase)
			}
		}
		use(0)
		time.Sleep(4 * time.Minute)
		use(20 * time.Minute)
		step("after a long answer", 1, 0, PhaseReady)
		time.Sleep(4*time.Minute + 59*time.Second)
		step("just before", 1, 0, PhaseReady)
		time.Sleep(time.Second)
		step("then", 1, 1, PhaseAsleep)
		use(0)
		step("the next question", 2, 1, PhaseReady)
		l.rest = func() time.Duration { return 0 }
		l.rearm()
		time.Sleep(24 * time.Hour)
		step("never", 2, 1, PhaseReady)
		end()
		working.Wait()
		must(t, l.close())
		step("closed", 2, 2, PhaseAsleep)
	})
}

func TestUnloadAfterIsASetting(t *testing.T) {
	c := serve(t, says("yes"))
	var s Settings
	c.call("PATCH", "/api/settings", map[string]any{"unload_after": 15}, http.StatusOK, &s)
	if s.UnloadAfter != 15 || c.handler.restAfter() != 15*time.Minute {
		t.Errorf("got %d and %v, want 15 minutes", s.UnloadAfter, c.handler.restAfter())
	}
	c.refused("PATCH", "/api/settings", map[string]any{"unload_after": -1}, http.StatusBadRequest, "bad_request")
}

// Models change while questions come from all sides: each is answered by one of them, and all but the last are closed.
func TestModelsChangeUnderLoad(t *testing.T) {
	var open atomic.Int32
	find := func(name string) (Source, error) {
		return Source{Load: func(context.Context) (Answerer, error) {
			open.Add(1)
			var gone atomic.Bool
			return &counted{answerer(func(ctx context.Context, r engine.Request, emit func(engine.Event)) (engine.Result, error) {
				if gone.Load() {
					t.Error("a closed model was asked")
				}
				return says(name)(ctx, r, emit)
			}), func() { gone.Store(true); open.Add(-1) }}, nil
		}}, nil
	}
	c, dirs := libraryOf(t, t.TempDir(), find, "a", "b")
	var all sync.WaitGroup
	for range 3 {
		chat := c.newChat()
		all.Go(func() {
			for range 15 {
				if _, last := c.ask("/api/chats/"+chat+"/ask", Ask{Text: "Well?"}); last.Kind != KindDone {
					t.Errorf("got %+v, want an answer", last)
				}
			}
		})
	}
	for i := range 2 {
		all.Go(func() {
			for j := range 6 {
				c.call("PUT", "/api/model", ChooseModel{ID: dirs[(i+j)%2]}, http.StatusOK, nil)
				c.handler.loader.sleep()
			}
		})
	}
	all.Wait()
	must(t, c.handler.loader.wake(context.Background(), nil))
	if open.Load() != 1 {
		t.Errorf("%d models are open, want 1", open.Load())
	}
}

type counted struct {
	Answerer
	close func()
}

func (c *counted) Close() error { c.close(); return nil }
