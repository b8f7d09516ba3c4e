package api

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"sightglass/engine"
)

// What a model may take. A step of a large model on a slow machine is long, too, so that only the person gives up an answer.
const (
	silence = time.Minute     // without a word, after which the page says so
	grace   = 5 * time.Second // to stop, after which the answer counts as stopped
	hangs   = 2 * time.Minute // to stop, after which the model counts as lost and is loaded anew
)

// guarded is the model while it has the turn. Generate returns within the grace after ctx ends, whatever the model does: the
// turn is then kept until the model stops, or is lost. done gives it back.
type guarded struct {
	Answerer
	handler *Handler
	release func()
	kept    bool // by a model that was told to stop and did not yet
}

// guard waits for the model and for the turn; waiting, unless nil, is told what for.
func (h *Handler) guard(ctx context.Context, waiting func(Stage)) (*guarded, error) {
	answerer, release, err := h.loader.take(ctx, waiting)
	if err != nil {
		return nil, err
	}
	return &guarded{Answerer: answerer, handler: h, release: release}, nil
}

func (g *guarded) done() {
	if !g.kept {
		g.release()
	}
}

// reply is how Generate ended.
type reply struct {
	engine.Result
	err error
}

func (g *guarded) Generate(ctx context.Context, request engine.Request, emit func(engine.Event)) (engine.Result, error) {
	e := &ear{emit: emit, heard: make(chan struct{}, 1)}
	ended := make(chan reply, 1)
	go func() { ended <- answerSafely(ctx, g.Answerer, request, e.hear) }()
	quiet := time.NewTimer(silence)
	defer quiet.Stop()
	for {
		select {
		case r := <-ended:
			return r.Result, r.err
		case <-e.heard:
			quiet.Reset(silence)
		case <-quiet.C:
			e.tellSlow()
		case <-ctx.Done():
			return g.stop(ctx, e, ended)
		}
	}
}

// stop waits for a model that was told to stop.
func (g *guarded) stop(ctx context.Context, e *ear, ended <-chan reply) (engine.Result, error) {
	select {
	case r := <-ended:
		return r.Result, r.err
	case <-time.After(grace):
	}
	e.close()
	g.kept = true
	go func() {
		defer g.release()
		select {
		case <-ended:
		case <-time.After(hangs):
			g.handler.Log.Error("the model hangs", "model", g.handler.loader.inUse().ID)
			g.handler.loader.lose(g.Answerer)
		}
	}()
	return engine.Result{}, ctx.Err()
}

// answerSafely turns a panic into an error: one answer's fault ends no other.
func answerSafely(ctx context.Context, a Answerer, request engine.Request, emit func(engine.Event)) (r reply) {
	defer func() {
		if fault := recover(); fault != nil {
			r.err = fmt.Errorf("api: answer: %v\n%s", fault, debug.Stack())
		}
	}()
	r.Result, r.err = a.Generate(ctx, request, emit)
	return r
}

// ear passes on what a model says until it is closed, and says when it has said nothing for long.
type ear struct {
	heard chan struct{} // holds a value after each event

	mu     sync.Mutex
	emit   func(engine.Event) // nil once nobody listens
	stage  engine.Stage
	slowly bool
}

func (e *ear) hear(event engine.Event) {
	select {
	case e.heard <- struct{}{}:
	default:
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.emit == nil {
		return
	}
	if event.Stage != "" {
		e.stage = event.Stage
	} else if e.slowly {
		e.emit(engine.Event{Stage: e.stage})
	}
	e.slowly = false
	e.emit(event)
}

func (e *ear) tellSlow() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.slowly = true
	e.emit(engine.Event{Stage: engine.Stage(StageSlow)})
}

func (e *ear) close() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.emit = nil
}
