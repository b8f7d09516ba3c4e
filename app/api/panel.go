package api

import (
	"context"
	"errors"
	"net/http"

	"sightglass/app/shell"
	"sightglass/app/store"
)

// Shell is the native half around the window, as far as the page has to do with it.
type Shell interface {
	Panel() shell.Panel
	Do(step string) error
	SetBusy(bool)
	Notify(title, body, place string) error
	ShellSettings
}

// ShellSettings is what the person sets of it.
type ShellSettings interface {
	Shortcut() string
	SetShortcut(string) error
	AtLogin() bool
	SetAtLogin(bool) error
	Access() *shell.Problem
}

// panelQuestions suit any picture of a screen.
var panelQuestions = []string{"What does this say?", "What is the error?", "Describe this picture."}

// UseShell gives the page a native half; without one it has no panel.
func (h *Handler) UseShell(s Shell) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.shell = s
}

// KeepPicture stores a picture as one that was dropped on the page, and returns its id.
func (h *Handler) KeepPicture(ctx context.Context, name string, data []byte) (id string, err error) {
	p, err := h.storePicture(ctx, name, data)
	return p.ID, err
}

func (h *Handler) theShell() (Shell, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.shell == nil {
		return nil, errNoShell
	}
	return h.shell, nil
}

// tellBusy tells the menu whether an answer is being written.
func (h *Handler) tellBusy() {
	h.mu.Lock()
	s, busy := h.shell, len(h.running) > 0
	h.mu.Unlock()
	if s != nil {
		s.SetBusy(busy)
	}
}

func (h *Handler) getPanel(w http.ResponseWriter, r *http.Request) error {
	s, err := h.theShell()
	if err != nil {
		return err
	}
	p := s.Panel()
	wire := Panel{Shot: p.Shot, Questions: panelQuestions}
	if p.Problem != nil {
		wire.Problem = &Problem{Code: "panel", Sentence: p.Problem.Sentence}
		wire.Steps = wireSteps(p.Problem.Steps)
	}
	if p.Picture != "" {
		picture, err := h.Store.Picture(p.Picture)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		if err == nil {
			wirePic := wirePicture(picture)
			wire.Picture = &wirePic
		}
	}
	writeJSON(w, http.StatusOK, wire)
	return nil
}

func wireSteps(steps []shell.Step) (wire []PanelStep) {
	for _, s := range steps {
		wire = append(wire, PanelStep{Do: s.Do, Label: s.Label})
	}
	return wire
}

func (h *Handler) doPanel(w http.ResponseWriter, r *http.Request) error {
	s, err := h.theShell()
	if err != nil {
		return err
	}
	if err := s.Do(r.PathValue("step")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// ModelLine names the model and says what it is doing, for the menu.
func (h *Handler) ModelLine() string {
	m := h.loader.state()
	switch m.Phase {
	case PhaseLoading:
		return m.Name + " (loading)"
	case PhaseAsleep:
		return m.Name + " (asleep)"
	case PhaseFailed:
		return m.Name + " (not usable)"
	}
	return m.Name
}
