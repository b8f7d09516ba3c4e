// Package main measures how well a model reads screens: it asks the questions of a drawn set, as build/eval/README.md tells, and reports the
// share of right answers of each kind.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"

	"sightglass/engine"
	"sightglass/engine/builtin"
	"sightglass/engine/cpu"
)

type options struct {
	set, prompts, out    string
	model, adapter, base string
	kinds                string
	limit, threads       int
	exact                bool
}

func main() {
	own := builtin.In("engine/builtin")
	var o options
	flag.StringVar(&o.set, "set", "", "folder of the drawn set")
	flag.StringVar(&o.prompts, "prompts", "build/eval/text.json", "prompts without a picture")
	flag.StringVar(&o.out, "out", "build/bin/eval", "folder for answers and reports")
	flag.StringVar(&o.model, "model", builtin.Name, "model folder, or builtin with its adapter")
	flag.StringVar(&o.adapter, "adapter", "", "folder of a LoRA adapter")
	flag.StringVar(&o.base, "base", own.Model(), "model folder whose answers to prompts without a picture are to be kept")
	flag.StringVar(&o.kinds, "kinds", "", "only these kinds, with commas between")
	flag.IntVar(&o.limit, "limit", 0, "at most so many conversations of a kind")
	flag.IntVar(&o.threads, "threads", 0, "threads to compute with (0: one for each core)")
	flag.BoolVar(&o.exact, "exact", false, "compute in 32 bits throughout")
	flag.Parse()
	if o.model == builtin.Name {
		o.model = own.Model()
		if o.adapter == "" {
			o.adapter = own.Adapter()
		}
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "eval:", strings.TrimPrefix(err.Error(), "eval: "))
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	set, err := readSet(o.set, o.prompts)
	if err != nil {
		return err
	}
	var kinds []string
	if o.kinds != "" {
		kinds = strings.Split(o.kinds, ",")
	}
	set = choose(set, kinds, o.limit)
	if err := os.MkdirAll(o.out, 0o755); err != nil {
		return fmt.Errorf("eval: %w", err)
	}
	var texts []conversation
	for _, c := range set {
		if c.Kind == kindText {
			texts = append(texts, c)
		}
	}
	base, err := o.answers(ctx, texts, o.base, "", "base.jsonl")
	if err != nil {
		return err
	}
	have, err := o.answers(ctx, set, o.model, o.adapter, "answers.jsonl")
	if err != nil {
		return err
	}
	js := judge(set, have, base)
	return o.write(js)
}

// answers asks a model what its notebook does not have yet.
func (o options) answers(ctx context.Context, set []conversation, dir, adapter, name string) (map[string][]answer, error) {
	notes, err := o.notebook(dir, adapter, name)
	if err != nil {
		return nil, err
	}
	defer notes.file.Close()
	dev, err := cpu.Open(cpu.Options{Threads: o.threads})
	if err != nil {
		return nil, err
	}
	defer dev.Close()
	s, err := engine.Open(ctx, dev, dir, engine.Options{Adapter: adapter, Slots: lanes, Exact: o.exact})
	if err != nil {
		return nil, err
	}
	defer s.Close()
	a := &asker{session: s, dir: o.set, notes: notes, progress: func(done, all int) {
		fmt.Fprintf(os.Stderr, "\r%s: %d of %d", name, done, all)
	}}
	err = a.ask(ctx, set)
	fmt.Fprintln(os.Stderr)
	return notes.have, err
}

func (o options) notebook(dir, adapter, name string) (*notebook, error) {
	h := heading{Exact: o.exact}
	model := []string{dir}
	if adapter != "" {
		model = append(model, adapter)
	}
	program, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("eval: %w", err)
	}
	for _, f := range []struct {
		to *string
		of []string
	}{{&h.Program, []string{program}}, {&h.Model, model}, {&h.Set, []string{o.set, o.prompts}}} {
		if *f.to, err = fingerprint(f.of...); err != nil {
			return nil, err
		}
	}
	return openNotebook(filepath.Join(o.out, name), h)
}

// write leaves report.md, judged.json and failures.txt, and prints the report.
func (o options) write(js []judged) error {
	rows := report(js)
	print(os.Stdout, rows)
	files := map[string]func(*os.File) error{
		"report.md":    func(f *os.File) error { print(f, rows); return nil },
		"failures.txt": func(f *os.File) error { failures(f, js, 40); return nil },
		"report.json":  func(f *os.File) error { return json.NewEncoder(f).Encode(rows) },
		"judged.json":  func(f *os.File) error { return json.NewEncoder(f).Encode(js) },
	}
	for name, fill := range files {
		f, err := os.Create(filepath.Join(o.out, name))
		if err == nil {
			err = fill(f)
		}
		if err == nil {
			err = f.Close()
		}
		if err != nil {
			return fmt.Errorf("eval: %w", err)
		}
	}
	return nil
}
