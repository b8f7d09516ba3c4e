package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"sightglass/app/store"
	"sightglass/app/tuner"
	"sightglass/engine/adapter"
	"sightglass/engine/weights/convert"
)

// exportRun writes an adapter, or the model with it, into a folder that nothing else has the name of.
func (h *Handler) exportRun(w http.ResponseWriter, r *http.Request) error {
	body, err := readJSON[ExportRun](w, r)
	if err != nil {
		return err
	}
	if h.Tune == nil {
		return errNoTuning
	}
	name := r.PathValue("run")
	a, err := h.Store.Adapter(name)
	if err != nil {
		return err
	}
	if !a.Finished {
		return errTraining
	}
	base, err := h.base()
	if err != nil {
		return err
	}
	path, err := h.Tune.newExport(name)
	if err != nil {
		return err
	}
	switch body.Format {
	case ExportModel:
		err = h.exportModel(r, name, path)
	case ExportPEFT, ExportMLX:
		err = tuner.Export(h.Store, base, name, path, adapter.Layout(body.Format))
	default:
		err = errBadRequest
	}
	if err != nil {
		_ = os.RemoveAll(path) // what was written of it is of no use
		return err
	}
	writeJSON(w, http.StatusOK, Exported{Path: path})
	return nil
}

// newExport makes a folder named for an adapter among the exports.
func (o *TuneOptions) newExport(name string) (path string, err error) {
	safe := strings.Trim(strings.Map(func(r rune) rune {
		if strings.ContainsRune(`/\:*?"<>|`, r) {
			return '-'
		}
		return r
	}, name), ". ")
	if safe == "" {
		safe = "adapter"
	}
	return inNew(o.Exports, safe, "", func(path string) error { return os.Mkdir(path, 0o755) })
}

// exportModel writes the model with an adapter in its weights. It opens the model once more, and so not beside a training.
func (h *Handler) exportModel(r *http.Request, name, path string) error {
	a, err := h.Store.Adapter(name)
	if err != nil {
		return err
	}
	if !h.fits(a) {
		return adapter.ErrNoMatch
	}
	ctx, done, err := h.alone(r)
	if err != nil {
		return err
	}
	defer done()
	s, err := h.openBase(ctx, a.Base)
	if err != nil {
		return err
	}
	defer s.Close()
	folder, err := os.MkdirTemp("", "sightglass-adapter-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	if _, err := h.Store.WriteAdapter(name, folder); err != nil {
		return err
	}
	if err := s.Use(ctx, folder); err != nil {
		return err
	}
	return s.Write(ctx, path, convert.Options{})
}

// alone lets a request open the model beside the one that answers: one at a time, and none beside a training. The context ends with the app, too.
func (h *Handler) alone(r *http.Request) (ctx context.Context, done func(), err error) {
	select {
	case h.estimate <- struct{}{}:
	default:
		return nil, nil, errTraining
	}
	ctx, cancel := context.WithCancel(r.Context())
	stop := context.AfterFunc(h.life, cancel)
	return ctx, func() { stop(); cancel(); <-h.estimate }, nil
}

// importAdapter keeps an adapter that another program made.
func (h *Handler) importAdapter(w http.ResponseWriter, r *http.Request) error {
	body, err := readJSON[ImportAdapter](w, r)
	if err != nil {
		return err
	}
	if h.Tune == nil {
		return errNoTuning
	}
	name := oneLine(body.Name, maxTitleRunes/2)
	if name == "" {
		return errTitle
	}
	if !filepath.IsAbs(body.Path) {
		return errNoAdapter
	}
	base, err := h.base()
	if err != nil {
		return err
	}
	err = tuner.Import(h.Store, base, body.Path, name)
	switch {
	case err == nil:
	case errors.Is(err, tuner.ErrExists), errors.Is(err, adapter.ErrNoMatch), errors.Is(err, store.ErrDiskFull):
		return err
	default:
		return fmt.Errorf("%w: %w", errNoAdapter, err)
	}
	run, err := h.storedRun(name)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusCreated, run)
	return nil
}
