package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"sightglass/app/store"
	"sightglass/app/tuner"
	"sightglass/engine/train"
)

// runSetting names the run that goes on when the app starts again.
const runSetting = "tune running"

var (
	errPaused    = errors.New("api: the training was paused")
	errAbandoned = errors.New("api: the training was stopped before its first step")
)

// tuneRun is the training in progress.
type tuneRun struct {
	name   string
	cancel context.CancelCauseFunc
	stop   atomic.Bool
	ended  chan struct{}

	mu   sync.Mutex
	wire TuneRun
	took time.Duration // of the last steps, averaged
}

func (t *tuneRun) show() TuneRun {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.wire
}

func (t *tuneRun) change(f func(run *TuneRun)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	f(&t.wire)
	t.wire.Changed = time.Now()
}

// watch keeps what the page sees up to date.
func (t *tuneRun) watch() tuner.Watch {
	doing := func(what string) func(i, n int) {
		return func(i, n int) {
			t.change(func(run *TuneRun) {
				switch {
				case run.Phase == TunePreparing:
				case run.Step >= run.Steps:
					run.Phase = TuneComparing
				default: // answers at a checkpoint are part of the training
					return
				}
				run.Doing = fmt.Sprintf("%s %d of %d", what, i, n)
			})
		}
	}
	return tuner.Watch{
		Looking: doing("Looking at picture"),
		Asking:  doing("Asking about picture"),
		Begin: func(_, _, _ int, _ train.Estimate) {
			t.change(func(run *TuneRun) { run.Phase, run.Doing = TuneTraining, "" })
		},
		Step: func(p train.Progress) {
			t.change(func(run *TuneRun) {
				loss := TuneLoss{Step: p.Step, Loss: p.Loss}
				if p.Validation == p.Validation {
					loss.Validation = &p.Validation
				}
				if t.took += (p.Took - t.took) / 5; t.took <= 0 || p.Step == 1 {
					t.took = p.Took
				}
				run.Losses = append(run.Losses[:len(run.Losses):len(run.Losses)], loss)
				run.Step, run.StepMS = p.Step, ms(t.took)
				run.TokensPS = float64(p.Tokens) / p.Took.Seconds()
				run.LeftS = t.took.Seconds() * float64(run.Steps-p.Step)
				if t.stop.Load() {
					run.Steps = p.Step
				}
			})
		},
		Report: func(r tuner.Report) { t.change(func(run *TuneRun) { run.showReport(r) }) },
	}
}

// begin starts a training or goes on with one. It runs until its end, whoever looks.
func (h *Handler) beginRun(j tuner.Job, resume, stop bool) (*tuneRun, error) {
	h.studio.mu.Lock()
	defer h.studio.mu.Unlock()
	if h.studio.run != nil {
		return nil, errTraining
	}
	if err := h.life.Err(); err != nil {
		return nil, err
	}
	t := &tuneRun{name: j.Name, ended: make(chan struct{}), wire: TuneRun{
		Name: j.Name, Model: j.Model, Fits: true, Phase: TunePreparing, Doing: "Opening the model", Settings: settingsOf(j), Steps: j.Train.Steps,
		Losses: []TuneLoss{}, Checks: []TuneCheck{}, Probes: []TuneProbe{}, Changed: time.Now()}}
	if resume {
		a, err := h.Store.Adapter(j.Name)
		if err != nil {
			return nil, err
		}
		if t.wire, err = h.wireRun(a); err != nil {
			return nil, err
		}
		t.wire.Phase, t.wire.Problem, t.wire.Doing = TunePreparing, nil, "Opening the model"
	} else if _, err := h.Store.Adapter(j.Name); err == nil {
		return nil, tuner.ErrExists
	}
	value, err := json.Marshal(j)
	if err != nil {
		return nil, err
	}
	if err := h.Store.SetSetting(runSetting, value); err != nil {
		return nil, err
	}
	t.stop.Store(stop)
	ctx, cancel := context.WithCancelCause(h.life)
	t.cancel = cancel
	delete(h.studio.failed, j.Name)
	h.studio.run = t
	h.working.Go(func() {
		defer close(t.ended)
		h.endRun(t, h.train(ctx, t, j, resume), context.Cause(ctx))
		cancel(nil)
	})
	return t, nil
}

func (h *Handler) train(ctx context.Context, t *tuneRun, j tuner.Job, resume bool) error {
	select { // an estimate ends soon
	case h.estimate <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-h.estimate }()
	s, err := h.openBase(ctx, j.Base)
	if err != nil {
		return err
	}
	defer s.Close()
	r := tuner.Run{Job: j, Watch: t.watch(), Shelf: h.Store, Session: s, Memory: h.Tune.Memory(), Stop: t.stop.Load}
	return r.Do(ctx, resume)
}

// endRun remembers how a training ended. One that the app's end interrupts goes on at the next start.
func (h *Handler) endRun(t *tuneRun, err, cause error) {
	h.studio.mu.Lock()
	defer h.studio.mu.Unlock()
	h.studio.run = nil
	if err != nil && h.life.Err() != nil {
		return
	}
	if e := h.Store.SetSetting(runSetting, nil); e != nil {
		h.Log.Error("end training", "run", t.name, "error", e)
	}
	switch {
	case errors.Is(cause, errAbandoned):
		if e := h.Store.DeleteAdapter(t.name); e != nil && !errors.Is(e, store.ErrNotFound) {
			h.Log.Error("end training", "run", t.name, "error", e)
		}
		return
	case errors.Is(cause, errPaused):
		return
	case err == nil:
		h.tell("Your training is finished", t.name, "/tune/runs/"+url.PathEscape(t.name)+"/compare")
		return
	}
	h.tell("A training failed", t.name, "/tune")
	h.Log.Error("train", "run", t.name, "error", err)
	_, problem := explain(err)
	t.change(func(run *TuneRun) { run.Phase, run.Problem = TuneFailed, &problem })
	if h.studio.failed == nil {
		h.studio.failed = map[string]TuneRun{}
	}
	h.studio.failed[t.name] = t.show()
}

// goOnTraining goes on with the run that the app's last end interrupted.
func (h *Handler) goOnTraining() {
	if h.Tune == nil {
		return
	}
	value, err := h.Store.Setting(runSetting)
	if err != nil {
		return
	}
	var j tuner.Job
	if err := json.Unmarshal(value, &j); err != nil {
		h.Log.Error("go on training", "error", err)
		return
	}
	if base, err := h.base(); err != nil || base.Print != j.Base {
		h.Log.Warn("go on training: it waits for its model", "run", j.Name, "model", j.Model)
		return
	}
	a, err := h.Store.Adapter(j.Name)
	if err == nil && a.Finished {
		_ = h.Store.SetSetting(runSetting, nil) // it ended just before the app did
		return
	}
	if _, err := h.beginRun(j, err == nil, false); err != nil {
		h.Log.Error("go on training", "run", j.Name, "error", err)
	}
}

func (h *Handler) startRun(w http.ResponseWriter, r *http.Request) error {
	body, err := readJSON[StartRun](w, r)
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
	j, err := h.job(name, body.Settings)
	if err != nil {
		return err
	}
	t, err := h.beginRun(j, false, false)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusCreated, t.show())
	return nil
}

// live is the run of that name if it is the one in progress.
func (h *Handler) live(name string) *tuneRun {
	h.studio.mu.Lock()
	defer h.studio.mu.Unlock()
	if t := h.studio.run; t != nil && t.name == name {
		return t
	}
	return nil
}

func (h *Handler) getRun(w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("run")
	if t := h.live(name); t != nil {
		writeJSON(w, http.StatusOK, t.show())
		return nil
	}
	run, err := h.storedRun(name)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, run)
	return nil
}

func (h *Handler) storedRun(name string) (TuneRun, error) {
	h.studio.mu.Lock()
	defer h.studio.mu.Unlock()
	a, err := h.Store.Adapter(name)
	if failed, ok := h.studio.failed[name]; ok && errors.Is(err, store.ErrNotFound) {
		return failed, nil // before there was anything to store
	}
	if err != nil {
		return TuneRun{}, err
	}
	return h.wireRun(a)
}

// pauseRun stores the state and gives the machine free.
func (h *Handler) pauseRun(w http.ResponseWriter, r *http.Request) error {
	return h.interrupt(w, r, errPaused)
}

// stopRun ends a training with the best that it has reached; before its first step there is nothing to keep.
func (h *Handler) stopRun(w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("run")
	if t := h.live(name); t != nil {
		if run := t.show(); run.Step == 0 {
			return h.interrupt(w, r, errAbandoned)
		}
		t.stop.Store(true)
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	return h.goOn(w, name, true)
}

func (h *Handler) interrupt(w http.ResponseWriter, r *http.Request, cause error) error {
	t := h.live(r.PathValue("run"))
	if t == nil {
		return store.ErrNotFound
	}
	t.cancel(cause)
	select {
	case <-t.ended:
	case <-r.Context().Done():
		return r.Context().Err()
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (h *Handler) resumeRun(w http.ResponseWriter, r *http.Request) error {
	return h.goOn(w, r.PathValue("run"), false)
}

func (h *Handler) goOn(w http.ResponseWriter, name string, stop bool) error {
	if h.Tune == nil {
		return errNoTuning
	}
	a, err := h.Store.Adapter(name)
	if err != nil {
		return err
	}
	var j tuner.Job
	if err := json.Unmarshal(a.Job, &j); err != nil || !h.fits(a) {
		return tuner.ErrOther
	}
	if a.Finished {
		return tuner.ErrFinished
	}
	if _, err := h.beginRun(j, true, stop); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// keepRun names an adapter and notes what it is for.
func (h *Handler) keepRun(w http.ResponseWriter, r *http.Request) error {
	body, err := readJSON[KeepRun](w, r)
	if err != nil {
		return err
	}
	name := r.PathValue("run")
	if h.live(name) != nil {
		return errTraining
	}
	to := oneLine(body.Name, maxTitleRunes/2)
	if to == "" {
		return errTitle
	}
	if err := h.Store.KeepAdapter(name, to, oneLine(body.Note, 500)); err != nil {
		return err
	}
	run, err := h.storedRun(to)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, run)
	return nil
}

func (h *Handler) deleteRun(w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("run")
	if h.live(name) != nil {
		return errTraining
	}
	h.studio.mu.Lock()
	defer h.studio.mu.Unlock()
	_, failed := h.studio.failed[name]
	delete(h.studio.failed, name)
	if err := h.Store.DeleteAdapter(name); err != nil && !(failed && errors.Is(err, store.ErrNotFound)) {
		return err
	}
	if h.Tune != nil {
		h.sweepCopies()
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// report is what a run has found, and the check that a path names.
func (h *Handler) report(r *http.Request) (report tuner.Report, check int, err error) {
	a, err := h.Store.Adapter(r.PathValue("run"))
	if err != nil {
		return report, 0, err
	}
	if err := json.Unmarshal(a.Report, &report); err != nil {
		return report, 0, store.ErrNotFound
	}
	check, err = strconv.Atoi(r.PathValue("check"))
	if err != nil || check < 0 || check >= len(report.Checks) {
		return report, 0, store.ErrNotFound
	}
	return report, check, nil
}

func (h *Handler) checkPicture(w http.ResponseWriter, r *http.Request) error {
	report, check, err := h.report(r)
	if err != nil {
		return err
	}
	if report.Checks[check].Picture == "" {
		return store.ErrNotFound
	}
	return h.sendFile(w, r, report.Checks[check].Picture)
}

func (h *Handler) thumbCheck(w http.ResponseWriter, r *http.Request) error {
	body, err := readJSON[Thumb](w, r)
	if err != nil {
		return err
	}
	name := r.PathValue("run")
	if h.live(name) != nil {
		return errTraining
	}
	report, check, err := h.report(r)
	if err != nil {
		return err
	}
	report.Checks[check].Thumb = max(-1, min(1, body.Thumb))
	value, err := json.Marshal(report)
	if err != nil {
		return err
	}
	if err := h.Store.SetReport(name, value); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
