package api

import (
	"context"
	"fmt"
	"sync"
)

// model is the model that answers, from the moment its loading begins.
type model struct {
	loaded chan struct{} // closed once loading has ended, well or not

	mu       sync.Mutex
	info     Model
	answerer Answerer
	err      error
}

func newModel(info Model) *model {
	info.Phase, info.Error = PhaseLoading, nil
	return &model{info: info, loaded: make(chan struct{})}
}

func (m *model) load(ctx context.Context, load func(context.Context) (Answerer, error)) error {
	defer close(m.loaded)
	answerer, err := load(ctx)
	m.mu.Lock()
	defer m.mu.Unlock()
	if err != nil {
		m.err = fmt.Errorf("%w: %w", errModel, err)
		_, problem := explain(m.err)
		m.info.Phase, m.info.Error = PhaseFailed, &problem
		return err
	}
	m.info.Phase, m.answerer = PhaseReady, answerer
	return nil
}

func (m *model) state() Model {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.info
}

// wait returns the answerer once the model is loaded.
func (m *model) wait(ctx context.Context) (Answerer, error) {
	select {
	case <-m.loaded:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.answerer, m.err
}
