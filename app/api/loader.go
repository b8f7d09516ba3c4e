package api

import (
	"context"
	"fmt"
	"sync"
)

// loader is the model that answers, from the moment its loading begins.
type loader struct {
	loaded chan struct{} // closed once loading has ended, well or not

	mu       sync.Mutex
	info     Model
	answerer Answerer
	err      error
}

func newLoader(info Model) *loader {
	info.Phase, info.Error = PhaseLoading, nil
	return &loader{info: info, loaded: make(chan struct{})}
}

func (l *loader) load(ctx context.Context, load func(context.Context) (Answerer, error)) error {
	defer close(l.loaded)
	answerer, err := load(ctx)
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil {
		l.err = fmt.Errorf("%w: %w", errModel, err)
		_, problem := explain(l.err)
		l.info.Phase, l.info.Error = PhaseFailed, &problem
		return err
	}
	l.info.Phase, l.answerer = PhaseReady, answerer
	return nil
}

func (l *loader) state() Model {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.info
}

// wait returns the answerer once the model is loaded.
func (l *loader) wait(ctx context.Context) (Answerer, error) {
	select {
	case <-l.loaded:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.answerer, l.err
}
