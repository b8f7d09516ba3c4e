package models

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"sightglass/app/hub"
)

// TaskKind is what a task does.
type TaskKind int

const (
	Download TaskKind = iota
	Convert
)

// Phase says where a task is. One that is done is gone.
type Phase int

const (
	Waiting Phase = iota // for the one before
	Running
	Paused
	Failed
)

// Task is something that takes long: a download or a conversion.
type Task struct {
	ID    string
	Kind  TaskKind
	Model string // the repository, or the ID of the model that is converted
	Phase Phase
	Done  int64 // bytes
	Total int64 // 0 while it is not known
	Rate  float64
	Err   error // why it failed
}

// Why a task is stopped.
var (
	errPaused    = errors.New("models: the task was paused")
	errCancelled = errors.New("models: the task was cancelled")
	errQuit      = errors.New("models: the app ends")
)

// ErrBusy is returned for a model that a task is about already.
var ErrBusy = errors.New("models: a task is about this model already")

// ErrNoTask is returned for a task that is over.
var ErrNoTask = errors.New("models: there is no such task")

// downloadsSetting holds the downloads that are not done.
const downloadsSetting = "models downloads"

// Work does the tasks of a library, one at a time and in their order: two downloads at once would be no faster, and not know of each other's room
// on the disk. What is downloaded when the app ends waits, paused, for the person: the net is not used unasked.
type Work struct {
	Library *Library
	Client  func() (*hub.Client, error) // the hub, unless the net is forbidden
	Tokens  *hub.Tokens                 // the access token that the person gave the app
	Ended   func(Task)                  // is told of a task that is done, or has failed; may be nil

	life    context.Context
	end     context.CancelCauseFunc
	working sync.WaitGroup

	mu    sync.Mutex
	tasks []*task
	count int
}

type task struct {
	Task
	stop  context.CancelCauseFunc // nil unless it runs
	ended chan struct{}
	since time.Time // of the last measure of the rate
	then  int64     // bytes at that time
}

// keptDownload is a download as it is stored.
type keptDownload struct {
	Repo  hub.Repo
	Total int64
}

// Open begins with the downloads that an earlier end of the app left. What it left of conversions is removed.
func (w *Work) Open() {
	w.life, w.end = context.WithCancelCause(context.Background())
	entries, _ := os.ReadDir(w.Library.Folder)
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".convert-") {
			_ = os.RemoveAll(filepath.Join(w.Library.Folder, e.Name()))
		}
	}
	var kept []keptDownload
	if data, err := w.Library.Settings.Setting(downloadsSetting); err != nil || json.Unmarshal(data, &kept) != nil {
		return // as on the first start
	}
	for _, k := range kept {
		if r, err := hub.ParseRepo(string(k.Repo)); err == nil {
			have, _ := w.Library.Cache.Size(r)
			t := w.add(Download, string(r))
			t.Phase, t.Total, t.Done = Paused, k.Total, min(have, k.Total)
		}
	}
}

// Close stops what runs and waits for it. Downloads go on after the next start, when they are asked to.
func (w *Work) Close() {
	w.end(errQuit)
	w.working.Wait()
}

func (w *Work) add(kind TaskKind, about string) *task {
	w.count++
	t := &task{Task: Task{ID: strconv.Itoa(w.count), Kind: kind, Model: about}}
	w.tasks = append(w.tasks, t)
	return t
}

// Start adds a task about a model, which begins as soon as those before are done.
func (w *Work) Start(kind TaskKind, about string) (Task, error) {
	switch kind {
	case Download:
		if _, err := hub.ParseRepo(about); err != nil {
			return Task{}, err
		}
		if _, err := w.Client(); err != nil {
			return Task{}, err
		}
	case Convert:
		if e, err := w.Library.Find(about); err != nil {
			return Task{}, err
		} else if e.Err != nil {
			return Task{}, e.Err
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if slices.ContainsFunc(w.tasks, func(t *task) bool { return t.Model == about }) {
		return Task{}, fmt.Errorf("%w: %q", ErrBusy, about)
	}
	t := w.add(kind, about)
	w.keep()
	w.next()
	return t.Task, nil
}

// Tasks are all that are not done, in their order.
func (w *Work) Tasks() []Task {
	w.mu.Lock()
	defer w.mu.Unlock()
	list := make([]Task, len(w.tasks))
	for i, t := range w.tasks {
		list[i] = t.Task
	}
	return list
}

// About reports whether a task that is not done is about a model.
func (w *Work) About(id string) bool {
	return slices.ContainsFunc(w.Tasks(), func(t Task) bool { return t.Model == id && t.Phase != Failed })
}

// Pause stops a download where it is, and returns once it has stopped. A conversion cannot pause.
func (w *Work) Pause(ctx context.Context, id string) error {
	_, err := w.stop(ctx, id, errPaused)
	return err
}

// Resume goes on with a download that is paused, or tries a task again that has failed.
func (w *Work) Resume(id string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	t := w.find(id)
	if t == nil {
		return ErrNoTask
	}
	if t.Phase == Paused || t.Phase == Failed {
		t.Phase, t.Err = Waiting, nil
		w.next()
	}
	return nil
}

// Cancel ends a task and deletes what it has made so far.
func (w *Work) Cancel(ctx context.Context, id string) error {
	t, err := w.stop(ctx, id, errCancelled)
	if err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.drop(t)
	if t.Kind == Download {
		return w.Library.Cache.Discard(hub.Repo(t.Model))
	}
	return nil
}

// stop ends the running of a task, if it runs.
func (w *Work) stop(ctx context.Context, id string, cause error) (*task, error) {
	w.mu.Lock()
	t := w.find(id)
	if t == nil || t.Kind == Convert && cause == errPaused {
		w.mu.Unlock()
		return nil, ErrNoTask
	}
	stop, ended := t.stop, t.ended
	if stop == nil && t.Phase == Waiting {
		t.Phase = Paused // so that it does not begin meanwhile
	}
	w.mu.Unlock()
	if stop == nil {
		return t, nil
	}
	stop(cause)
	select {
	case <-ended:
		return t, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// find is the task of an ID, nil for none. Call it and those below with mu held.
func (w *Work) find(id string) *task {
	if i := slices.IndexFunc(w.tasks, func(t *task) bool { return t.ID == id }); i >= 0 {
		return w.tasks[i]
	}
	return nil
}

func (w *Work) drop(t *task) {
	w.tasks = slices.DeleteFunc(w.tasks, func(other *task) bool { return other == t })
	w.keep()
}

// keep stores the downloads. That they are forgotten where that fails is all that is lost: their files stay.
func (w *Work) keep() {
	kept := []keptDownload{}
	for _, t := range w.tasks {
		if t.Kind == Download {
			kept = append(kept, keptDownload{hub.Repo(t.Model), t.Total})
		}
	}
	if data, err := json.Marshal(kept); err == nil {
		_ = w.Library.Settings.SetSetting(downloadsSetting, data)
	}
}

// next begins the first task that waits, unless one runs.
func (w *Work) next() {
	if w.life.Err() != nil || slices.ContainsFunc(w.tasks, func(t *task) bool { return t.Phase == Running }) {
		return
	}
	i := slices.IndexFunc(w.tasks, func(t *task) bool { return t.Phase == Waiting })
	if i < 0 {
		return
	}
	t := w.tasks[i]
	ctx, stop := context.WithCancelCause(w.life)
	t.Phase, t.stop, t.ended, t.since, t.Rate = Running, stop, make(chan struct{}), time.Time{}, 0
	w.working.Go(func() {
		defer close(t.ended)
		err := w.do(ctx, t)
		cause := context.Cause(ctx)
		stop(nil)
		if ended := w.settle(t, err, cause); cause == nil && w.Ended != nil {
			w.Ended(ended)
		}
	})
}

// settle notes how the running of a task ended, and begins the next.
func (w *Work) settle(t *task, err, cause error) Task {
	w.mu.Lock()
	defer w.mu.Unlock()
	t.stop, t.Rate = nil, 0
	switch {
	case err == nil:
		w.drop(t)
	case errors.Is(cause, errPaused), errors.Is(cause, errQuit):
		t.Phase = Paused
	default:
		t.Phase, t.Err = Failed, err
	}
	w.keep()
	w.next()
	return t.Task
}

func (w *Work) do(ctx context.Context, t *task) error {
	if t.Kind == Convert {
		return w.Library.convert(ctx, t.Model, func(done, total int64) { w.report(t, done, total) })
	}
	c, err := w.Client()
	if err != nil {
		return err
	}
	_, err = c.Pull(ctx, w.Library.Cache, hub.Repo(t.Model), "", func(p hub.Progress) { w.report(t, p.Done, p.Total) })
	return err
}

// report notes how far a task is. The rate is that of the last seconds.
func (w *Work) report(t *task, done, total int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	known := t.Total == total
	t.Done, t.Total = done, total
	if !known {
		w.keep() // so that the next start knows it
	}
	now := time.Now()
	if t.since.IsZero() {
		t.since, t.then = now, done
		return
	}
	if took := now.Sub(t.since).Seconds(); took >= 1 {
		rate := max(0, float64(done-t.then)/took)
		if t.Rate > 0 {
			rate = (2*t.Rate + rate) / 3
		}
		t.Rate, t.since, t.then = rate, now, done
	}
}
