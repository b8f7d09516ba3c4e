package api

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"sightglass/app/store"
	"sightglass/engine"
)

// inOwnTime runs a test with a clock of its own on a handler whose models come from load. It returns how many were lost.
func inOwnTime(t *testing.T, load func() Answerer, test func(t *testing.T, h *Handler)) (lost int) {
	synctest.Test(t, func(t *testing.T) {
		s, err := store.Open(t.TempDir())
		must(t, err)
		h, err := New(Options{Store: s, Find: func(id string) (Source, error) {
			return Source{ID: id, Load: func(context.Context) (Answerer, error) { return load(), nil }, Lost: func() { lost++ }}, nil
		}})
		must(t, err)
		synctest.Wait()
		test(t, h)
		h.Close()
		must(t, s.Close())
	})
	return lost
}

// reading is the stream of an answer, read while it comes.
type reading struct {
	t    *testing.T
	mu   sync.Mutex
	sent bytes.Buffer
}

func (r *reading) Header() http.Header { return http.Header{} }
func (r *reading) WriteHeader(int)     {}
func (r *reading) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.sent.Write(b)
}

// words are the events that came since the last call, one word each, but for question and answer.
func (r *reading) words() (words []string) {
	r.t.Helper()
	synctest.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	for line := range strings.Lines(r.sent.String()) {
		var e Event
		must(r.t, json.Unmarshal([]byte(line), &e))
		switch {
		case e.Kind == KindDone && e.Message.Stopped:
			words = append(words, "stopped: "+e.Message.Text)
		case e.Kind == KindDone:
			words = append(words, "done: "+e.Message.Text)
		case e.Kind == KindError:
			words = append(words, e.Problem.Code)
		case e.Kind == KindStage || e.Kind == KindToken:
			words = append(words, string(e.Stage)+e.Text)
		}
	}
	r.sent.Reset()
	return words
}

// askIn asks in a chat of its own, whose id is chat, and reads along.
func askIn(t *testing.T, h *Handler) (chat string, r *reading) {
	t.Helper()
	c, err := h.Store.CreateChat("")
	must(t, err)
	r = &reading{t: t}
	request := httptest.NewRequest("POST", "/api/chats/"+c.ID+"/ask", strings.NewReader(`{"text":"Well?"}`))
	request.Header.Set("Content-Type", "application/json")
	go h.ServeHTTP(r, request)
	synctest.Wait()
	return c.ID, r
}

func stopIn(h *Handler, chat string) {
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("POST", "/api/chats/"+chat+"/stop", nil))
}

// hanging says half an answer and then nothing, and does not listen, until it is freed.
type hanging struct{ freed chan struct{} }

func (a *hanging) Generate(_ context.Context, _ engine.Request, emit func(engine.Event)) (engine.Result, error) {
	emit(engine.Event{Stage: engine.StageDecode})
	emit(engine.Event{Text: "Half"})
	<-a.freed
	emit(engine.Event{Text: " too late"})
	return engine.Result{Text: "Half too late", Finish: engine.FinishStop}, nil
}

// A model that hangs is said to, can be stopped, and stands in the way of no later question.
func TestAModelThatHangs(t *testing.T) {
	var first *hanging
	lost := inOwnTime(t, func() Answerer {
		if first != nil {
			return says("Yes.")
		}
		first = &hanging{make(chan struct{})}
		return first
	}, func(t *testing.T, h *Handler) {
		chat, r := askIn(t, h)
		wantLines(t, "at first", r.words(), []string{"decode", "Half"})
		time.Sleep(silence)
		wantLines(t, "after silence", r.words(), []string{"slow"})
		began := time.Now()
		stopIn(h, chat)
		if took := time.Since(began); took != grace {
			t.Errorf("stopping took %v, want %v", took, grace)
		}
		wantLines(t, "after stopping", r.words(), []string{"stopped: Half"})

		_, next := askIn(t, h)
		wantLines(t, "the next question", next.words(), []string{"queued"})
		time.Sleep(hangs)
		wantLines(t, "once the model is lost", next.words(), []string{"loading", "decode", "Yes.", "done: Yes."})
		close(first.freed)
		synctest.Wait()
		if _, thread, err := h.Store.Chat(chat); err != nil || thread[1].Text != "Half" || !thread[1].Stopped {
			t.Errorf("what came too late changed the answer: %+v, %v", thread, err)
		}
		_, last := askIn(t, h)
		wantLines(t, "a later question", last.words(), []string{"decode", "Yes.", "done: Yes."})
	})
	if lost != 1 {
		t.Errorf("%d models were lost, want the one that hangs", lost)
	}
}

// A step of a large model takes long, too: it is waited for, and the model stays.
func TestAModelThatStopsSlowly(t *testing.T) {
	slow := answerer(func(ctx context.Context, _ engine.Request, emit func(engine.Event)) (engine.Result, error) {
		emit(engine.Event{Stage: engine.StagePrefill})
		time.Sleep(grace + hangs/2)
		if ctx.Err() != nil {
			return engine.Result{Finish: engine.FinishCancelled}, ctx.Err()
		}
		return engine.Result{Text: "Yes.", Finish: engine.FinishStop}, nil
	})
	loads := 0
	inOwnTime(t, func() Answerer { loads++; return slow }, func(t *testing.T, h *Handler) {
		chat, r := askIn(t, h)
		stopIn(h, chat)
		wantLines(t, "stopped", r.words(), []string{"prefill", "stopped: "})
		_, next := askIn(t, h)
		time.Sleep(hangs / 2)
		wantLines(t, "the next question", next.words(), []string{"queued", "prefill"})
		time.Sleep(hangs)
		wantLines(t, "its answer", next.words(), []string{"slow", "done: Yes."})
		if loads != 1 {
			t.Errorf("the model was loaded %d times, want once", loads)
		}
	})
}

// A night's sleep in the middle of an answer ends nothing: not the answer, not the model, not what is asked next.
func TestSleepAndWake(t *testing.T) {
	sleeper := answerer(func(_ context.Context, _ engine.Request, emit func(engine.Event)) (engine.Result, error) {
		emit(engine.Event{Stage: engine.StageDecode})
		emit(engine.Event{Text: "Good night"})
		time.Sleep(9 * time.Hour)
		emit(engine.Event{Text: ", good morning."})
		return engine.Result{Text: "Good night, good morning.", Finish: engine.FinishStop}, nil
	})
	inOwnTime(t, func() Answerer { return sleeper }, func(t *testing.T, h *Handler) {
		for range 2 {
			_, r := askIn(t, h)
			wantLines(t, "before", r.words(), []string{"decode", "Good night"})
			time.Sleep(9 * time.Hour)
			wantLines(t, "after", r.words(), []string{"slow", "decode", ", good morning.", "done: Good night, good morning."})
			time.Sleep(30 * 24 * time.Hour)
		}
	})
}

// An answer that panics is one failed answer.
func TestAModelThatPanics(t *testing.T) {
	faulty := answerer(func(context.Context, engine.Request, func(engine.Event)) (engine.Result, error) {
		panic("index out of range")
	})
	inOwnTime(t, func() Answerer { return faulty }, func(t *testing.T, h *Handler) {
		for range 2 {
			_, r := askIn(t, h)
			wantLines(t, "the answer", r.words(), []string{"internal"})
		}
	})
}

// The app ends in time, whatever the model does.
func TestQuitWhileAModelHangs(t *testing.T) {
	var a *hanging
	inOwnTime(t, func() Answerer { a = &hanging{make(chan struct{})}; return a }, func(t *testing.T, h *Handler) {
		chat, _ := askIn(t, h)
		began := time.Now()
		h.Close()
		if took := time.Since(began); took != grace {
			t.Errorf("quitting took %v, want %v", took, grace)
		}
		if _, thread, err := h.Store.Chat(chat); err != nil || thread[1].Text != "Half" || !thread[1].Stopped {
			t.Errorf("got %+v, %v, want half the answer, stopped", thread, err)
		}
		close(a.freed)
	})
}
