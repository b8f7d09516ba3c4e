package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"sightglass/app/models"
	"sightglass/engine"
)

// Source is a model that is found but not loaded.
type Source struct {
	ID   string // "builtin", a folder or a repository
	Name string
	Load func(context.Context) (Answerer, error) // an Answerer that is an io.Closer is closed once another one answers
	Lost func()                                  // is told that what Load returned hangs, before Load is called again; may be nil
	Base *Base                                   // what trainings need; nil for a model that cannot be trained
}

// Base is a model as trainings and their adapters take it.
type Base struct {
	Print  string                                         // fingerprint
	Folder string                                         // of the model
	Open   func(context.Context) (*engine.Session, error) // opens it once more, for a training alone
}

// loader holds the model that answers: it loads it, changes it for another, and lets it go while nobody asks. One model is used by one request
// at a time, who has the turn. A question waits for what is being loaded first, and only then for its turn, which a change of the model needs too.
type loader struct {
	life    context.Context
	working *sync.WaitGroup
	rest    func() time.Duration // how long a model that nobody asks stays loaded; 0: for good
	turn    chan struct{}        // holds a value while the model is used
	using   string               // the adapter that is on the model; whoever has the turn may change it

	mu       sync.Mutex
	source   Source
	answerer Answerer // nil while the model is not loaded
	err      error    // why it could not be
	vision   bool
	loading  *load  // nil while none is
	leaving  string // the model that is being removed
	idle     *time.Timer
}

// load is the loading of a model.
type load struct {
	source Source
	ended  chan struct{}
	err    error // once it has ended
}

// begin loads a model in the place of what there is; done, unless nil, is called if that goes well. Call it with mu held and nothing loading.
func (l *loader) begin(source Source, done func()) *load {
	w := &load{source: source, ended: make(chan struct{})}
	l.loading = w
	l.working.Go(func() {
		defer close(w.ended)
		answerer, err := source.Load(l.life)
		if err == nil {
			err = l.put(source, answerer)
		}
		if err == nil && done != nil {
			done()
		}
		l.mu.Lock()
		defer l.mu.Unlock()
		l.loading = nil
		if err == nil {
			return
		}
		w.err = fmt.Errorf("%w: %w", errModel, err)
		// Another model stays in use, or asleep.
		if l.answerer == nil && (l.source.ID == "" || l.source.ID == source.ID) {
			l.source, l.err = source, w.err
		}
	})
	return w
}

// put lets a loaded model answer once the answer in progress has ended, and closes the one before.
func (l *loader) put(source Source, answerer Answerer) error {
	release, err := l.takeTurn(l.life, nil)
	if err != nil {
		return errors.Join(err, closed(answerer))
	}
	defer release()
	l.mu.Lock()
	before := l.answerer
	l.source, l.answerer, l.err, l.using = source, answerer, nil, ""
	l.vision = true
	if v, ok := answerer.(interface{ Vision() bool }); ok {
		l.vision = v.Vision()
	}
	l.mu.Unlock()
	return closed(before)
}

func closed(a Answerer) error {
	if c, ok := a.(io.Closer); ok {
		return c.Close()
	}
	return nil
}

// change loads another model and returns once it answers, or cannot: then the one before stays. done is as in begin.
func (l *loader) change(ctx context.Context, source Source, done func()) error {
	for {
		l.mu.Lock()
		w := l.loading
		ours := w == nil
		switch {
		case ours && l.leaving == source.ID:
			l.mu.Unlock()
			return models.ErrUnknown
		case ours && l.answerer != nil && l.source.ID == source.ID:
			l.mu.Unlock()
			done()
			return nil
		case ours:
			w = l.begin(source, done)
		}
		l.mu.Unlock()
		if err := w.wait(ctx); err != nil || ours {
			if err == nil {
				err = w.err
			}
			return err
		}
	}
}

func (w *load) wait(ctx context.Context) error {
	select {
	case <-w.ended:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// state is the model as a person sees it.
func (l *loader) state() Model {
	l.mu.Lock()
	defer l.mu.Unlock()
	m := Model{ID: l.source.ID, Name: l.source.Name, Phase: PhaseAsleep, Vision: l.vision}
	switch {
	case l.loading != nil:
		s := l.loading.source
		return Model{ID: s.ID, Name: s.Name, Phase: PhaseLoading, Vision: true}
	case l.answerer != nil:
		m.Phase = PhaseReady
	case l.err != nil:
		_, problem := explain(l.err)
		m.Phase, m.Error = PhaseFailed, &problem
	}
	return m
}

// failed reports whether the model that should answer cannot.
func (l *loader) failed() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.loading == nil && l.answerer == nil && l.err != nil
}

// inUse is the model that answers, loaded or asleep.
func (l *loader) inUse() Source {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.source
}

// take waits for the model and for the turn to use it, until release. waiting, unless nil, is told what for.
func (l *loader) take(ctx context.Context, waiting func(Stage)) (a Answerer, release func(), err error) {
	for {
		if err := l.wake(ctx, waiting); err != nil {
			return nil, nil, err
		}
		release, err := l.takeTurn(ctx, waiting)
		if err != nil {
			return nil, nil, err
		}
		l.mu.Lock()
		a := l.answerer
		l.mu.Unlock()
		if a != nil {
			return a, release, nil
		}
		release() // it fell asleep in between
	}
}

// wake waits for what is being loaded, and loads a model that sleeps.
func (l *loader) wake(ctx context.Context, waiting func(Stage)) error {
	l.mu.Lock()
	w := l.loading
	if w == nil && (l.answerer != nil || l.err != nil) {
		defer l.mu.Unlock()
		return l.err
	}
	if w == nil {
		w = l.begin(l.source, nil)
	}
	l.mu.Unlock()
	if waiting != nil {
		waiting(StageLoading)
	}
	if err := w.wait(ctx); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}

// takeTurn waits until nobody uses the model; waiting, unless nil, is told if that takes time.
func (l *loader) takeTurn(ctx context.Context, waiting func(Stage)) (release func(), err error) {
	select {
	case l.turn <- struct{}{}:
	default:
		if waiting != nil {
			waiting(StageQueued)
		}
		select {
		case l.turn <- struct{}{}:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return func() {
		<-l.turn
		l.rearm()
	}, nil
}

// rearm lets the model go after the time that it may rest, counted from now.
func (l *loader) rearm() {
	after := l.rest()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.idle != nil {
		l.idle.Stop()
	}
	if after > 0 && l.life.Err() == nil {
		l.idle = time.AfterFunc(after, l.sleep)
	}
}

// sleep lets the model go unless it is used; the next question loads it again.
func (l *loader) sleep() {
	select {
	case l.turn <- struct{}{}:
	default:
		return // the end of that use counts anew
	}
	defer func() { <-l.turn }()
	l.mu.Lock()
	before := l.answerer
	l.answerer = nil
	l.mu.Unlock()
	_ = closed(before)
}

// hold keeps a model that is not in use from being loaded, until free.
func (l *loader) hold(id string) (free func(), err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	used := l.source.ID == id && (l.answerer != nil || l.err == nil)
	if used || l.loading != nil && l.loading.source.ID == id || l.leaving != "" {
		return nil, errModelUsed
	}
	l.leaving = id
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.leaving = ""
	}, nil
}

// lose forgets a model that hangs and leaves it what it holds; the next question loads it anew. Call it while having the turn.
func (l *loader) lose(a Answerer) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.answerer != a {
		return
	}
	l.answerer, l.using = nil, ""
	if l.source.Lost != nil {
		l.source.Lost()
	}
}

// close lets the model go for good. One that hangs goes with the process.
func (l *loader) close() error {
	select {
	case l.turn <- struct{}{}:
		defer func() { <-l.turn }()
	default:
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.idle != nil {
		l.idle.Stop()
	}
	before := l.answerer
	l.answerer = nil
	return closed(before)
}
