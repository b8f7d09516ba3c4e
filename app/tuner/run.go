package tuner

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"sightglass/app/store"
	"sightglass/engine"
	"sightglass/engine/train"
	"sightglass/engine/train/dataset"
	"sightglass/engine/weights/convert"
)

var (
	// ErrBadRows is returned when data has rows that cannot be used and may not be left out.
	ErrBadRows = errors.New("some examples cannot be used")
	// ErrExists is returned when there is an adapter of that name already.
	ErrExists = errors.New("there is an adapter of that name")
	// ErrOther is returned when a training cannot go on because its model, its settings or its data are not those it began with.
	ErrOther = errors.New("the training began otherwise")
	// ErrFinished is returned when a training that should go on has reached its end.
	ErrFinished = errors.New("the training is finished")
)

// Watch is told how a run goes on. All of its functions are called from the goroutine that runs; nil ones are not.
type Watch struct {
	Problem func(dataset.Problem)
	Looking func(i, n int) // at the pictures of an example
	Asking  func(i, n int) // the model, to compare
	Begin   func(learn, check, trained int, e train.Estimate)
	Step    func(train.Progress)
	Report  func(Report)
}

// Run is a training on its way.
type Run struct {
	Job
	Watch
	Shelf   Shelf
	Session *engine.Session // the model's; it is the run's alone, and answers as it is trained
	Memory  int             // bytes that training may take; 0: any
	Stop    func() bool     // asked after each step: end here, and keep the best so far
	Temp    string          // where files lie until the shelf has them; "": the system's folder

	trainer *train.Trainer
	adapter store.Adapter
	report  Report
	checks  []dataset.Row
	best    string // folder of the best adapter so far
}

// Do trains from the start, or from the stored state where resume is set, to the end. Where ctx ends before, the state is stored.
func (r *Run) Do(ctx context.Context, resume bool) (err error) {
	r.fill()
	if r.best, err = os.MkdirTemp(r.Temp, "sightglass-tune-"); err != nil {
		return err
	}
	defer os.RemoveAll(r.best)
	old, err := r.find(resume)
	if err != nil {
		return err
	}
	learn, check, err := r.Rows(r.Problem)
	if err != nil {
		return err
	}
	if r.Train.Steps == 0 {
		r.Train.Steps = max(1, len(learn)*r.Passes/max(r.Train.Batch, 1))
	}
	r.Train = r.Train.Defaults()
	if err := r.describe(old, check); err != nil {
		return err
	}
	if old == nil {
		defer func() { err = r.forget(ctx, err) }()
		if err := r.put(); err != nil { // so that it can go on, even before its first step
			return err
		}
	}
	if err := r.askBase(ctx); err != nil {
		return err
	}
	if r.trainer, err = r.Session.Train(ctx, r.Train); err != nil {
		return err
	}
	defer r.trainer.Close()
	return r.train(ctx, old, learn, check)
}

// fill puts functions that do nothing in the place of those that are not there.
func (r *Run) fill() {
	w := &r.Watch
	if w.Problem == nil {
		w.Problem = func(dataset.Problem) {}
	}
	if w.Looking == nil {
		w.Looking = func(int, int) {}
	}
	if w.Asking == nil {
		w.Asking = func(int, int) {}
	}
	if w.Begin == nil {
		w.Begin = func(int, int, int, train.Estimate) {}
	}
	if w.Step == nil {
		w.Step = func(train.Progress) {}
	}
	if w.Report == nil {
		w.Report = func(Report) {}
	}
}

// find returns the training to go on with, nil for a new one.
func (r *Run) find(resume bool) (*store.Adapter, error) {
	old, err := r.Shelf.Adapter(r.Name)
	switch {
	case errors.Is(err, store.ErrNotFound) && resume:
		return nil, fmt.Errorf("tuner: there is no training %q to go on with: %w", r.Name, err)
	case errors.Is(err, store.ErrNotFound):
		return nil, nil
	case err != nil:
		return nil, err
	case !resume:
		return nil, fmt.Errorf("tuner: %w: %q; choose another name, or --resume", ErrExists, r.Name)
	case old.Base != r.Base:
		return nil, fmt.Errorf("tuner: %w: %q was trained on another model, %q", ErrOther, r.Name, old.Model)
	case old.Finished:
		return nil, fmt.Errorf("tuner: %q: %w", r.Name, ErrFinished)
	}
	return &old, nil
}

// describe fills in what is stored with the adapter.
func (r *Run) describe(old *store.Adapter, check []dataset.Row) (err error) {
	r.adapter = store.Adapter{Name: r.Name, Base: r.Base, Model: r.Model, Note: r.Note}
	if r.adapter.Settings, err = encode(r.Train); err != nil {
		return err
	}
	if r.adapter.Job, err = encode(r.Job); err != nil {
		return err
	}
	if r.Compare {
		r.checks = check
	}
	if old == nil {
		for _, c := range r.checks {
			r.report.Checks = append(r.report.Checks, checkOf(c))
		}
		return nil
	}
	if !bytes.Equal(old.Settings, r.adapter.Settings) {
		return fmt.Errorf("tuner: %w: %q was trained with other settings: %s", ErrOther, old.Name, old.Settings)
	}
	r.adapter.Losses, r.adapter.Note = old.Losses, old.Note
	if old.Report != nil {
		if err := json.Unmarshal(old.Report, &r.report); err != nil {
			return fmt.Errorf("tuner: report: %w: %w", store.ErrDamaged, err)
		}
	}
	if len(r.report.Checks) != len(r.checks) {
		return fmt.Errorf("tuner: %w: want %d rows for validation, found %d", ErrOther, len(r.report.Checks), len(r.checks))
	}
	return nil
}

// askBase asks the model about the validation rows before anything is trained.
func (r *Run) askBase(ctx context.Context) error {
	if r.report.Asked {
		return nil
	}
	err := r.ask(ctx, len(r.checks), func(i int, answer string) { r.report.Checks[i].Base = answer })
	if err != nil {
		return err
	}
	r.report.Asked = true
	r.Watch.Report(r.report)
	return r.put()
}

// forget removes a training that failed before its first step, as there is nothing to go on with, and its name is free again.
func (r *Run) forget(ctx context.Context, err error) error {
	if err == nil || ctx.Err() != nil || len(r.adapter.Losses) > 0 {
		return err
	}
	return errors.Join(err, r.Shelf.DeleteAdapter(r.Name))
}

// ask asks the model, as it now is, about the first n of the rows.
func (r *Run) ask(ctx context.Context, n int, got func(i int, answer string)) error {
	for i := range r.checks[:n] {
		r.Asking(i+1, n)
		answer, err := Ask(ctx, r.Session, r.checks[i], 0)
		if err != nil {
			return err
		}
		got(i, answer)
	}
	r.Watch.Report(r.report)
	return nil
}

func (r *Run) train(ctx context.Context, old *store.Adapter, learn, check []dataset.Row) error {
	examples, err := r.examples(ctx, learn)
	if err != nil {
		return err
	}
	checks, err := r.examples(ctx, check)
	if err != nil {
		return err
	}
	r.trainer.Memory = r.Memory
	estimate, err := r.trainer.Fit(append(examples[:len(examples):len(examples)], checks...))
	if err != nil {
		return err
	}
	switch {
	case old != nil && len(old.Files) > 0:
		if _, err := r.Shelf.WriteAdapter(old.Name, r.best); err != nil {
			return err
		}
		if err := r.trainer.Load(filepath.Join(r.best, stateFile)); err != nil {
			return err
		}
	case r.Init != "":
		if err := r.trainer.Init(r.Init); err != nil {
			return err
		}
	}
	r.Begin(len(examples), len(checks), r.trainer.Trained(), estimate)
	course := train.Course{Examples: examples, Validation: checks, EvalEvery: r.EvalEvery, SaveEvery: r.SaveEvery, Lowest: r.lowest(),
		Save: func(best bool) error { return r.save(ctx, best) }, Progress: r.progress, Stop: r.Stop}
	if err := r.trainer.Run(ctx, course); err != nil {
		return err
	}
	return r.finish(ctx)
}

// examples makes what is trained on of rows.
func (r *Run) examples(ctx context.Context, rows []dataset.Row) ([]*train.Example, error) {
	var list []*train.Example
	bad := 0
	for i, row := range rows {
		r.Looking(i+1, len(rows))
		e, err := Example(ctx, r.Session, row, r.trainer.SeesViews(), r.Length)
		switch {
		case err == nil:
			list = append(list, e)
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		default:
			r.Problem(dataset.Problem{Source: row.Source, Reason: err.Error(), Row: row})
			bad++
		}
	}
	if bad > 0 && !r.SkipBad {
		return nil, errBadRows(bad)
	}
	return list, nil
}

// Example makes what is trained on of a row.
func Example(ctx context.Context, s *engine.Session, row dataset.Row, views bool, length int) (*train.Example, error) {
	m, err := Messages(row)
	if err != nil {
		return nil, err
	}
	return s.Example(ctx, m, views, length)
}

// lowest is the lowest loss on validation before this run, 0 without one.
func (r *Run) lowest() (lowest float64) {
	for _, l := range r.adapter.Losses {
		if l.Validation != nil && (lowest == 0 || *l.Validation < lowest) {
			lowest = *l.Validation
		}
	}
	return lowest
}

// stateFile is what a training that is not finished keeps beside its adapter.
const stateFile = "state.safetensors"

// save stores the adapter, the best so far, and the state to go on from.
func (r *Run) save(ctx context.Context, best bool) (err error) {
	if _, err := os.Stat(filepath.Join(r.best, r.trainer.File())); best || err != nil {
		if err := r.trainer.Export(r.best, r.Model); err != nil {
			return err
		}
	}
	if err := r.trainer.Save(filepath.Join(r.best, stateFile)); err != nil {
		return err
	}
	if n := min(r.Probes, len(r.checks)); n > 0 && ctx.Err() == nil {
		if err := r.probe(ctx, n); err != nil && ctx.Err() == nil {
			return err
		}
	}
	return r.put()
}

// probe asks about the first rows, so that one sees the model learn.
func (r *Run) probe(ctx context.Context, n int) error {
	if err := r.Session.Forget(ctx); err != nil {
		return err
	}
	p := Probe{Step: r.trainer.Done, Answers: make([]string, n)}
	err := r.ask(ctx, n, func(i int, answer string) { p.Answers[i] = answer })
	if err == nil {
		r.report.Probes = append(r.report.Probes, p)
		r.Watch.Report(r.report)
	}
	return err
}

func (r *Run) put() (err error) {
	if r.adapter.Report, err = encode(r.report); err != nil {
		return err
	}
	return r.Shelf.PutAdapter(r.adapter, r.best)
}

// finish asks the best model about the validation rows and stores the adapter without the state to go on from; a model with whole weights is
// written to its folder, and nothing else is kept.
func (r *Run) finish(ctx context.Context) error {
	if err := r.trainer.Init(filepath.Join(r.best, r.trainer.File())); err != nil {
		return err
	}
	if err := r.Session.Forget(ctx); err != nil {
		return err
	}
	if len(r.checks) > 0 {
		if err := r.ask(ctx, len(r.checks), func(i int, answer string) { r.report.Checks[i].Tuned = answer }); err != nil {
			return err
		}
		r.report.Done = true
		r.Watch.Report(r.report)
	}
	if r.Folder != "" {
		if err := r.Session.Write(ctx, r.Folder, convert.Options{}); err != nil {
			return err
		}
		return r.Shelf.DeleteAdapter(r.Name)
	}
	r.adapter.Finished = true
	if err := os.Remove(filepath.Join(r.best, stateFile)); err != nil {
		return err
	}
	return r.put()
}

func (r *Run) progress(p train.Progress) {
	loss := store.Loss{Step: p.Step, Loss: p.Loss}
	if p.Validation == p.Validation {
		loss.Validation = &p.Validation
	}
	r.adapter.Losses = append(r.adapter.Losses, loss)
	r.Step(p)
}
