package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"sightglass/app/store"
	"sightglass/app/tuner"
	"sightglass/engine"
	"sightglass/engine/train"
)

// TuneOptions is what fine-tuning needs besides a store.
type TuneOptions struct {
	Folder  string     // where dropped pictures are kept
	Exports string     // where adapters are exported to
	Memory  func() int // bytes that a training may take, 0 where nobody knows
}

// uploads is where dropped files are kept.
func (o *TuneOptions) uploads() string { return filepath.Join(o.Folder, "uploads") }

// unpacked is where parquet files are unpacked to.
func (o *TuneOptions) unpacked() string { return filepath.Join(o.Folder, "unpacked") }

// studio is where one data set is prepared and one training runs.
type studio struct {
	mu     sync.Mutex
	data   *tuneData
	run    *tuneRun
	failed map[string]TuneRun // what has failed since the app started

	arriving map[string]bool // uploads that are not data yet
}

// presets are goals in plain words. What they set was tried with the built-in model: docs/fine-tuning.md.
var presets = []TunePreset{
	{"Sort or name", "Short answers: a label, a name, yes or no.",
		TuneSettings{Method: "lora", Rank: 8, Layers: 12, LR: 1e-3, Passes: 8, Validation: 0.2}},
	{"Describe or read", "Whole sentences, or text that stands in the picture. All layers are trained, which takes longer.",
		TuneSettings{Method: "lora", Rank: 16, LR: 2e-4, Passes: 3, Validation: 0.2}},
	{"A quick try", "One pass over the data, to see whether it is understood.",
		TuneSettings{Method: "lora", Rank: 8, Layers: 6, LR: 1e-3, Passes: 1, Validation: 0.2}},
}

// options turns what a person may change into what the engine trains with.
func (s TuneSettings) options() train.Options {
	return train.Options{Method: train.Method(s.Method), Rank: s.Rank, Layers: s.Layers, LR: s.LR, Steps: s.Steps, Warmup: 0, Seed: 1}
}

func settingsOf(j tuner.Job) TuneSettings {
	t := j.Train
	return TuneSettings{Method: string(t.Method), Rank: t.Rank, Layers: t.Layers, LR: t.LR, Passes: j.Passes, Steps: t.Steps, Validation: j.Validation}
}

// checkpoints is how many times a run looks at its validation examples and stores its state.
const checkpoints = 5

// warmup is how many steps the learning rate rises, at most.
const warmup = 5

// job is a training on the data that is open. An error says what is missing.
func (h *Handler) job(name string, s TuneSettings) (tuner.Job, error) {
	base, err := h.base()
	if err != nil {
		return tuner.Job{}, err
	}
	h.studio.mu.Lock()
	defer h.studio.mu.Unlock()
	d := h.studio.data
	if d == nil {
		return tuner.Job{}, errNoData
	}
	const most = 1000
	if s.Passes < 1 || s.Passes > most || s.Steps < 0 || !(s.Validation >= 0 && s.Validation <= 0.9) {
		return tuner.Job{}, errSettings
	}
	j := tuner.Job{
		Name: name, Model: base.Name, Base: base.Print, Data: d.Path, Edits: d.Edits, Train: s.options(), Passes: s.Passes,
		Validation: s.Validation, Length: 2048, Compare: true, Probes: 3,
	}
	for source, out := range d.LeftOut {
		if out {
			j.LeftOut = append(j.LeftOut, source)
		}
	}
	slices.Sort(j.LeftOut)
	learn, _, err := d.rows()
	if err != nil {
		return j, err
	}
	if len(learn) < 2 {
		return j, errFewRows
	}
	if j.Train.Steps == 0 {
		j.Train.Steps = (len(learn) - int(float64(len(learn))*d.share(s.Validation))) * s.Passes
	}
	j.Train.Warmup = min(warmup, j.Train.Steps/2)
	if j.Train.Defaults().Check() != nil {
		return j, errSettings
	}
	j.EvalEvery = max(1, j.Train.Steps/checkpoints)
	j.SaveEvery = j.EvalEvery
	return j, nil
}

func (h *Handler) getTuning(w http.ResponseWriter, r *http.Request) error {
	if h.Tune == nil {
		return errNoTuning
	}
	list, err := h.Store.Adapters()
	if err != nil {
		return err
	}
	t := Tuning{Runs: []TuneRun{}, Presets: presets}
	h.studio.mu.Lock()
	defer h.studio.mu.Unlock()
	live := h.studio.run
	for _, a := range list {
		if live == nil || a.Name != live.name {
			run, err := h.wireRun(a)
			if err != nil {
				return err
			}
			t.Runs = append(t.Runs, run)
		}
	}
	for name, run := range h.studio.failed {
		if !slices.ContainsFunc(t.Runs, func(r TuneRun) bool { return r.Name == name }) {
			t.Runs = append(t.Runs, run)
		}
	}
	if live != nil {
		t.Running = live.name
		t.Runs = append(t.Runs, live.show())
	}
	slices.SortStableFunc(t.Runs, func(a, b TuneRun) int { return b.Changed.Compare(a.Changed) })
	writeJSON(w, http.StatusOK, t)
	return nil
}

// fits says whether an adapter was made for the model that is open.
func (h *Handler) fits(a store.Adapter) bool {
	base, err := h.base()
	return err == nil && a.Base == base.Print
}

// base is the model that is open, as adapters are for.
func (h *Handler) base() (tuner.Base, error) {
	s := h.loader.inUse()
	switch {
	case h.Tune == nil:
		return tuner.Base{}, errNoTuning
	case s.Base == nil:
		return tuner.Base{}, errNoBase
	}
	return tuner.Base{Dir: s.Base.Folder, Name: s.ID, Print: s.Base.Print}, nil
}

// openBase opens the model of a fingerprint once more, if it is the one that is open.
func (h *Handler) openBase(ctx context.Context, print string) (*engine.Session, error) {
	s := h.loader.inUse()
	if s.Base == nil || s.Base.Print != print {
		return nil, tuner.ErrOther
	}
	return s.Base.Open(ctx)
}

// wireRun is a training that does not run, as it is stored.
func (h *Handler) wireRun(a store.Adapter) (TuneRun, error) {
	run := TuneRun{Name: a.Name, Note: a.Note, Model: a.Model, Fits: h.fits(a), Phase: TunePaused, Losses: []TuneLoss{}, Changed: a.Put}
	if a.Finished {
		run.Phase, run.Imported = TuneFinished, len(a.Losses) == 0
	}
	for _, f := range a.Files {
		run.Bytes += f.Bytes
	}
	var j tuner.Job
	var report tuner.Report
	for _, part := range []struct {
		data json.RawMessage
		into any
	}{{a.Job, &j}, {a.Report, &report}} {
		if part.data == nil {
			continue // made by the command of an earlier version
		}
		if err := json.Unmarshal(part.data, part.into); err != nil {
			return run, errors.Join(store.ErrDamaged, err)
		}
	}
	run.Settings, run.Steps = settingsOf(j), j.Train.Steps
	for _, l := range a.Losses {
		run.Losses = append(run.Losses, TuneLoss(l))
		run.Step = l.Step
	}
	run.showReport(report)
	if failed, ok := h.studio.failed[a.Name]; ok {
		run.Phase, run.Problem = TuneFailed, failed.Problem
	}
	return run, nil
}

// showReport puts what a run found into what the page sees of it.
func (run *TuneRun) showReport(report tuner.Report) {
	run.Checks, run.Probes = []TuneCheck{}, []TuneProbe{}
	base, tuned := report.Scores()
	thumbs := 0
	for i, c := range report.Checks {
		run.Checks = append(run.Checks, TuneCheck{
			Index: i, Source: c.Source, Picture: c.Picture != "", Question: c.Question, Want: c.Want, Base: c.Base, Tuned: c.Tuned, Thumb: c.Thumb,
			BaseOK: tuner.Right(c.Want, c.Base), TunedOK: tuner.Right(c.Want, c.Tuned),
		})
		if c.Thumb > 0 {
			thumbs++
		}
	}
	for _, p := range report.Probes {
		run.Probes = append(run.Probes, TuneProbe(p))
	}
	if report.Asked && len(report.Checks) > 0 {
		run.Base = &TuneScore{Exact: base.Exact, Characters: base.Errors}
	}
	if report.Done {
		run.Tuned = &TuneScore{Exact: tuned.Exact, Characters: tuned.Errors, Thumbs: thumbs}
	}
}

// estimateExamples is how many examples are tried for an estimate.
const estimateExamples = 3

// estimateRun opens the model and takes a few steps, so that memory and time are measured rather than guessed.
func (h *Handler) estimateRun(w http.ResponseWriter, r *http.Request) error {
	body, err := readJSON[TuneSettings](w, r)
	if err != nil {
		return err
	}
	if h.Tune == nil {
		return errNoTuning
	}
	j, err := h.job("estimate", body)
	if err != nil {
		return err
	}
	ctx, done, err := h.alone(r) // both would seem slow beside a training
	if err != nil {
		return err
	}
	defer done()
	s, err := h.openBase(ctx, j.Base)
	if err != nil {
		return err
	}
	defer s.Close()
	e, err := tuner.Measure(ctx, s, j, estimateExamples)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, TuneEstimate{Learn: e.Learn, Check: e.Check, Steps: j.Train.Steps, MemoryBytes: int64(e.Memory.Total()),
		FreeBytes: int64(h.Tune.Memory()), Seconds: e.Took.Round(time.Second).Seconds()})
	return nil
}
