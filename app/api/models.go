package api

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"sightglass/app/hub"
	"sightglass/app/models"
	"sightglass/engine"
	"sightglass/engine/builtin"
)

// loadFirst begins to load the model that the app starts with.
func (h *Handler) loadFirst() {
	id := h.Options.Model
	if id == "" {
		id = h.preferences().Model
	}
	if id == "" {
		id = builtin.Name
	}
	source, err := h.Find(id)
	if err != nil {
		source = Source{ID: id, Name: id, Load: func(context.Context) (Answerer, error) { return nil, err }}
	}
	l := h.loader
	l.mu.Lock()
	defer l.mu.Unlock()
	l.source, l.vision = source, true
	w := l.begin(source, nil)
	h.working.Go(func() {
		if <-w.ended; w.err != nil && h.life.Err() == nil {
			h.Log.Error("load model", "model", source.ID, "error", w.err)
		}
	})
}

// restAfter is how long the model stays loaded without a question; 0: for good.
func (h *Handler) restAfter() time.Duration {
	return time.Duration(h.preferences().RestAfter) * time.Minute
}

// chooseModel lets another model answer from now on, and at the next start. It answers once that one is loaded, or could not be: then the one
// before stays.
func (h *Handler) chooseModel(w http.ResponseWriter, r *http.Request) error {
	body, err := readJSON[ChooseModel](w, r)
	if err != nil {
		return err
	}
	if err := h.mayLeave(h.loader.inUse().ID, body.ID); err != nil {
		return err
	}
	work, err := h.models()
	if err != nil {
		return err
	}
	entry, err := work.Library.Find(body.ID)
	if err != nil {
		return err
	}
	if err := fitError(entry); err != nil {
		return err
	}
	source, err := h.Find(body.ID)
	if err != nil {
		return fmt.Errorf("%w: %w", errModel, err)
	}
	if err := h.loader.change(r.Context(), source, func() { h.keepModel(body.ID) }); err != nil {
		return err
	}
	return h.getState(w, r)
}

// fitError is why a model cannot be used, as far as its files tell.
func fitError(e models.Entry) error {
	if e.Err != nil {
		return fmt.Errorf("%w: %w", errTorn, e.Err)
	}
	if models.FitOf(e.About.Budget.Total(), engine.MachineMemory()) == models.FitNot {
		return engine.ErrMemory
	}
	return nil
}

// keepModel remembers the model that was chosen.
func (h *Handler) keepModel(id string) {
	h.setting.Lock()
	defer h.setting.Unlock()
	p := h.preferences()
	p.Model = id
	if err := h.setPreferences(p); err != nil {
		h.Log.Error("remember the model", "error", err)
	}
}

// mayLeave is an error where a training keeps the model that is in use.
func (h *Handler) mayLeave(from, to string) error {
	h.studio.mu.Lock()
	defer h.studio.mu.Unlock()
	if h.studio.run != nil && from != to {
		return errLearning
	}
	return nil
}

func (h *Handler) listModels(w http.ResponseWriter, r *http.Request) error {
	work, err := h.models()
	if err != nil {
		return err
	}
	m := Models{Here: []LocalModel{}, Tasks: []ModelTask{}, Memory: engine.MachineMemory()}
	used := h.loader.inUse().ID
	if h.loader.failed() {
		used = "" // so that it can be tried again, or removed
	}
	names := map[string]string{}
	for _, e := range work.Library.List() {
		m.Here = append(m.Here, wireModel(e, e.ID == used))
		names[e.ID] = e.Name
	}
	for _, t := range work.Tasks() {
		m.Tasks = append(m.Tasks, wireTask(t, names))
	}
	m.Recommended = wireOffers(models.Recommended(m.Memory), names)
	if c, err := work.Client(); err == nil {
		m.Hub = c.Host()
	} else if !errors.Is(err, hub.ErrOffline) {
		h.Log.Error("ask for the hub", "error", err)
	}
	if token, err := work.Tokens.Get(); err == nil {
		m.Token = token != ""
	}
	writeJSON(w, http.StatusOK, m)
	return nil
}

// models is what there is to choose from.
func (h *Handler) models() (*models.Work, error) {
	if h.Models == nil {
		return nil, models.ErrUnknown
	}
	return h.Models, nil
}

// kinds and fits are what package models names by numbers.
var (
	kinds = map[models.Kind]ModelKind{
		models.Builtin: ModelBuiltin, models.Cached: ModelCached, models.Folder: ModelFolder, models.Converted: ModelConverted,
	}
	fits = map[models.Fit]Fit{models.FitUnknown: FitUnknown, models.FitWell: FitWell, models.FitTight: FitTight, models.FitNot: FitNot}
)

func wireModel(e models.Entry, used bool) LocalModel {
	m := LocalModel{ID: e.ID, Name: e.Name, Kind: kinds[e.Kind], Folder: e.Dir, Bytes: e.Bytes, InUse: used}
	if e.Err != nil {
		_, p := explain(fmt.Errorf("%w: %w", errTorn, e.Err))
		m.Problem = &p
		return m
	}
	d := e.About
	m.Architecture, m.Vision, m.Parameters, m.Context, m.Memory = d.Architecture, d.Vision, d.Parameters, d.Context, d.Budget.Total()
	m.Fit = fits[models.FitOf(m.Memory, engine.MachineMemory())]
	if types := slices.Collect(maps.Keys(d.Types)); len(types) > 0 {
		m.Stored = slices.MaxFunc(types, func(a, b string) int { return cmp.Compare(d.Types[a], d.Types[b]) })
	}
	return m
}

// removeModel deletes a model that nobody uses.
func (h *Handler) removeModel(w http.ResponseWriter, r *http.Request) error {
	body, err := readJSON[ChooseModel](w, r)
	if err != nil {
		return err
	}
	work, err := h.models()
	if err != nil {
		return err
	}
	if work.About(body.ID) {
		return models.ErrBusy
	}
	free, err := h.loader.hold(body.ID)
	if err != nil {
		return err
	}
	defer free()
	freed, err := work.Library.Remove(body.ID)
	if err != nil && !errors.Is(err, models.ErrKept) {
		h.Log.Error("remove model", "model", body.ID, "error", err)
	}
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, Removed{Freed: freed})
	return nil
}
