package engine

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"sightglass/engine/train"
)

const lessonModel = "testdata/smolvlm-whole"

// trainerOf opens the tiny model and a trainer on it.
func trainerOf(t *testing.T, o train.Options) (*Session, *train.Trainer, []*train.Example) {
	t.Helper()
	s := openTest(t, lessonModel, Options{Exact: true})
	tr, err := s.Train(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tr.Close)
	return s, tr, lessons(t, s, lessonModel)
}

func quiet(tr *train.Trainer, examples []*train.Example, progress func(train.Progress)) train.Course {
	return train.Course{Examples: examples, Save: func(bool) error { return nil }, Progress: progress}
}

// numbers copies what is trained.
func numbers(tr *train.Trainer) (all []float32) {
	for _, p := range tr.Params() {
		all = append(all, p.Array().F32()...)
	}
	return all
}

func TestAStoppedTrainingGoesOnToTheSameState(t *testing.T) {
	for _, method := range []train.Method{train.LoRA, train.DoRA} {
		o := trainOptions(method)
		o.Dropout = 0.1
		_, whole, examples := trainerOf(t, o)
		if err := whole.Run(t.Context(), quiet(whole, examples, nil)); err != nil {
			t.Fatal(err)
		}
		_, first, examples := trainerOf(t, o)
		ctx, stop := context.WithCancel(t.Context())
		state := filepath.Join(t.TempDir(), "state.safetensors")
		c := quiet(first, examples, func(p train.Progress) {
			if p.Step == 4 {
				stop()
			}
		})
		c.Save = func(bool) error { return first.Save(state) }
		if err := first.Run(ctx, c); !errors.Is(err, context.Canceled) || first.Done != 4 {
			t.Fatalf("%s: got %v after %d steps, want a stop after 4", method, err, first.Done)
		}
		_, second, examples := trainerOf(t, o)
		if err := second.Load(state); err != nil {
			t.Fatal(err)
		}
		if err := second.Run(t.Context(), quiet(second, examples, nil)); err != nil {
			t.Fatal(err)
		}
		if got, want := numbers(second), numbers(whole); second.Done != o.Steps || !slices.Equal(got, want) {
			t.Errorf("%s: got other numbers after a stop than without", method)
		}
	}
}

func TestAnAdapterOfZerosChangesNothing(t *testing.T) {
	golden := goldenCases(t, lessonModel)[1]
	base := openTest(t, lessonModel, Options{Exact: true})
	_, want, _ := golden.run(t, base, lessonModel)
	for _, method := range []train.Method{train.LoRA, train.DoRA} {
		s, _, _ := trainerOf(t, trainOptions(method))
		_, got, _ := golden.run(t, s, lessonModel)
		for i := range want {
			if math.Abs(float64(got[i]-want[i])) > 1e-5 {
				t.Errorf("%s: log-probability %d: got %g, want the base's %g", method, i, got[i], want[i])
			}
		}
	}
}

func TestAnExportedAdapterAnswersAsTheTrainedModel(t *testing.T) {
	golden := goldenCases(t, lessonModel)[1]
	for _, method := range []train.Method{train.LoRA, train.DoRA} {
		s, tr, examples := trainerOf(t, trainOptions(method))
		if err := tr.Run(t.Context(), quiet(tr, examples, nil)); err != nil {
			t.Fatal(err)
		}
		if err := s.Forget(t.Context()); err != nil {
			t.Fatal(err)
		}
		_, want, _ := golden.run(t, s, lessonModel)
		dir := t.TempDir()
		if err := tr.Export(dir, "base"); err != nil {
			t.Fatal(err)
		}
		tuned := openTest(t, lessonModel, Options{Exact: true, Tuned: dir})
		_, got, _ := golden.run(t, tuned, lessonModel)
		if !slices.Equal(got, want) {
			t.Errorf("%s: log-probabilities: got %v, want %v", method, got, want)
		}
	}
}

func TestAlphaOverRankScales(t *testing.T) {
	o := trainOptions(train.LoRA)
	_, tr, examples := trainerOf(t, o)
	if err := tr.Run(t.Context(), quiet(tr, examples, nil)); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := tr.Export(dir, "base"); err != nil {
		t.Fatal(err)
	}
	golden := goldenCases(t, lessonModel)[1]
	logprob := func(alpha float64) float32 {
		path := filepath.Join(dir, "adapter_config.json")
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		config := map[string]any{}
		if err := json.Unmarshal(data, &config); err != nil {
			t.Fatal(err)
		}
		config["lora_alpha"] = alpha
		if data, err = json.Marshal(config); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		_, got, _ := golden.run(t, openTest(t, lessonModel, Options{Exact: true, Tuned: dir}), lessonModel)
		return got[0]
	}
	base := golden.Logprobs[0]
	if off := logprob(0); math.Abs(float64(off-base)) > 1e-3 {
		t.Errorf("alpha 0: got %g, want the base's %g", off, base)
	}
	if on := logprob(o.Alpha); math.Abs(float64(on-base)) < 1e-2 {
		t.Errorf("alpha %g: got %g, want another than the base's", o.Alpha, on)
	}
}

func TestALossThatIsNoNumberStopsWithTheLastGoodNumbers(t *testing.T) {
	_, tr, examples := trainerOf(t, trainOptions(train.LoRA))
	nan := *examples[1]
	nan.Features = slices.Clone(nan.Features)
	for i, f := range nan.Features {
		if f != nil {
			nan.Features[i] = slices.Clone(f)
			nan.Features[i][0] = float32(math.NaN())
		}
	}
	before := numbers(tr)
	saved := false
	c := quiet(tr, []*train.Example{&nan}, nil)
	c.Save = func(bool) error { saved = true; return nil }
	if err := tr.Run(t.Context(), c); !errors.Is(err, train.ErrDiverged) {
		t.Fatalf("got %v, want ErrDiverged", err)
	}
	if !saved || tr.Done != 0 || !slices.Equal(before, numbers(tr)) {
		t.Error("got changed numbers, want those before the step, saved")
	}
}

func TestMemoryIsMeasuredBeforeTheStart(t *testing.T) {
	o := trainOptions(train.LoRA)
	_, tr, examples := trainerOf(t, o)
	kept, err := tr.Fit(examples)
	if err != nil || kept.Recompute {
		t.Fatalf("got %+v, %v, want it to fit any memory", kept, err)
	}
	tr.Memory = kept.Total() - 1
	twice, err := tr.Fit(examples)
	if err != nil || !twice.Recompute || twice.Total() >= kept.Total() {
		t.Errorf("got %+v, %v, want layers computed twice to take less than %d", twice, err, kept.Total())
	}
	tr.Memory = 1000
	if _, err := tr.Fit(examples); !errors.Is(err, train.ErrMemory) {
		t.Errorf("got %v, want ErrMemory", err)
	}
}

func TestTargetsThatNameNoLayerAreRefused(t *testing.T) {
	s := openTest(t, lessonModel, Options{Exact: true})
	o := trainOptions(train.LoRA)
	o.Targets = []string{"q_proj", "auto"}
	if _, err := s.Train(t.Context(), o); err == nil {
		t.Error("got no error")
	}
	if _, err := s.Train(t.Context(), trainOptions(train.QLoRA)); err == nil {
		t.Error("qlora on a model that is not quantized: got no error")
	}
}

func TestTheProjectorAndTheTowerLearnToo(t *testing.T) {
	o := trainOptions(train.LoRA)
	o.Targets = []string{"vision", "projector"}
	s, tr, _ := trainerOf(t, o)
	g := goldenCases(t, lessonModel)[1]
	m := append(g.request(t, lessonModel).Messages, Message{Role: Assistant, Parts: []Part{{Text: "a cat"}}})
	e, err := s.Example(t.Context(), m, tr.SeesViews(), 0)
	if err != nil {
		t.Fatal(err)
	}
	var losses []float64
	if err := tr.Run(t.Context(), quiet(tr, []*train.Example{e}, func(p train.Progress) { losses = append(losses, p.Loss) })); err != nil {
		t.Fatal(err)
	}
	if first, last := losses[0], losses[len(losses)-1]; last > first-0.05 {
		t.Errorf("loss: got %g after %g, want it to fall", last, first)
	}
}

func TestWhatIsKeptBelowTheFirstTrainedLayerIsThatOfAWholeStep(t *testing.T) {
	o := trainOptions(train.LoRA)
	_, all, examples := trainerOf(t, o)
	if _, err := all.Step(t.Context(), examples); err != nil {
		t.Fatal(err)
	}
	o.Layers = 1
	_, last, examples := trainerOf(t, o)
	if e, err := last.Fit(examples); err != nil || e.Kept == 0 || len(last.Params()) >= len(all.Params()) {
		t.Fatalf("got %d bytes kept and %d tensors trained, %v, want some kept and fewer than %d", e.Kept, len(last.Params()), err, len(all.Params()))
	}
	for pass := range 2 {
		if _, err := last.Loss(t.Context(), examples[:pass]); err != nil { // the second pass finds an example that was kept
			t.Fatal(err)
		}
	}
	if _, err := last.Step(t.Context(), examples); err != nil {
		t.Fatal(err)
	}
	want := all.Gradients()
	some := false
	for name, got := range last.Gradients() {
		for i := range got {
			some = some || got[i] != 0
			if got[i] != want[name][i] {
				t.Fatalf("%s: gradient %d: got %g, want %g", name, i, got[i], want[name][i])
			}
		}
	}
	if !some {
		t.Error("all gradients are zero, so this test could not fail")
	}
}

func TestAdaptersAreSwitchedOnAnOpenModel(t *testing.T) {
	golden := goldenCases(t, lessonModel)[1]
	_, tr, examples := trainerOf(t, trainOptions(train.LoRA))
	if err := tr.Run(t.Context(), quiet(tr, examples, nil)); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := tr.Export(dir, "base"); err != nil {
		t.Fatal(err)
	}
	answers := func(s *Session) []float32 {
		_, got, _ := golden.run(t, s, lessonModel)
		return got
	}
	base := answers(openTest(t, lessonModel, Options{Exact: true}))
	tuned := answers(openTest(t, lessonModel, Options{Exact: true, Tuned: dir}))
	if slices.Equal(base, tuned) {
		t.Fatal("the adapter makes no difference, so this test could not fail")
	}
	s := openTest(t, lessonModel, Options{Exact: true})
	for i, want := range [][]float32{base, tuned, tuned, base, tuned} {
		folder := dir
		if slices.Equal(want, base) {
			folder = ""
		}
		if err := s.Use(t.Context(), folder); err != nil {
			t.Fatal(err)
		}
		if got := answers(s); !slices.Equal(got, want) {
			t.Errorf("switch %d: got %v, want %v", i, got, want)
		}
	}
	if err := s.Use(t.Context(), t.TempDir()); err == nil {
		t.Error("an empty folder was used as an adapter")
	}
	if got := answers(s); !slices.Equal(got, base) {
		t.Errorf("after a refused adapter: got %v, want the base's %v", got, base)
	}
}
