package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sightglass/app/store"
)

const tinyModel = "../../engine/testdata/smolvlm-whole"

// lessonFolder is a data set of three pictures of the tiny model's, with validation.
func lessonFolder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	var rows strings.Builder
	for _, name := range []string{"a.png", "b.png", "c.png"} {
		data, err := os.ReadFile(filepath.Join(tinyModel, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&rows, "{\"image\":%q,\"question\":\"What?\",\"answer\":\"picture %s\"}\n", name, name[:1])
	}
	for _, name := range []string{"train.jsonl", "validation.jsonl"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(rows.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// sightglass runs a command over a data folder of its own and returns its exit code, and what it wrote.
func sightglass(ctx context.Context, home string, t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	t.Setenv("SIGHTGLASS_HOME", home)
	var o, e bytes.Buffer
	c := &command{in: strings.NewReader(""), out: &o, err: &e}
	code = c.run(ctx, args)
	return code, o.String(), e.String()
}

func tuneArgs(data, name string, more ...string) []string {
	return append([]string{"tune", "--data", data, "--model", tinyModel, "--device", "cpu", "--exact", "--out", name, "--steps", "6", "--lr", "0.01",
		"--eval-every", "2", "--save-every", "1", "--json"}, more...)
}

func losses(t *testing.T, out string) (list []float64) {
	t.Helper()
	for line := range strings.Lines(out) {
		var s stepJSON
		if err := json.Unmarshal([]byte(line), &s); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		list = append(list, s.Loss)
	}
	return list
}

func TestTuneMakesAnAdapterThatAskTakesByName(t *testing.T) {
	home, data := t.TempDir(), lessonFolder(t)
	code, out, errs := sightglass(t.Context(), home, t, tuneArgs(data, "parts", "--note", "first try")...)
	if code != 0 {
		t.Fatalf("got %d: %s", code, errs)
	}
	if l := losses(t, out); len(l) != 6 || !(l[5] < l[0]) {
		t.Errorf("losses: got %v, want six that fall", l)
	}
	s, err := store.Open(home)
	if err != nil {
		t.Fatal(err)
	}
	a, err := s.Adapter("parts")
	if err != nil || !a.Finished || a.Note != "first try" || len(a.Losses) != 6 || len(a.Files) != 2 {
		t.Errorf("got %+v, %v, want it finished with two files", a, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	ask := []string{"ask", "--model", tinyModel, "--device", "cpu", "--exact", "--max-tokens", "4", "--json", "--image", filepath.Join(data, "a.png")}
	text := func(more ...string) string {
		code, out, errs := sightglass(t.Context(), home, t, append(append(slices.Clone(ask), more...), "What?")...)
		if code != 0 {
			t.Fatalf("ask: got %d: %s", code, errs)
		}
		var a answerJSON
		if err := json.Unmarshal([]byte(out), &a); err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(a.Logprobs)
	}
	if base, tuned := text(), text("--adapter", "parts"); base == tuned {
		t.Errorf("got the base's answer with the adapter: %s", tuned)
	}
	other := append(slices.Clone(ask), "--adapter", "parts", "What?")
	other[2] = "../../engine/testdata/idefics3-split"
	if code, _, errs := sightglass(t.Context(), home, t, other...); code != 1 || !strings.Contains(errs, "another model") {
		t.Errorf("on another model: got %d: %s", code, errs)
	}
	if code, _, _ := sightglass(t.Context(), home, t, tuneArgs(data, "parts")...); code != 1 {
		t.Errorf("the same name again: got %d, want it refused", code)
	}
}

// cancelAfter stops a command once it has written so many lines.
type cancelAfter struct {
	bytes.Buffer
	lines  int
	cancel func()
}

func (c *cancelAfter) Write(p []byte) (int, error) {
	if c.lines--; c.lines == 0 {
		c.cancel()
	}
	return c.Buffer.Write(p)
}

func TestAStoppedTuneGoesOn(t *testing.T) {
	home, data := t.TempDir(), lessonFolder(t)
	_, whole, _ := sightglass(t.Context(), home, t, tuneArgs(data, "whole")...)
	ctx, cancel := context.WithCancel(t.Context())
	out := &cancelAfter{lines: 3, cancel: cancel}
	c := &command{in: strings.NewReader(""), out: out, err: &bytes.Buffer{}}
	if code := c.run(ctx, tuneArgs(data, "parts")); code != exitInterrupt {
		t.Fatalf("got %d, want an interrupt", code)
	}
	if code, _, errs := sightglass(t.Context(), home, t, tuneArgs(data, "parts", "--resume", "--rank", "2")...); code != 1 || !strings.Contains(errs, "other settings") {
		t.Errorf("with another rank: got %d: %s", code, errs)
	}
	code, rest, errs := sightglass(t.Context(), home, t, tuneArgs(data, "parts", "--resume")...)
	if code != 0 {
		t.Fatalf("got %d: %s", code, errs)
	}
	if got, want := append(losses(t, out.String()), losses(t, rest)...), losses(t, whole); !slices.Equal(got, want) {
		t.Errorf("losses: got %v, want %v", got, want)
	}
}

func TestTuneListsBadRows(t *testing.T) {
	data := lessonFolder(t)
	if err := os.WriteFile(filepath.Join(data, "train.jsonl"), []byte(`{"image":"a.png","answer":"x"}`+"\n"+`{"image":"none.png","answer":"x"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	code, _, errs := sightglass(t.Context(), t.TempDir(), t, tuneArgs(data, "parts")...)
	if code != 1 || !strings.Contains(errs, "line 2: there is no picture \"none.png\"") {
		t.Errorf("got %d: %s", code, errs)
	}
	if code, _, errs := sightglass(t.Context(), t.TempDir(), t, tuneArgs(data, "parts", "--skip-bad")...); code != 0 {
		t.Errorf("--skip-bad: got %d: %s", code, errs)
	}
	if code, _, errs := sightglass(t.Context(), t.TempDir(), t, tuneArgs(data, "parts", "--skip-bad", "--max-length", "10")...); code != 1 {
		t.Errorf("too long: got %d: %s", code, errs)
	}
}

// TestTuneTakesEveryForm trains a step on each form that data comes in.
func TestTuneTakesEveryForm(t *testing.T) {
	tables := map[string]string{
		"train.csv":   "image,question,answer\na.png,What?,picture a\n",
		"train.jsonl": `{"image":"a.png","question":"What?","answer":"picture a"}`,
		"data.jsonl":  `{"images":["a.png","b.png"],"messages":[{"role":"user","content":[{"type":"image"},{"type":"image"},{"type":"text","text":"What?"}]},{"role":"assistant","content":[{"type":"text","text":"two"}]}]}`,
		"train.json":  `[{"image":"a.png","conversations":[{"from":"human","value":"<image>\nWhat?"},{"from":"gpt","value":"picture a"}]}]`,
	}
	sources := []string{"../../engine/train/dataset/testdata/conversations.parquet"}
	for name, text := range tables {
		dir := lessonFolder(t)
		for _, old := range []string{"train.jsonl", "validation.jsonl"} {
			if err := os.Remove(filepath.Join(dir, old)); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		sources = append(sources, dir)
	}
	for _, data := range sources {
		code, out, errs := sightglass(t.Context(), t.TempDir(), t, tuneArgs(data, "parts", "--steps", "1")...)
		if code != 0 || len(losses(t, out)) != 1 {
			t.Errorf("%s: got %d: %s%s", data, code, out, errs)
		}
	}
	if code, _, errs := sightglass(t.Context(), t.TempDir(), t, tuneArgs("../../engine/train/dataset/testdata/questions.parquet", "parts")...); code != 1 ||
		!strings.Contains(errs, `line 4: there is no picture "away.png"`) {
		t.Errorf("a bad row of a parquet file: got %d: %s", code, errs)
	}
}

func TestTuneOfWholeWeightsWritesAModel(t *testing.T) {
	home, data, dir := t.TempDir(), lessonFolder(t), t.TempDir()
	full := func(out string, more ...string) []string {
		return tuneArgs(data, filepath.Join(dir, out), append([]string{"--method", "full", "--lr", "0.001"}, more...)...)
	}
	code, whole, errs := sightglass(t.Context(), home, t, full("whole")...)
	if code != 0 {
		t.Fatalf("got %d: %s", code, errs)
	}
	if l := losses(t, whole); len(l) != 6 || !(l[5] < l[0]) {
		t.Errorf("losses: got %v, want six that fall", l)
	}
	ctx, cancel := context.WithCancel(t.Context())
	out := &cancelAfter{lines: 3, cancel: cancel}
	c := &command{in: strings.NewReader(""), out: out, err: &bytes.Buffer{}}
	if code := c.run(ctx, full("stopped")); code != exitInterrupt {
		t.Fatalf("got %d, want an interrupt", code)
	}
	if code, _, errs := sightglass(t.Context(), home, t, full("stopped")...); code != 1 || !strings.Contains(errs, "--resume") {
		t.Errorf("again without --resume: got %d: %s", code, errs)
	}
	code, rest, errs := sightglass(t.Context(), home, t, full("stopped", "--resume")...)
	if code != 0 {
		t.Fatalf("got %d: %s", code, errs)
	}
	if got, want := append(losses(t, out.String()), losses(t, rest)...), losses(t, whole); !slices.Equal(got, want) {
		t.Errorf("losses: got %v, want %v", got, want)
	}
	answers := map[string]string{}
	for name, model := range map[string]string{"base": tinyModel, "whole": filepath.Join(dir, "whole"), "stopped": filepath.Join(dir, "stopped")} {
		code, out, errs := sightglass(t.Context(), home, t, "ask", "--model", model, "--device", "cpu", "--exact", "--max-tokens", "4", "--json",
			"--image", filepath.Join(data, "a.png"), "What?")
		var a answerJSON
		if err := json.Unmarshal([]byte(out), &a); code != 0 || err != nil {
			t.Fatalf("ask %s: got %d, %v: %s", name, code, err, errs)
		}
		answers[name] = fmt.Sprint(a.Logprobs)
	}
	if answers["whole"] == answers["base"] || answers["whole"] != answers["stopped"] {
		t.Errorf("got %v, want the trained models alike and unlike the base", answers)
	}
	if left, _ := os.ReadDir(dir); len(left) != 2 {
		t.Errorf("got %v, want the two models alone", left)
	}
	if code, _, errs := sightglass(t.Context(), home, t, full("whole")...); code != 1 || !strings.Contains(errs, "want a new folder") {
		t.Errorf("over a model: got %d: %s", code, errs)
	}
}

func TestConvertAddsAnAdapterToTheWeights(t *testing.T) {
	home, data, dst := t.TempDir(), lessonFolder(t), filepath.Join(t.TempDir(), "fused")
	if code, _, errs := sightglass(t.Context(), home, t, tuneArgs(data, "parts", "--method", "dora")...); code != 0 {
		t.Fatalf("got %d: %s", code, errs)
	}
	if code, _, errs := sightglass(t.Context(), home, t, "convert", "--adapter", "parts", tinyModel, dst); code != 0 {
		t.Fatalf("got %d: %s", code, errs)
	}
	if code, _, errs := sightglass(t.Context(), home, t, "convert", "--adapter", "parts", "../../engine/testdata/idefics3-split", dst+"2"); code != 1 ||
		!strings.Contains(errs, "another model") {
		t.Errorf("on another model: got %d: %s", code, errs)
	}
	ask := func(more ...string) (a answerJSON) {
		args := append([]string{"ask", "--device", "cpu", "--exact", "--max-tokens", "4", "--json", "--image", filepath.Join(data, "a.png"), "What?"}, more...)
		code, out, errs := sightglass(t.Context(), home, t, args...)
		if err := json.Unmarshal([]byte(out), &a); code != 0 || err != nil {
			t.Fatalf("%v: got %d, %v: %s", more, code, err, errs)
		}
		return a
	}
	base, want, got := ask("--model", tinyModel), ask("--model", tinyModel, "--adapter", "parts"), ask("--model", dst)
	far := func(a, b answerJSON) (far float64) {
		for i := range a.Logprobs {
			far = max(far, math.Abs(float64(a.Logprobs[i]-b.Logprobs[i])))
		}
		return far
	}
	if !(far(got, want) < 1e-5 && far(got, base) > 0.01) {
		t.Errorf("log-probabilities: got %v, want %v, and not the base's %v", got.Logprobs, want.Logprobs, base.Logprobs)
	}
}

func TestAdaptersComeFromAndGoToOtherPrograms(t *testing.T) {
	const model, foreign = "../../engine/testdata/idefics3-split", "../../engine/testdata/adapters/idefics3-split-lora"
	home, dir := t.TempDir(), t.TempDir()
	must := func(args ...string) string {
		t.Helper()
		code, out, errs := sightglass(t.Context(), home, t, args...)
		if code != 0 {
			t.Fatalf("%v: got %d: %s", args, code, errs)
		}
		return out
	}
	refused := func(want string, args ...string) {
		t.Helper()
		if code, _, errs := sightglass(t.Context(), home, t, args...); code != 1 || !strings.Contains(errs, want) {
			t.Errorf("%v: got %d: %s, want %q", args, code, errs, want)
		}
	}
	must("adapters", "import", "--model", model, "mine", foreign)
	refused("there is an adapter of that name", "adapters", "import", "--model", model, "mine", foreign)
	refused("the model has none", "adapters", "import", "--model", tinyModel, "other", "../../engine/testdata/adapters/llava-1.5-dora")
	if out := must("adapters", "list"); !strings.Contains(out, "mine") || !strings.Contains(out, model) || strings.Contains(out, "other") {
		t.Errorf("list: got %q", out)
	}
	ask := func(adapter string) string {
		var a answerJSON
		if err := json.Unmarshal([]byte(must("ask", "--model", model, "--adapter", adapter, "--device", "cpu", "--exact", "--json", "--max-tokens", "4", "Hi")), &a); err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(a.Tokens, a.Logprobs)
	}
	want := ask(foreign)
	for _, format := range []string{"peft", "mlx"} {
		to := filepath.Join(dir, format)
		must("adapters", "export", "--format", format, "mine", to)
		if got := ask(to); got != want {
			t.Errorf("%s: got %s, want %s", format, got, want)
		}
		refused("want a new folder", "adapters", "export", "--format", format, "mine", to)
	}
	if got := ask("mine"); got != want {
		t.Errorf("by name: got %s, want %s", got, want)
	}
	refused("made for another model", "adapters", "export", "--model", tinyModel, "mine", filepath.Join(dir, "x"))
	if left, _ := os.ReadDir(dir); len(left) != 2 {
		t.Errorf("got %v, want the two exports alone", left)
	}
	must("adapters", "rm", "mine")
	refused("not found", "adapters", "rm", "mine")
}
