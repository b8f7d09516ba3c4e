package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"sightglass/app/example"
	"sightglass/app/store"
	"sightglass/app/tuner"
	"sightglass/engine/train/dataset"
)

// dataSetting is where the data that is open is remembered, with what was edited.
const dataSetting = "tune data"

// draftTokens bounds an answer that the model proposes.
const draftTokens = 128

// tuneData is the data that is open. What a person edits is kept here, never in their files.
type tuneData struct {
	Name    string
	Path    string
	Edits   dataset.Edits
	LeftOut map[string]bool

	learn, check *dataset.Set // as last read; check is nil where the folder keeps none apart
}

// read checks every row anew.
func (d *tuneData) read() (err error) {
	if d.learn, err = dataset.Read(d.Path, d.Edits); err == nil {
		d.check, err = dataset.Validation(d.Path, d.Edits)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", errNoPath, err)
	}
	return nil
}

// rows are those that are used. Bad rows that are not left out are an error.
func (d *tuneData) rows() (learn, check []dataset.Row, err error) {
	take := func(set *dataset.Set) (rows []dataset.Row, err error) {
		if set == nil {
			return nil, nil
		}
		for _, p := range set.Problems {
			if !d.LeftOut[p.Source] {
				return nil, tuner.ErrBadRows
			}
		}
		for _, r := range set.Rows {
			if !d.LeftOut[r.Source] {
				rows = append(rows, r)
			}
		}
		return rows, nil
	}
	if learn, err = take(d.learn); err == nil {
		check, err = take(d.check)
	}
	return learn, check, err
}

// share is how much of the rows is kept apart for validation: nothing where the data has rows for it.
func (d *tuneData) share(asked float64) float64 {
	if d.check != nil {
		return 0
	}
	return asked
}

// entry is a row in the order of the page, bad ones among the others.
type entry struct {
	dataset.Row
	reason string
	check  bool
}

// entries lists bad rows first, as these are what one has to look at.
func (d *tuneData) entries() (list []entry) {
	for i, set := range []*dataset.Set{d.learn, d.check} {
		if set == nil {
			continue
		}
		for _, p := range set.Problems {
			p.Row.Source = p.Source
			list = append(list, entry{p.Row, p.Reason, i == 1})
		}
		for _, r := range set.Rows {
			list = append(list, entry{r, "", i == 1})
		}
	}
	slices.SortStableFunc(list, func(a, b entry) int { return b2i(a.reason == "") - b2i(b.reason == "") })
	return list
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (d *tuneData) wire() TuneData {
	out := TuneData{Name: d.Name, Path: d.Path, Rows: []TuneRow{}}
	for i, e := range d.entries() {
		row := TuneRow{Index: i, Source: e.Source, Answer: e.Answer(), Check: e.check, Reason: e.reason, LeftOut: d.LeftOut[e.Source]}
		for _, m := range e.Messages {
			for _, p := range m.Parts {
				row.Pictures += b2i(p.Picture != "")
			}
			if m.Role == "user" {
				row.Question = m.Text()
			}
		}
		out.Rows = append(out.Rows, row)
	}
	return out
}

// opened is the data that is open; after a start, that of the last time. Call it with the studio locked.
func (h *Handler) opened() (*tuneData, error) {
	if h.Tune == nil {
		return nil, errNoTuning
	}
	if h.studio.data != nil {
		return h.studio.data, nil
	}
	value, err := h.Store.Setting(dataSetting)
	if errors.Is(err, store.ErrNotFound) {
		return nil, errNoData
	}
	if err != nil {
		return nil, err
	}
	d := &tuneData{}
	if err := json.Unmarshal(value, d); err != nil {
		return nil, errNoData
	}
	if err := d.read(); err != nil {
		return nil, err
	}
	h.studio.data = d
	return d, nil
}

// keepData remembers the data that is open.
func (h *Handler) keepData(d *tuneData) error {
	value, err := json.Marshal(d)
	if err == nil {
		err = h.Store.SetSetting(dataSetting, value)
	}
	return err
}

func (h *Handler) openData(w http.ResponseWriter, r *http.Request) error {
	body, err := readJSON[OpenData](w, r)
	if err != nil {
		return err
	}
	if h.Tune == nil {
		return errNoTuning
	}
	d := &tuneData{Path: body.Path, Name: filepath.Base(body.Path), Edits: dataset.Edits{}, LeftOut: map[string]bool{}}
	switch {
	case body.Example:
		d.Name, d.Path = example.Name, filepath.Join(h.Tune.Folder, "example")
		if err := example.Draw(d.Path); err != nil {
			return err
		}
	case body.Upload != "":
		if d.Path, err = h.uploadFolder(body.Upload); err != nil {
			return err
		}
		d.Name = "Dropped pictures"
		if only := onlyFolder(d.Path); only != "" { // a single folder was dropped: it is the data
			d.Path, d.Name = filepath.Join(d.Path, only), only
		}
	case !filepath.IsAbs(body.Path):
		return errNoPath
	}
	if d.Path, err = tuner.Unpacked(r.Context(), d.Path, h.Tune.unpacked()); err != nil {
		return fmt.Errorf("%w: %w", errNoPath, err)
	}
	if err := d.read(); err != nil {
		return err
	}
	h.studio.mu.Lock()
	defer h.studio.mu.Unlock()
	if err := h.keepData(d); err != nil {
		return err
	}
	h.studio.data = d
	delete(h.studio.arriving, body.Upload)
	h.sweepCopies()
	writeJSON(w, http.StatusOK, d.wire())
	return nil
}

// sweepCopies removes what was dropped or unpacked once nothing reads it any more: neither the data that is open nor a training. What is arriving
// stays. Call it with the studio locked.
func (h *Handler) sweepCopies() {
	used, err := h.dataInUse()
	if err != nil {
		h.Log.Error("sweep copies", "error", err)
		return
	}
	for _, parent := range []string{h.Tune.uploads(), h.Tune.unpacked()} {
		entries, _ := os.ReadDir(parent)
		for _, e := range entries {
			path := filepath.Join(parent, e.Name())
			reads := func(data string) bool {
				return data == path || strings.HasPrefix(data, path+string(filepath.Separator))
			}
			if h.studio.arriving[e.Name()] || slices.ContainsFunc(used, reads) {
				continue
			}
			if err := os.RemoveAll(path); err != nil {
				h.Log.Error("sweep copies", "error", err)
			}
		}
	}
}

// dataInUse lists the folders and tables that the open data and all trainings read.
func (h *Handler) dataInUse() (paths []string, err error) {
	if h.studio.data != nil {
		paths = append(paths, h.studio.data.Path)
	}
	list, err := h.Store.Adapters()
	if err != nil {
		return nil, err
	}
	jobs := []json.RawMessage{}
	for _, a := range list {
		jobs = append(jobs, a.Job)
	}
	for _, setting := range []string{dataSetting, runSetting} { // the data of the last time, and a training that has just begun
		value, err := h.Store.Setting(setting)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return nil, err
		}
		jobs = append(jobs, value)
	}
	for _, data := range jobs {
		var j struct{ Data, Path string } // of a tuner.Job, of a tuneData
		if data != nil {
			if err := json.Unmarshal(data, &j); err != nil {
				return nil, fmt.Errorf("%w: %w", store.ErrDamaged, err)
			}
		}
		paths = append(paths, j.Data, j.Path)
	}
	return paths, nil
}

// onlyFolder is the name of the only thing in a folder, if that is a folder.
func onlyFolder(path string) string {
	list, err := os.ReadDir(path)
	if err != nil || len(list) != 1 || !list[0].IsDir() {
		return ""
	}
	return list[0].Name()
}

func (h *Handler) getData(w http.ResponseWriter, r *http.Request) error {
	h.studio.mu.Lock()
	defer h.studio.mu.Unlock()
	d, err := h.opened()
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, d.wire())
	return nil
}

// row is the row that a path names, and the data it is of. Call it with the studio locked.
func (h *Handler) row(r *http.Request) (*tuneData, entry, error) {
	d, err := h.opened()
	if err != nil {
		return nil, entry{}, err
	}
	list := d.entries()
	i, err := strconv.Atoi(r.PathValue("row"))
	if err != nil || i < 0 || i >= len(list) {
		return nil, entry{}, store.ErrNotFound
	}
	return d, list[i], nil
}

// editRow changes an answer or leaves a row out, and checks the data again.
func (h *Handler) editRow(w http.ResponseWriter, r *http.Request) error {
	body, err := readJSON[EditRow](w, r)
	if err != nil {
		return err
	}
	h.studio.mu.Lock()
	defer h.studio.mu.Unlock()
	d, e, err := h.row(r)
	if err != nil {
		return err
	}
	if body.Answer != nil {
		if d.Edits == nil {
			d.Edits = dataset.Edits{}
		}
		d.Edits[e.Source] = strings.TrimSpace(*body.Answer)
	}
	if body.LeftOut != nil {
		if d.LeftOut == nil {
			d.LeftOut = map[string]bool{}
		}
		d.LeftOut[e.Source] = *body.LeftOut
	}
	if err := d.read(); err != nil {
		return err
	}
	if err := h.keepData(d); err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, d.wire())
	return nil
}

// draftRow lets the model that is open propose an answer.
func (h *Handler) draftRow(w http.ResponseWriter, r *http.Request) error {
	h.studio.mu.Lock()
	_, e, err := h.row(r)
	h.studio.mu.Unlock()
	if err != nil {
		return err
	}
	if len(e.Messages) == 0 {
		return errEmpty
	}
	model, err := h.guard(r.Context(), nil)
	if err != nil {
		return err
	}
	defer model.done()
	if err := h.use(r.Context(), model.Answerer, ""); err != nil {
		return err
	}
	answer, err := tuner.Ask(r.Context(), model, e.Row, draftTokens)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, TuneDraft{Answer: answer})
	return nil
}

func (h *Handler) rowPicture(w http.ResponseWriter, r *http.Request) error {
	h.studio.mu.Lock()
	_, e, err := h.row(r)
	h.studio.mu.Unlock()
	if err != nil {
		return err
	}
	for _, m := range e.Messages {
		for _, p := range m.Parts {
			if p.Picture != "" {
				return h.sendFile(w, r, p.Picture)
			}
		}
	}
	return store.ErrNotFound
}

// sendFile sends a small view of a picture that data names.
func (h *Handler) sendFile(w http.ResponseWriter, r *http.Request, path string) error {
	data, err := tuner.ReadPicture(path)
	if err != nil {
		return err
	}
	small, err := h.thumbnail(r.Context(), data)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "image/jpeg")
	w.Header().Set("Content-Disposition", "inline")
	w.Header().Set("Cross-Origin-Resource-Policy", "same-origin")
	w.Header().Set("Cache-Control", "private, max-age=60") // files change
	_, _ = w.Write(small)
	return nil
}

// uploadable are the ends of names of what is taken into an upload; all else in a dropped folder is nothing to learn from.
var uploadable = []string{".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".txt", ".csv", ".json", ".jsonl", ".parquet"}

// uploadFolder is where the files of an upload lie.
func (h *Handler) uploadFolder(id string) (string, error) {
	if len(id) < 8 || len(id) > 40 || strings.Trim(id, "0123456789abcdefghijklmnopqrstuvwxyz-") != "" {
		return "", errBadRequest
	}
	return filepath.Join(h.Tune.uploads(), id), nil
}

// putUpload takes one file of a dropped folder.
func (h *Handler) putUpload(w http.ResponseWriter, r *http.Request) error {
	if h.Tune == nil {
		return errNoTuning
	}
	if err := wantType(r, "application/octet-stream"); err != nil {
		return err
	}
	folder, err := h.uploadFolder(r.PathValue("upload"))
	if err != nil {
		return err
	}
	name := filepath.FromSlash(r.URL.Query().Get("path"))
	if !filepath.IsLocal(name) || len(name) > 1000 || !slices.Contains(uploadable, strings.ToLower(filepath.Ext(name))) {
		return errBadRequest
	}
	data, err := readBytes(w, r, maxPictureBytes)
	if err != nil {
		return err
	}
	h.studio.mu.Lock()
	if h.studio.arriving == nil {
		h.studio.arriving = map[string]bool{}
	}
	h.studio.arriving[filepath.Base(folder)] = true
	h.studio.mu.Unlock()
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return err
	}
	defer root.Close()
	if err := root.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return err
	}
	if err := root.WriteFile(name, data, 0o600); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
