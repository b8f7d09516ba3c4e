package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"sightglass/app/store"
	"sightglass/app/tuner"
	"sightglass/engine/train"
	"sightglass/engine/train/dataset"
)

// tuneFlags are the flags of tune.
type tuneFlags struct {
	modelFlags
	tuner.Job
	method       string
	memory       int // MB
	resume, json bool
}

func (c *command) tune() *cobra.Command {
	f := tuneFlags{Job: tuner.Job{EvalEvery: 20, SaveEvery: 20, Length: 2048, Passes: 3}}
	cmd := &cobra.Command{
		Use:   "tune --data FOLDER --out NAME [flags]",
		Short: "Fine-tune a model on your own pictures; the result is an adapter for ask --adapter NAME",
		Args:  exactly(0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if f.Data == "" || f.Name == "" {
				return usagef("want --data and --out")
			}
			return c.tuneModel(cmd.Context(), &f)
		},
	}
	f.modelFlags.add(cmd)
	fl := cmd.Flags()
	fl.StringVar(&f.Data, "data", "", "folder of pictures with captions, or a table: .csv, .json, .jsonl, .parquet")
	fl.StringVar(&f.Name, "out", "", "name of the adapter; with --method full the new model's folder")
	fl.StringVar(&f.method, "method", "lora", "lora, qlora (a quantized model), dora, or full: whole weights, of a model that is not quantized")
	fl.IntVar(&f.Train.Rank, "rank", 8, "rank of the adapter's matrices")
	fl.Float64Var(&f.Train.Alpha, "alpha", 0, "scale of the adapter, times the rank (0: twice the rank)")
	fl.Float64Var(&f.Train.Dropout, "dropout", 0, "share of the adapter's inputs that are left out")
	fl.Float64Var(&f.Train.LR, "lr", 0, "learning rate (0: 2e-4)")
	fl.IntVar(&f.Train.Batch, "batch", 1, "examples a step")
	fl.IntVar(&f.Train.Steps, "steps", 0, "steps (0: --passes over the data)")
	fl.IntVar(&f.Passes, "passes", f.Passes, "passes over the data, where --steps is 0")
	fl.IntVar(&f.Train.Warmup, "warmup", 0, "steps of warm-up")
	fl.Float64Var(&f.Train.Decay, "weight-decay", 0, "weight decay")
	fl.Float64Var(&f.Train.Clip, "clip", 1, "largest norm of the gradients (negative: none)")
	fl.Uint64Var(&f.Train.Seed, "seed", 0, "seed of the start and of the order")
	fl.StringSliceVar(&f.Train.Targets, "targets", nil, "what is trained: language, projector, vision, or ends of layers' names (default language)")
	fl.IntVar(&f.Train.Layers, "layers", 0, "train the last so many layers of the decoder: fewer are faster (0: all)")
	fl.StringVar(&f.Init, "init", "", "safetensors file with the adapter's start values, by PEFT's names")
	fl.StringVar(&f.Note, "note", "", "a note that is kept with the adapter")
	fl.Float64Var(&f.Validation, "validation", 0, "share of the examples that are kept for validation, unless the data has some")
	fl.IntVar(&f.EvalEvery, "eval-every", f.EvalEvery, "steps between losses on validation")
	fl.IntVar(&f.SaveEvery, "save-every", f.SaveEvery, "steps between saved states")
	fl.IntVar(&f.Length, "max-length", f.Length, "tokens that an example may have; longer ones are refused, never cut")
	fl.IntVar(&f.memory, "memory", 0, "MB that training may take (0: what this machine has)")
	fl.BoolVar(&f.resume, "resume", false, "go on with the training of that name from its last saved state")
	fl.BoolVar(&f.SkipBad, "skip-bad", false, "leave out examples that cannot be used, rather than refuse the data")
	fl.BoolVar(&f.Compare, "compare", false, "ask about the examples for validation before and after, and say how often the answer was right")
	fl.BoolVar(&f.json, "json", false, "print one JSON object a step")
	return cmd
}

func (c *command) tuneModel(ctx context.Context, f *tuneFlags) error {
	if !(f.Validation >= 0 && f.Validation < 1) || f.EvalEvery < 0 || f.SaveEvery < 0 || f.Length < 1 || f.Passes < 1 || f.memory < 0 {
		return usagef("want --validation of 0 or more and less than 1, and counts that are not negative")
	}
	if f.modelFlags.adapter != "" {
		return usagef("want a model without --adapter to train")
	}
	base, err := baseOf(f.model)
	if err != nil {
		return err
	}
	f.Base = base.Print
	if f.Data, err = tuner.Unpacked(ctx, f.Data, filepath.Join(tuning(), "unpacked")); err != nil {
		return err
	}
	f.Model, f.Train.Method = f.model, train.Method(f.method)
	r := &tuner.Run{Memory: f.memory * 1e6}
	if f.Train.Method == train.Full {
		if r.Temp, err = f.folder(); err != nil {
			return err
		}
		r.Shelf = tuner.Folder(r.Temp)
	} else {
		st, err := store.Open(home())
		if err != nil {
			return err
		}
		defer st.Close()
		r.Shelf = st
	}
	if r.Session, err = f.modelFlags.open(ctx); err != nil {
		return err
	}
	defer r.Session.Close()
	r.Job = f.Job
	if f.memory == 0 {
		r.Memory = freeMemory()
	}
	var report tuner.Report
	p := newProgress(c.err)
	defer p.clear()
	r.Watch = tuner.Watch{
		Problem: func(d dataset.Problem) { p.clear(); fmt.Fprintf(c.err, "%s: %s\n", d.Source, d.Reason) },
		Looking: func(i, n int) { p.show(fmt.Sprintf("looking at example %d of %d", i, n)) },
		Asking:  func(i, n int) { p.show(fmt.Sprintf("asking about example %d of %d", i, n)) },
		Begin: func(learn, check, trained int, e train.Estimate) {
			p.clear()
			if !f.json {
				fmt.Fprintf(c.out, "%d examples to learn from, %d to check with; %d numbers are trained; about %.0f MB of memory\n",
					learn, check, trained, float64(e.Total())/1e6)
			}
		},
		Step:   func(s train.Progress) { p.clear(); c.step(f, r, s) },
		Report: func(now tuner.Report) { report = now },
	}
	err = r.Do(ctx, f.resume)
	if errors.Is(err, tuner.ErrBadRows) {
		return fmt.Errorf("%w; --skip-bad leaves them out", err)
	}
	if err == nil && report.Done {
		p.clear()
		c.compared(f, report)
	}
	return err
}

// folder prepares a training of whole weights: --out is the new model's folder, and its states lie beside it until it is finished.
func (f *tuneFlags) folder() (states string, err error) {
	if entries, err := os.ReadDir(f.Name); err == nil && len(entries) > 0 {
		return "", fmt.Errorf("tune: %q: want a new folder for the model, found one with files", f.Name)
	}
	f.Folder = f.Name
	states = filepath.Clean(f.Name) + ".training"
	return states, os.MkdirAll(states, 0o755)
}

// compared prints how often base and tuned model answered as they should have.
func (c *command) compared(f *tuneFlags, r tuner.Report) {
	base, tuned := r.Scores()
	if f.json {
		json.NewEncoder(c.out).Encode(map[string]any{"checked": len(r.Checks), "base": base, "tuned": tuned})
		return
	}
	share := func(s tuner.Score) float64 { return 100 * float64(s.Exact) / float64(len(r.Checks)) }
	fmt.Fprintf(c.out, "right on the %d examples to check with: %d before (%.0f%%), %d after (%.0f%%)\n",
		len(r.Checks), base.Exact, share(base), tuned.Exact, share(tuned))
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

func (c *command) step(f *tuneFlags, r *tuner.Run, p train.Progress) {
	s := stepJSON{Step: p.Step, Loss: p.Loss, Norm: p.Norm, LR: p.LR, Tokens: p.Tokens, MS: ms(p.Took),
		TokensPS: float64(p.Tokens) / p.Took.Seconds(), PeakRSS: peakRSS()}
	if p.Validation == p.Validation {
		s.Validation = &p.Validation
	}
	if f.json {
		json.NewEncoder(c.out).Encode(s) // a reader that went away does not end the training
		return
	}
	fmt.Fprintf(c.out, "step %d of %d  loss %.4f", p.Step, r.Train.Steps, p.Loss)
	if s.Validation != nil {
		fmt.Fprintf(c.out, "  validation %.4f", p.Validation)
	}
	fmt.Fprintf(c.out, "  %.0f tokens/s\n", s.TokensPS)
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
	base, err := baseOf(model)
	if err != nil {
		return "", nil, err
	}
	if base.Print != a.Base {
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
