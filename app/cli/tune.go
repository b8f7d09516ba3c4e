package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"sightglass/app/store"
	"sightglass/engine"
	"sightglass/engine/train"
	"sightglass/engine/train/dataset"
)

// tuneFlags are the flags of tune.
type tuneFlags struct {
	modelFlags
	train.Options
	data, out, init, note  string
	method                 string
	validation             float64
	evalEvery, saveEvery   int
	length, memory, passes int
	resume, skip, json     bool
}

func (c *command) tune() *cobra.Command {
	f := tuneFlags{evalEvery: 20, saveEvery: 20, length: 2048, passes: 3}
	cmd := &cobra.Command{
		Use:   "tune --data FOLDER --out NAME [flags]",
		Short: "Fine-tune a model on your own pictures; the result is an adapter for ask --adapter NAME",
		Args:  exactly(0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if f.data == "" || f.out == "" {
				return usagef("want --data and --out")
			}
			return c.tuneModel(cmd.Context(), &f)
		},
	}
	f.modelFlags.add(cmd)
	fl := cmd.Flags()
	fl.StringVar(&f.data, "data", "", "folder of pictures with captions, or a table: .csv, .json, .jsonl")
	fl.StringVar(&f.out, "out", "", "name of the adapter")
	fl.StringVar(&f.method, "method", "lora", "lora, qlora (a quantized model) or dora")
	fl.IntVar(&f.Rank, "rank", 8, "rank of the adapter's matrices")
	fl.Float64Var(&f.Alpha, "alpha", 0, "scale of the adapter, times the rank (0: twice the rank)")
	fl.Float64Var(&f.Dropout, "dropout", 0, "share of the adapter's inputs that are left out")
	fl.Float64Var(&f.LR, "lr", 0, "learning rate (0: 2e-4)")
	fl.IntVar(&f.Batch, "batch", 1, "examples a step")
	fl.IntVar(&f.Steps, "steps", 0, "steps (0: --passes over the data)")
	fl.IntVar(&f.passes, "passes", f.passes, "passes over the data, where --steps is 0")
	fl.IntVar(&f.Warmup, "warmup", 0, "steps of warm-up")
	fl.Float64Var(&f.Decay, "weight-decay", 0, "weight decay")
	fl.Float64Var(&f.Clip, "clip", 1, "largest norm of the gradients (negative: none)")
	fl.Uint64Var(&f.Seed, "seed", 0, "seed of the start and of the order")
	fl.StringSliceVar(&f.Targets, "targets", nil, "what is trained: language, projector, vision, or ends of layers' names (default language)")
	fl.StringVar(&f.init, "init", "", "safetensors file with the adapter's start values, by PEFT's names")
	fl.StringVar(&f.note, "note", "", "a note that is kept with the adapter")
	fl.Float64Var(&f.validation, "validation", 0, "share of the examples that are kept for validation, unless the data has some")
	fl.IntVar(&f.evalEvery, "eval-every", f.evalEvery, "steps between losses on validation")
	fl.IntVar(&f.saveEvery, "save-every", f.saveEvery, "steps between saved states")
	fl.IntVar(&f.length, "max-length", f.length, "tokens that an example may have; longer ones are refused, never cut")
	fl.IntVar(&f.memory, "memory", 0, "MB that training may take (0: what this machine has)")
	fl.BoolVar(&f.resume, "resume", false, "go on with the training of that name from its last saved state")
	fl.BoolVar(&f.skip, "skip-bad", false, "leave out examples that cannot be used, rather than refuse the data")
	fl.BoolVar(&f.json, "json", false, "print one JSON object a step")
	return cmd
}

// tuning is a training on its way.
type tuning struct {
	*command
	f       *tuneFlags
	store   *store.Store
	session *engine.Session
	trainer *train.Trainer
	adapter store.Adapter
	best    string // folder of the best adapter so far
}

func (c *command) tuneModel(ctx context.Context, f *tuneFlags) error {
	if f.method == string(train.Full) {
		return usagef("want --method lora, qlora or dora: whole weights are not written by this command")
	}
	if !(f.validation >= 0 && f.validation < 1) || f.evalEvery < 0 || f.saveEvery < 0 || f.length < 1 || f.passes < 1 || f.memory < 0 {
		return usagef("want --validation of 0 or more and less than 1, and counts that are not negative")
	}
	st, err := store.Open(home())
	if err != nil {
		return err
	}
	defer st.Close()
	t := &tuning{command: c, f: f, store: st}
	data, validation, err := t.read()
	if err != nil {
		return err
	}
	if t.session, err = f.modelFlags.open(ctx); err != nil {
		return err
	}
	defer t.session.Close()
	if err := t.describe(); err != nil {
		return err
	}
	f.Method = train.Method(f.method)
	if f.Steps == 0 {
		f.Steps = max(1, len(data)*f.passes/max(f.Batch, 1))
	}
	if t.trainer, err = t.session.Train(ctx, f.Options.Defaults()); err != nil {
		return err
	}
	defer t.trainer.Close()
	return t.run(ctx, data, validation)
}

// read reads the data and says what is wrong with it.
func (t *tuning) read() (data, validation []dataset.Row, err error) {
	set, err := dataset.Read(t.f.data)
	if err != nil {
		return nil, nil, err
	}
	apart, err := dataset.Validation(t.f.data)
	if err != nil {
		return nil, nil, err
	}
	if err := t.refuse(set.Problems); err != nil {
		return nil, nil, err
	}
	data = set.Rows
	if apart != nil {
		return data, apart.Rows, t.refuse(apart.Problems)
	}
	r := rand.New(rand.NewPCG(t.f.Seed, 0))
	r.Shuffle(len(data), func(i, j int) { data[i], data[j] = data[j], data[i] })
	n := int(float64(len(data)) * t.f.validation)
	return data[n:], data[:n], nil
}

// refuse lists bad examples, and refuses them unless they may be left out.
func (t *tuning) refuse(problems []dataset.Problem) error {
	for _, p := range problems {
		fmt.Fprintf(t.err, "%s: %s\n", p.Source, p.Reason)
	}
	if len(problems) > 0 && !t.f.skip {
		return fmt.Errorf("tune: %d examples cannot be used; --skip-bad leaves them out", len(problems))
	}
	return nil
}

// describe fills in what is stored with the adapter.
func (t *tuning) describe() error {
	dir, base, err := resolve(t.f.model)
	if err != nil {
		return err
	}
	if t.f.modelFlags.adapter != "" {
		return usagef("want a model without --adapter to train")
	}
	print, err := engine.Fingerprint(dir, base)
	if err != nil {
		return err
	}
	t.adapter = store.Adapter{Name: t.f.out, Base: print, Model: t.f.model, Note: t.f.note}
	return nil
}

// examples makes what is trained on of rows.
func (t *tuning) examples(ctx context.Context, rows []dataset.Row) ([]*train.Example, error) {
	var list []*train.Example
	var problems []dataset.Problem
	p := newProgress(t.err)
	defer p.clear()
	for i, r := range rows {
		p.show(fmt.Sprintf("looking at example %d of %d", i+1, len(rows)))
		m, err := messagesOf(r)
		if err == nil {
			var e *train.Example
			if e, err = t.session.Example(ctx, m, t.trainer.SeesViews(), t.f.length); err == nil {
				list = append(list, e)
				continue
			}
		}
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		problems = append(problems, dataset.Problem{Source: r.Source, Reason: sentence(err)})
	}
	p.clear()
	return list, t.refuse(problems)
}

// messagesOf reads the pictures of a row.
func messagesOf(r dataset.Row) ([]engine.Message, error) {
	var list []engine.Message
	for _, m := range r.Messages {
		out := engine.Message{Role: engine.Role(m.Role)}
		for _, p := range m.Parts {
			part := engine.Part{Text: p.Text}
			if p.Picture != "" {
				data, err := readPictures([]string{p.Picture})
				if err != nil {
					return nil, err
				}
				part = engine.Part{Picture: data[0]}
			}
			out.Parts = append(out.Parts, part)
		}
		list = append(list, out)
	}
	return list, nil
}

func (t *tuning) run(ctx context.Context, data, validation []dataset.Row) error {
	learn, err := t.examples(ctx, data)
	if err != nil {
		return err
	}
	check, err := t.examples(ctx, validation)
	if err != nil {
		return err
	}
	if t.trainer.Memory = t.f.memory * 1e6; t.f.memory == 0 {
		t.trainer.Memory = freeMemory()
	}
	estimate, err := t.trainer.Fit(append(learn[:len(learn):len(learn)], check...))
	if err != nil {
		return err
	}
	if t.best, err = os.MkdirTemp("", "sightglass-tune-"); err != nil {
		return err
	}
	defer os.RemoveAll(t.best)
	if err := t.begin(); err != nil {
		return err
	}
	if !t.f.json {
		fmt.Fprintf(t.out, "%d examples to learn from, %d to check with; %d numbers are trained; about %.0f MB of memory\n",
			len(learn), len(check), t.trainer.Trained(), float64(estimate.Total())/1e6)
	}
	return t.trainer.Run(ctx, train.Course{Examples: learn, Validation: check, EvalEvery: t.f.evalEvery, SaveEvery: t.f.saveEvery,
		Lowest: t.lowest(), Save: t.save, Progress: t.progress})
}

// lowest is the lowest loss on validation before this run, 0 without one.
func (t *tuning) lowest() (lowest float64) {
	for _, l := range t.adapter.Losses {
		if l.Validation != nil && (lowest == 0 || *l.Validation < lowest) {
			lowest = *l.Validation
		}
	}
	return lowest
}

// settings are what a training must have in common with the one that it goes on with.
func (t *tuning) settings() ([]byte, error) { return json.Marshal(t.trainer.Options) }

// begin takes the start values: those of a training that was stopped, those that are asked for, or the usual ones.
func (t *tuning) begin() (err error) {
	if t.adapter.Settings, err = t.settings(); err != nil {
		return err
	}
	old, err := t.store.Adapter(t.f.out)
	switch {
	case errors.Is(err, store.ErrNotFound):
		if t.f.resume {
			return fmt.Errorf("tune: there is no training %q to go on with", t.f.out)
		}
	case err != nil:
		return err
	case !t.f.resume:
		return fmt.Errorf("tune: there is an adapter %q already; choose another name, or --resume", t.f.out)
	default:
		return t.goOn(old)
	}
	if t.f.init != "" {
		return t.trainer.Init(t.f.init)
	}
	return nil
}

func (t *tuning) goOn(old store.Adapter) error {
	switch {
	case old.Base != t.adapter.Base:
		return fmt.Errorf("tune: %q was trained on another model, %q", old.Name, old.Model)
	case string(old.Settings) != string(t.adapter.Settings):
		return fmt.Errorf("tune: %q was trained with other settings: %s", old.Name, old.Settings)
	case old.Finished:
		return fmt.Errorf("tune: %q is finished", old.Name)
	}
	if _, err := t.store.WriteAdapter(old.Name, t.best); err != nil {
		return err
	}
	t.adapter.Losses, t.adapter.Note = old.Losses, old.Note
	return t.trainer.Load(filepath.Join(t.best, stateFile))
}

// stateFile is what a training that is not finished keeps beside its adapter.
const stateFile = "state.safetensors"

// save stores the adapter, the best so far, and until the end the state to go on from.
func (t *tuning) save(best bool) error {
	config := filepath.Join(t.best, "adapter_config.json")
	if _, err := os.Stat(config); best || err != nil {
		if err := t.trainer.Export(t.best, t.f.model); err != nil {
			return err
		}
	}
	state := filepath.Join(t.best, stateFile)
	t.adapter.Finished = t.trainer.Done == t.trainer.Steps
	if t.adapter.Finished {
		if err := os.Remove(state); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	} else if err := t.trainer.Save(state); err != nil {
		return err
	}
	return t.store.PutAdapter(t.adapter, t.best)
}

// stepJSON is the object that tune --json prints for each step.
type stepJSON struct {
	Step       int      `json:"step"`
	Loss       float64  `json:"loss"`
	Validation *float64 `json:"validation,omitempty"`
	Norm       float64  `json:"grad_norm"`
	LR         float64  `json:"lr"`
	Tokens     int      `json:"tokens"`
	MS         float64  `json:"ms"`
	TokensPS   float64  `json:"tokens_per_s"`
	PeakRSS    int64    `json:"peak_rss_bytes"`
}

func (t *tuning) progress(p train.Progress) {
	s := stepJSON{Step: p.Step, Loss: p.Loss, Norm: p.Norm, LR: p.LR, Tokens: p.Tokens, MS: ms(p.Took),
		TokensPS: float64(p.Tokens) / p.Took.Seconds(), PeakRSS: peakRSS()}
	loss := store.Loss{Step: p.Step, Loss: p.Loss}
	if p.Validation == p.Validation {
		s.Validation, loss.Validation = &p.Validation, &p.Validation
	}
	t.adapter.Losses = append(t.adapter.Losses, loss)
	if t.f.json {
		json.NewEncoder(t.out).Encode(s) // a reader that went away does not end the training
		return
	}
	fmt.Fprintf(t.out, "step %d of %d  loss %.4f", p.Step, t.trainer.Steps, p.Loss)
	if s.Validation != nil {
		fmt.Fprintf(t.out, "  validation %.4f", p.Validation)
	}
	fmt.Fprintf(t.out, "  %.0f tokens/s\n", s.TokensPS)
}

// adapterFolder is the folder of an adapter given as a folder or by its name in the store, and what removes it again.
func adapterFolder(name, model string) (dir string, done func(), err error) {
	if info, err := os.Stat(name); err == nil && info.IsDir() {
		return name, func() {}, nil
	}
	st, err := store.Open(home())
	if err != nil {
		return "", nil, err
	}
	defer st.Close()
	a, err := st.Adapter(name)
	if errors.Is(err, store.ErrNotFound) {
		return "", nil, fmt.Errorf("models: there is no adapter %q, neither as a folder nor by that name", name)
	}
	if err != nil {
		return "", nil, err
	}
	base, own, err := resolve(model)
	if err != nil {
		return "", nil, err
	}
	print, err := engine.Fingerprint(base, own)
	if err != nil {
		return "", nil, err
	}
	if print != a.Base {
		return "", nil, fmt.Errorf("models: the adapter %q was made for another model, %q", name, a.Model)
	}
	if dir, err = os.MkdirTemp("", "sightglass-adapter-"); err != nil {
		return "", nil, err
	}
	done = func() { os.RemoveAll(dir) }
	if _, err := st.WriteAdapter(name, dir); err != nil {
		done()
		return "", nil, err
	}
	return dir, done, nil
}
