package api

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sightglass/engine"
	"sightglass/engine/cpu"
)

const tinyModel = "../../engine/testdata/smolvlm-whole"

// studioOf serves an app over the tiny model, which trains and answers. The client's folder is that of the store.
func studioOf(t *testing.T, folder string) *client {
	t.Helper()
	dev, err := cpu.Open(cpu.Options{Threads: 1})
	must(t, err)
	t.Cleanup(func() { dev.Close() })
	open := func(ctx context.Context) (*engine.Session, error) {
		return engine.Open(ctx, dev, tinyModel, engine.Options{Exact: true, Slots: 1})
	}
	base, err := engine.Fingerprint(tinyModel)
	must(t, err)
	return serveOptions(t, folder, func(o *Options) {
		o.Find = func(id string) (Source, error) {
			return Source{ID: id, Name: "Tiny", Load: func(ctx context.Context) (Answerer, error) { return open(ctx) },
				Base: &Base{Print: base, Folder: tinyModel, Open: open}}, nil
		}
		o.Request.MaxTokens = 4
		o.Tune = &TuneOptions{Folder: filepath.Join(folder, "tuning"), Exports: filepath.Join(folder, "exports"), Memory: func() int { return 0 }}
	})
}

const packedData = "../../engine/train/dataset/testdata/questions.parquet"

// lessonFolder is a data set of the tiny model's pictures; the second row of train.jsonl has no answer.
func lessonFolder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	rows := ""
	for _, name := range []string{"a", "b", "c"} {
		data, err := os.ReadFile(filepath.Join(tinyModel, name+".png"))
		must(t, err)
		must(t, os.WriteFile(filepath.Join(dir, name+".png"), data, 0o600))
		rows += fmt.Sprintf("{\"image\":%q,\"question\":\"What?\",\"answer\":\"picture %s\"}\n", name+".png", name)
	}
	must(t, os.WriteFile(filepath.Join(dir, "validation.jsonl"), []byte(rows), 0o600))
	must(t, os.WriteFile(filepath.Join(dir, "train.jsonl"), []byte(strings.Replace(rows, "picture b", "", 1)), 0o600))
	return dir
}

func (c *client) openLesson(t *testing.T) (d TuneData) {
	c.call("POST", "/api/tune/data", OpenData{Path: lessonFolder(t)}, http.StatusOK, &d)
	answer := "picture b"
	c.call("PATCH", "/api/tune/data/rows/0", EditRow{Answer: &answer}, http.StatusOK, &d)
	return d
}

var shortRun = TuneSettings{Method: "lora", Rank: 4, LR: 0.01, Passes: 1, Steps: 6}

// until asks for a run until it is as wanted.
func (c *client) until(name string, want func(TuneRun) bool) (run TuneRun) {
	c.t.Helper()
	for range 3000 {
		c.call("GET", "/api/tune/runs/"+name, nil, http.StatusOK, &run)
		if want(run) {
			return run
		}
		if run.Phase == TuneFailed {
			c.t.Fatalf("run: got it failed, %+v", run.Problem)
		}
		time.Sleep(10 * time.Millisecond)
	}
	c.t.Fatalf("run: got %+v, want another", run)
	return run
}

func in(p TunePhase) func(TuneRun) bool { return func(r TuneRun) bool { return r.Phase == p } }

func TestParquetIsUnpackedOnce(t *testing.T) {
	folder := t.TempDir()
	c := studioOf(t, folder)
	path, err := filepath.Abs(packedData)
	must(t, err)
	file, err := os.ReadFile(path)
	must(t, err)
	c.call("PUT", "/api/tune/uploads/0123abcd-parquet?path=dropped/train-0.parquet", file, http.StatusNoContent, nil)
	seen := map[string]int{}
	for _, open := range []OpenData{{Path: path}, {Path: path}, {Upload: "0123abcd-parquet"}} {
		var d TuneData
		c.call("POST", "/api/tune/data", open, http.StatusOK, &d)
		if len(d.Rows) != 4 || d.Rows[0].Reason != `there is no picture "away.png"` || d.Rows[2].Question != "and this" || d.Rows[2].Pictures != 1 {
			t.Errorf("got %+v, want the rows of the file, the one without its picture first", d.Rows)
		}
		seen[d.Path]++
	}
	if len(seen) != 2 {
		t.Errorf("got %v, want a folder for each file", seen)
	}
	if left, _ := os.ReadDir(filepath.Join(folder, "tuning/uploads")); len(left) > 0 {
		t.Errorf("got %v kept of what was dropped, once it is unpacked", left)
	}
	if left, _ := os.ReadDir(filepath.Join(folder, "tuning/unpacked")); len(left) != 1 {
		t.Errorf("got %v, want what the open data reads alone", left)
	}
	damaged := filepath.Join(t.TempDir(), "a.parquet")
	must(t, os.WriteFile(damaged, file[:len(file)-9], 0o600))
	c.refused("POST", "/api/tune/data", OpenData{Path: damaged}, http.StatusBadRequest, "no_path")
}

func TestDataIsCheckedAndEditedInPlace(t *testing.T) {
	c := studioOf(t, t.TempDir())
	c.refused("GET", "/api/tune/data", nil, http.StatusBadRequest, "no_data")
	c.refused("POST", "/api/tune/data", OpenData{Path: "somewhere"}, http.StatusBadRequest, "no_path")
	c.refused("POST", "/api/tune/data", OpenData{Path: t.TempDir()}, http.StatusBadRequest, "no_path")
	folder := lessonFolder(t)
	var d TuneData
	c.call("POST", "/api/tune/data", OpenData{Path: folder}, http.StatusOK, &d)
	bad := d.Rows[0]
	if len(d.Rows) != 6 || bad.Source != "line 2" || bad.Reason != "the answer is empty" || bad.Question != "What?" || bad.Pictures != 1 || d.Rows[1].Reason != "" {
		t.Fatalf("got %+v, want the row without an answer first", d.Rows)
	}
	c.refused("POST", "/api/tune/runs", StartRun{Name: "x", Settings: shortRun}, http.StatusUnprocessableEntity, "bad_rows")
	out, back := true, false
	c.call("PATCH", "/api/tune/data/rows/0", EditRow{LeftOut: &out}, http.StatusOK, &d)
	if !d.Rows[0].LeftOut {
		t.Error("got the row in, want it left out")
	}
	answer := " a bee "
	c.call("PATCH", "/api/tune/data/rows/0", EditRow{LeftOut: &back, Answer: &answer}, http.StatusOK, &d)
	i := slices.IndexFunc(d.Rows, func(r TuneRow) bool { return r.Source == "line 2" })
	if d.Rows[i].Reason != "" || d.Rows[i].Answer != "a bee" || d.Rows[i].LeftOut {
		t.Errorf("got %+v, want it good and in", d.Rows[i])
	}
	var again TuneData
	c.call("GET", "/api/tune/data", nil, http.StatusOK, &again)
	if again.Rows[i].Answer != "a bee" {
		t.Errorf("got %+v, want the edited answer", again.Rows[i])
	}
	if data, err := os.ReadFile(filepath.Join(folder, "train.jsonl")); err != nil || strings.Contains(string(data), "bee") {
		t.Errorf("the person's own file was changed: %s, %v", data, err)
	}
	var draft TuneDraft
	c.call("POST", "/api/tune/data/rows/0/draft", nil, http.StatusOK, &draft)
	response := c.do(c.request(t.Context(), "GET", "/api/tune/data/rows/0/picture", nil))
	response.Body.Close()
	if response.Header.Get("Content-Type") != "image/jpeg" {
		t.Errorf("picture: got %q", response.Header.Get("Content-Type"))
	}
	c.refused("GET", "/api/tune/data/rows/9/picture", nil, http.StatusNotFound, "not_found")
}

func TestADroppedFolderIsData(t *testing.T) {
	c := studioOf(t, t.TempDir())
	const id = "/api/tune/uploads/0123-abcd"
	for path, data := range map[string][]byte{"parts/good/1.png": pngOf(t, 8, 8), "parts/bad/2.png": pngOf(t, 8, 8)} {
		c.call("PUT", id+"?path="+path, data, http.StatusNoContent, nil)
	}
	for _, path := range []string{"../x.png", "/x.png", "a/../../x.png", "x.sh", ""} {
		c.refused("PUT", id+"?path="+path, []byte("x"), http.StatusBadRequest, "bad_request")
	}
	c.refused("PUT", "/api/tune/uploads/..%2f..?path=x.png", []byte("x"), http.StatusBadRequest, "bad_request")
	var d TuneData
	c.call("POST", "/api/tune/data", OpenData{Upload: "0123-abcd"}, http.StatusOK, &d)
	if d.Name != "parts" || len(d.Rows) != 2 || d.Rows[0].Answer != "bad" || d.Rows[1].Answer != "good" {
		t.Errorf("got %+v, want two rows named for their folders", d)
	}
}

func TestDroppedPicturesGoWithTheirTraining(t *testing.T) {
	folder := t.TempDir()
	c := studioOf(t, folder)
	drop := func(id string) {
		for name, data := range map[string][]byte{"good/1.png": pngOf(t, 8, 8), "bad/2.png": pngOf(t, 8, 9), "bad/3.png": pngOf(t, 9, 9)} {
			c.call("PUT", "/api/tune/uploads/"+id+"?path=parts/"+name, data, http.StatusNoContent, nil)
		}
	}
	kept := func(want ...string) {
		t.Helper()
		var got []string
		entries, _ := os.ReadDir(filepath.Join(folder, "tuning/uploads"))
		for _, e := range entries {
			got = append(got, e.Name())
		}
		if !slices.Equal(got, want) {
			t.Errorf("got uploads %v, want %v", got, want)
		}
	}
	drop("00000001")
	c.call("POST", "/api/tune/data", OpenData{Upload: "00000001"}, http.StatusOK, nil)
	c.call("POST", "/api/tune/runs", StartRun{Name: "parts", Settings: TuneSettings{Method: "lora", Rank: 2, LR: 0.01, Passes: 1, Steps: 1}}, http.StatusCreated, nil)
	c.until("parts", in(TuneFinished))
	drop("00000002")
	c.call("POST", "/api/tune/data", OpenData{Upload: "00000002"}, http.StatusOK, nil)
	kept("00000001", "00000002") // one of the training, one that is open
	drop("00000003")
	c.openLesson(t)
	kept("00000001", "00000003") // one of the training, one that is arriving
	c.call("DELETE", "/api/tune/runs/parts", nil, http.StatusNoContent, nil)
	kept("00000003")
}

func TestARunIsTrainedComparedKeptAndUsed(t *testing.T) {
	folder := t.TempDir()
	c := studioOf(t, folder)
	c.openLesson(t)
	var e TuneEstimate
	c.call("POST", "/api/tune/estimate", shortRun, http.StatusOK, &e)
	if e.Learn != 3 || e.Check != 3 || e.Steps != 6 || e.MemoryBytes <= 0 {
		t.Errorf("estimate: got %+v", e)
	}
	c.call("POST", "/api/tune/runs", StartRun{Name: "My parts", Settings: shortRun}, http.StatusCreated, nil)
	run := c.until("My%20parts", in(TuneFinished))
	if run.Step != 6 || len(run.Losses) != 6 || !(run.Losses[5].Loss < run.Losses[0].Loss) || run.Losses[5].Validation == nil {
		t.Errorf("losses: got %+v, want six that fall", run.Losses)
	}
	if len(run.Checks) != 3 || run.Checks[0].Want != "picture a" || run.Base == nil || run.Tuned == nil || len(run.Probes) == 0 || len(run.Probes[0].Answers) != 3 {
		t.Errorf("got %+v, want base and tuned answers to three checks, and some on the way", run)
	}
	if run.Base.Exact != 0 || run.Checks[0].Base == run.Checks[0].Tuned {
		t.Errorf("got base %q and tuned %q, want the training to change the answer", run.Checks[0].Base, run.Checks[0].Tuned)
	}
	c.refused("POST", "/api/tune/runs", StartRun{Name: "My parts", Settings: shortRun}, http.StatusConflict, "name_taken")

	c.call("PUT", "/api/tune/runs/My%20parts/checks/1/thumb", Thumb{1}, http.StatusNoContent, nil)
	c.call("PATCH", "/api/tune/runs/My%20parts", KeepRun{Name: "parts", Note: "first"}, http.StatusOK, &run)
	if run.Name != "parts" || run.Note != "first" || run.Checks[1].Thumb != 1 || run.Tuned.Thumbs != 1 {
		t.Errorf("kept: got %+v", run)
	}
	c.refused("GET", "/api/tune/runs/My%20parts", nil, http.StatusNotFound, "not_found")

	// The same question in two chats, one with the adapter: base and tuned model in turns.
	data, err := os.ReadFile(filepath.Join(tinyModel, "a.png"))
	must(t, err)
	p := c.upload("a.png", data)
	plain, tuned := c.newChat(), c.newChat()
	var chat Chat
	c.call("PUT", "/api/chats/"+tuned+"/adapter", ChooseAdapter{"parts"}, http.StatusOK, &chat)
	c.refused("PUT", "/api/chats/"+tuned+"/adapter", ChooseAdapter{"nothing"}, http.StatusNotFound, "not_found")
	if chat.Adapter != "parts" {
		t.Errorf("got adapter %q, want parts", chat.Adapter)
	}
	answer := func(id string) string {
		_, last := c.ask("/api/chats/"+id+"/ask", Ask{Text: "What?", Pictures: []string{p.ID}})
		if last.Kind != KindDone {
			t.Fatalf("got %+v, want an answer", last)
		}
		return last.Message.Text
	}
	base := answer(plain)
	if got := answer(tuned); got == base {
		t.Errorf("the adapter makes no difference: %q", got)
	}
	if got := answer(c.newChat()); got != base {
		t.Errorf("after the adapter: got %q, want the base's %q", got, base)
	}

	var out Exported
	chosen := func(adapter string) string {
		chat := c.newChat()
		c.call("PUT", "/api/chats/"+chat+"/adapter", ChooseAdapter{Name: adapter}, http.StatusOK, nil)
		return answer(chat)
	}
	c.refused("POST", "/api/tune/runs/parts/export", ExportRun{Format: "zip"}, http.StatusBadRequest, "bad_request")
	for format, file := range map[ExportFormat]string{ExportPEFT: "adapter_model.safetensors", ExportMLX: "adapters.safetensors", ExportModel: "tokenizer.json"} {
		c.call("POST", "/api/tune/runs/parts/export", ExportRun{Format: format}, http.StatusOK, &out)
		if _, err := os.Stat(filepath.Join(out.Path, file)); err != nil {
			t.Errorf("export %s: got %v, want %s", format, err, file)
		}
		if format == ExportModel {
			continue
		}
		var back TuneRun
		name := "back " + string(format)
		c.call("POST", "/api/tune/import", ImportAdapter{Path: out.Path, Name: name}, http.StatusCreated, &back)
		if back.Phase != TuneFinished || !back.Imported || !back.Fits || back.Bytes == 0 {
			t.Errorf("import %s: got %+v, want a finished run", format, back)
		}
		if got, want := chosen(name), chosen("parts"); got != want {
			t.Errorf("import %s: got %q, want %q as the one that was trained", format, got, want)
		}
	}
	c.refused("POST", "/api/tune/import", ImportAdapter{Path: out.Path, Name: "back mlx"}, http.StatusConflict, "name_taken")
	c.refused("POST", "/api/tune/import", ImportAdapter{Path: t.TempDir(), Name: "x"}, http.StatusBadRequest, "no_adapter")
	c.refused("POST", "/api/tune/import", ImportAdapter{Path: "here", Name: "x"}, http.StatusBadRequest, "no_adapter")
	if list, err := os.ReadDir(filepath.Join(folder, "exports")); err != nil || len(list) != 3 {
		t.Errorf("got %v, %v, want three exports", list, err)
	}
	c.call("DELETE", "/api/tune/runs/parts", nil, http.StatusNoContent, nil)
	if got := c.chat(tuned).Adapter; got != "" {
		t.Errorf("got the chat with %q, want it without the deleted adapter", got)
	}
}

func TestARunPausesGoesOnStopsAndSurvivesAQuit(t *testing.T) {
	folder := t.TempDir()
	long := shortRun
	long.Steps = 4000
	const name = "x"
	path := "/api/tune/runs/" + name
	t.Run("first", func(inner *testing.T) {
		c := studioOf(inner, folder)
		c.openLesson(t)
		c.call("POST", "/api/tune/runs", StartRun{Name: name, Settings: long}, http.StatusCreated, nil)
		c.refused("POST", "/api/tune/runs", StartRun{Name: "other", Settings: long}, http.StatusConflict, "training")
		c.refused("DELETE", path, nil, http.StatusConflict, "training")
		c.until(name, func(r TuneRun) bool { return r.Step > 2 })
		if words, last := c.ask("/api/chats/"+c.newChat()+"/ask", Ask{Text: "What?"}); last.Kind != KindDone {
			inner.Errorf("a question beside the training: got %v", words)
		}
		c.call("POST", path+"/pause", nil, http.StatusNoContent, nil)
		paused := c.until(name, in(TunePaused))
		c.refused("POST", path+"/pause", nil, http.StatusNotFound, "not_found")
		c.call("POST", path+"/resume", nil, http.StatusNoContent, nil)
		c.until(name, func(r TuneRun) bool { return r.Step > paused.Step })
	}) // the app ends while it trains
	c := studioOf(t, folder)
	run := c.until(name, in(TuneTraining))
	if run.Step < 3 {
		t.Errorf("got step %d, want the run to go on", run.Step)
	}
	c.until(name, func(r TuneRun) bool { return r.Step > run.Step })
	c.call("POST", path+"/stop", nil, http.StatusNoContent, nil)
	run = c.until(name, in(TuneFinished))
	if run.Step >= long.Steps || run.Tuned == nil {
		t.Errorf("got %d steps and %+v, want it ended early and compared", run.Step, run.Tuned)
	}
	for i, l := range run.Losses {
		if l.Step != i+1 {
			t.Fatalf("loss %d is of step %d: a step was lost or taken twice", i, l.Step)
		}
	}
	var all Tuning
	c.call("GET", "/api/tune", nil, http.StatusOK, &all)
	if len(all.Runs) != 1 || all.Running != "" || len(all.Presets) == 0 {
		t.Errorf("got %+v, want the one run, not running", all)
	}
}

func TestPicturesThatGoAwayEndARunWithASentence(t *testing.T) {
	c := studioOf(t, t.TempDir())
	d := c.openLesson(t)
	must(t, os.Remove(filepath.Join(d.Path, "c.png")))
	c.call("POST", "/api/tune/runs", StartRun{Name: "gone", Settings: shortRun}, http.StatusCreated, nil)
	var run TuneRun
	for range 1000 {
		if c.call("GET", "/api/tune/runs/gone", nil, http.StatusOK, &run); run.Phase == TuneFailed {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if run.Problem == nil || run.Problem.Code != "bad_rows" {
		t.Errorf("got %+v, want a problem with its rows", run.Problem)
	}
	c.call("DELETE", "/api/tune/runs/gone", nil, http.StatusNoContent, nil)
	c.refused("GET", "/api/tune/runs/gone", nil, http.StatusNotFound, "not_found")
}

func TestAnAppThatDoesNotTrainSaysSo(t *testing.T) {
	c := serve(t, says("x"))
	c.refused("GET", "/api/tune", nil, http.StatusNotFound, "no_tuning")
	c.refused("POST", "/api/tune/data", OpenData{Example: true}, http.StatusNotFound, "no_tuning")
	c.refused("PUT", "/api/tune/uploads/0123-abcd?path=a.png", []byte("x"), http.StatusNotFound, "no_tuning")
}
