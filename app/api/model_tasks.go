package api

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"

	"sightglass/app/hub"
	"sightglass/app/models"
	"sightglass/engine"
)

// What package models names by numbers.
var (
	taskKinds  = map[models.TaskKind]TaskKind{models.Download: TaskDownload, models.Convert: TaskConvert}
	taskPhases = map[models.Phase]TaskPhase{
		models.Waiting: TaskWaiting, models.Running: TaskRunning, models.Paused: TaskPaused, models.Failed: TaskFailed,
	}
)

// wireTask names a task by the model that it is about; names are those of this machine's models, by ID.
func wireTask(t models.Task, names map[string]string) ModelTask {
	m := ModelTask{ID: t.ID, Kind: taskKinds[t.Kind], Model: t.Model, Name: t.Model, Phase: taskPhases[t.Phase], Done: t.Done, Total: t.Total, Rate: t.Rate}
	if name, ok := names[t.Model]; ok {
		m.Name = name
	}
	if t.Err != nil {
		_, p := explain(t.Err)
		m.Problem = &p
	}
	return m
}

// tellTask tells that a download or a conversion is over.
func (h *Handler) tellTask(t models.Task) {
	title := map[models.TaskKind]string{models.Download: "A model was downloaded", models.Convert: "A model was converted"}[t.Kind]
	if t.Err != nil {
		title = map[models.TaskKind]string{models.Download: "A download failed", models.Convert: "A conversion failed"}[t.Kind]
		h.Log.Error("task", "model", t.Model, "error", t.Err)
	}
	h.tell(title, t.Model, "/models")
}

func wireOffers(offers []models.Offer, here map[string]string) []ModelOffer {
	list := []ModelOffer{}
	for _, o := range offers {
		_, have := here[string(o.Repo)]
		list = append(list, ModelOffer{
			ID: string(o.Repo), Says: o.Says, Bytes: o.Bytes, Memory: o.Memory, Fit: fits[models.FitOf(o.Memory, engine.MachineMemory())],
			Architecture: o.Architecture, Vision: o.Vision, Gated: o.Gated, Unknown: o.Unknown, Here: have, Downloads: o.Downloads,
		})
	}
	return list
}

// searchModels asks the hub for models by their name, which the person has asked for.
func (h *Handler) searchModels(w http.ResponseWriter, r *http.Request) error {
	return h.askHub(w, r, func(ctx context.Context, c *hub.Client, here map[string]string) (any, error) {
		offers, err := models.Search(ctx, c, r.URL.Query().Get("q"))
		return wireOffers(offers, here), err
	})
}

// getOffer asks the hub what a repository holds.
func (h *Handler) getOffer(w http.ResponseWriter, r *http.Request) error {
	return h.askHub(w, r, func(ctx context.Context, c *hub.Client, here map[string]string) (any, error) {
		repo, err := hub.ParseRepo(r.URL.Query().Get("id"))
		if err != nil {
			return nil, err
		}
		offer, err := models.Look(ctx, c, repo)
		return wireOffers([]models.Offer{offer}, here)[0], err
	})
}

// askHub answers with what the hub says. here are the names of this machine's models.
func (h *Handler) askHub(w http.ResponseWriter, r *http.Request, ask func(context.Context, *hub.Client, map[string]string) (any, error)) error {
	work, err := h.models()
	if err != nil {
		return err
	}
	c, err := work.Client()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	defer context.AfterFunc(h.life, cancel)()
	here := map[string]string{}
	for _, repo := range work.Library.Cache.List() {
		here[string(repo)] = string(repo)
	}
	answer, err := ask(ctx, c, here)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, answer)
	return nil
}

func (h *Handler) startTask(w http.ResponseWriter, r *http.Request) error {
	body, err := readJSON[StartTask](w, r)
	if err != nil {
		return err
	}
	work, err := h.models()
	if err != nil {
		return err
	}
	for kind, name := range taskKinds {
		if name == body.Kind {
			t, err := work.Start(kind, body.Model)
			if err != nil {
				return err
			}
			writeJSON(w, http.StatusCreated, wireTask(t, nil))
			return nil
		}
	}
	return errBadRequest
}

// orderTask pauses, resumes or cancels a task.
func (h *Handler) orderTask(w http.ResponseWriter, r *http.Request) error {
	work, err := h.models()
	if err != nil {
		return err
	}
	id := r.PathValue("task")
	switch r.PathValue("order") {
	case "pause":
		err = work.Pause(r.Context(), id)
	case "resume":
		err = work.Resume(id)
	case "cancel":
		err = work.Cancel(r.Context(), id)
	default:
		err = errBadRequest
	}
	if err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// importModel lists a folder of the person's among the models.
func (h *Handler) importModel(w http.ResponseWriter, r *http.Request) error {
	body, err := readJSON[ImportModel](w, r)
	if err != nil {
		return err
	}
	work, err := h.models()
	if err != nil {
		return err
	}
	entry, err := work.Library.Import(body.Path)
	if errors.Is(err, fs.ErrNotExist) && !errors.Is(err, models.ErrNoModel) {
		return fmt.Errorf("%w: %w", errNoFolder, err)
	}
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusCreated, wireModel(entry, false))
	return nil
}

// setToken keeps the access token for gated repositories, which no call gives back.
func (h *Handler) setToken(w http.ResponseWriter, r *http.Request) error {
	body, err := readJSON[SetToken](w, r)
	if err != nil {
		return err
	}
	work, err := h.models()
	if err != nil {
		return err
	}
	if err := work.Tokens.Set(body.Token); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
