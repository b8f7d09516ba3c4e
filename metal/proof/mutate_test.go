package proof_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"sightglass/engine/graph"
	"sightglass/engine/tensor"
	"sightglass/metal"
	"sightglass/metal/cases"
	"sightglass/metal/proof"
)

var mutants = flag.String("mutants", "sample", "the mutants to try: sample, all, or those whose names contain this")

// sampled is how many mutants a run without -mutants tries.
const sampled = 10

// Without any barrier, and without any guard, a kernel fails its cases: so the checks and the cases see all of them.
func TestMutantsAreCaught(t *testing.T) {
	tools(t)
	list := everyMutant(t)
	if *mutants == "sample" {
		var some []proof.Mutant
		for i := range sampled {
			some = append(some, list[i*len(list)/sampled])
		}
		list = some
	} else if *mutants != "all" {
		list = slices.DeleteFunc(list, func(m proof.Mutant) bool { return !strings.Contains(m.What, *mutants) })
	}
	var mu sync.Mutex
	caught := 0
	t.Run("each", func(t *testing.T) {
		for _, m := range list {
			t.Run(m.What, func(t *testing.T) {
				t.Parallel()
				how, err := catch(t, m)
				if err != nil {
					t.Fatal(err)
				}
				if how == "" {
					t.Error("not caught")
					return
				}
				t.Log("caught: " + strings.Split(how, "\n")[0])
				mu.Lock()
				caught++
				mu.Unlock()
			})
		}
	})
	t.Logf("%d of %d mutants caught", caught, len(list))
}

func everyMutant(t *testing.T) (list []proof.Mutant) {
	stems := metal.Stems()
	if len(stems) == 0 {
		t.Fatal("no kernels")
	}
	seen := map[string]bool{}
	for _, stem := range stems {
		for _, f := range sources(t, stem) {
			if !seen[f.Name] {
				seen[f.Name] = true
				list = append(list, proof.Mutants(f)...)
			}
		}
	}
	return list
}

// catch runs the cases of the ops that use a mutant until one fails, and says how it did.
func catch(t *testing.T, m proof.Mutant) (string, error) {
	for _, e := range graph.Catalogue() {
		op := e.Op.Name()
		files := sources(t, op)
		at := slices.IndexFunc(files, func(f proof.File) bool { return f.Name == m.File.Name })
		if at < 0 {
			continue
		}
		before := slices.Clone(files)
		files[at] = m.File
		for _, d := range cases.Activations(op) {
			names := pipelines(t, e, d)
			keep := func(n string) bool { return names[n] }
			ir, err := tools(t).IR(context.Background(), proof.Check, keep, files...)
			if err != nil {
				return "", fmt.Errorf("a mutant that does not compile shows nothing: %w", err)
			}
			same, err := unchanged(t, op+d.String(), keep, before)
			if err != nil {
				return "", err
			}
			if same == ir {
				break // this op does not use what was changed
			}
			how, err := catchIn(t, e, d, ir)
			if how != "" || err != nil {
				return how, err
			}
		}
	}
	return "", nil
}

var plain sync.Map // what IR returns for files without a mutant, by op and type

func unchanged(t *testing.T, key string, keep func(string) bool, files []proof.File) (string, error) {
	once, _ := plain.LoadOrStore(key, sync.OnceValues(func() (string, error) {
		return tools(t).IR(context.Background(), proof.Check, keep, files...)
	}))
	return once.(func() (string, error))()
}

func catchIn(t *testing.T, e graph.Entry, d tensor.DType, ir string) (string, error) {
	op := e.Op.Name()
	path := filepath.Join(t.TempDir(), op+".so")
	if err := tools(t).Link(context.Background(), proof.Check, ir, path); err != nil {
		return "", err
	}
	l, err := proof.Open(path)
	if err != nil {
		return "", err
	}
	defer l.Close()
	err = judgeAll(t, e, d, func(b proof.Build, o string) *proof.Library {
		if o == op {
			return l
		}
		return library(t, b, o)
	})
	if errors.Is(err, errNoKernel) {
		return "", err
	}
	if err != nil {
		return fmt.Sprintf("%s: %v", op, err), nil
	}
	return "", nil
}

var known sync.Map // pipelines by op and type

// pipelines are the kernels that an op's written cases run, which are all of a mutant that is worth compiling.
func pipelines(t *testing.T, e graph.Entry, d tensor.DType) map[string]bool {
	once, _ := known.LoadOrStore(e.Op.Name()+d.String(), sync.OnceValue(func() map[string]bool { return kernelsOf(t, cases.Written(e, d)) }))
	return once.(func() map[string]bool)()
}

// kernelsOf are the kernels that cases run.
func kernelsOf(t *testing.T, list []cases.Case) map[string]bool {
	names := map[string]bool{}
	for _, c := range list {
		v := &dev{t: t, activations: c.Activations, only: names}
		if _, _, err := c.Run(context.Background(), v, 1); err != nil {
			t.Fatalf("%s: %v", c.Name(), err)
		}
	}
	return names
}

// judgeAll runs an op's written cases and returns the first failure.
func judgeAll(t *testing.T, e graph.Entry, d tensor.DType, library func(proof.Build, string) *proof.Library) error {
	for _, c := range cases.Written(e, d) {
		v := &dev{t: t, activations: d, schedules: proof.Schedules, builds: []proof.Build{proof.Check}, library: library}
		if err := v.judge(c); err != nil {
			return fmt.Errorf("%s: %w", c.In, err)
		}
	}
	return nil
}

func TestMutantsAreWhatTheySay(t *testing.T) {
	const text = `kernel void f() {
  if (i < n && a[i] >= k) { y[i] = 1; }
  if (i >= n) { return; }
  if (lane == 0) { threadgroup_barrier(mem_flags::mem_threadgroup); }
  const bool in = r + 1 < rows;
  for (uint i = 0; i < n; i++) { s += i + k < n ? x[i] : 0.0f; }
  const float v = seq < 0 ? 0.0f : g<float, 4>(x < y ? a : b);
  const float e = x < 0.0f ? e : 1.0f;
  vec<T, 4> w = f<2>(x);
  a[min(i, n - 1)] = max(seq, 0);
}
`
	want := []string{
		"  if (true && a[i] >= k) { y[i] = 1; }", "  if (i < n && true) { y[i] = 1; }", "  if (false) { return; }", "  if (lane == 0) { ; }",
		"  const bool in = true;", "  for (uint i = 0; i < n; i++) { s += true ? x[i] : 0.0f; }",
		"  const float v = false ? 0.0f : g<float, 4>(x < y ? a : b);", "  const float v = seq < 0 ? 0.0f : g<float, 4>(true ? a : b);",
		"  a[(i)] = max(seq, 0);", "  a[min(i, n - 1)] = (seq);",
	}
	got := proof.Mutants(proof.File{Name: "f.metal", Text: text})
	if len(got) != len(want) {
		t.Errorf("got %d mutants, want %d", len(got), len(want))
	}
	before := strings.Split(text, "\n")
	for k, m := range got {
		for i, line := range strings.Split(m.File.Text, "\n") {
			if line != before[i] && (k >= len(want) || line != want[k]) {
				t.Errorf("got %q (%s), want %q", line, m.What, want[min(k, len(want)-1)])
			}
		}
	}
}
