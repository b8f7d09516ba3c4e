package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sightglass/engine"
)

func wantLines(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s:\ngot  %q\nwant %q", what, got, want)
	}
}

func TestConversation(t *testing.T) {
	var requests []engine.Request
	c := serve(t, answerer(func(_ context.Context, r engine.Request, emit func(engine.Event)) (engine.Result, error) {
		requests = append(requests, r)
		emit(engine.Event{Stage: engine.StagePrefill})
		emit(engine.Event{Text: "A red "})
		emit(engine.Event{Text: "square."})
		result := engine.Result{
			Text: "A red square.", Tokens: make([]int32, 5), PromptIDs: make([]int32, 70), Finish: engine.FinishStop,
			Timings: engine.Timings{FirstToken: 1500 * time.Millisecond, Vision: time.Second, Prefill: 250 * time.Millisecond, DecodeTokensPerS: 20},
		}
		for _, m := range r.Messages {
			for _, p := range m.Parts {
				if p.Picture != nil {
					result.Pictures = append(result.Pictures, engine.Seen{Width: 512, Height: len(p.Picture), Rows: 1, Cols: 2, Tokens: 64})
				}
			}
		}
		return result, nil
	}))
	first, second := pngOf(t, 30, 20), pngOf(t, 8, 9)
	picture := c.upload("red.png", first)
	chat := c.newChat()
	path := "/api/chats/" + chat + "/ask"

	words, last := c.ask(path, Ask{Text: "  What is\nthis? ", Pictures: []string{picture.ID}})
	if words[2] == "stage=loading" { // the test may be faster than the goroutine that loads
		words = slices.Delete(words, 2, 3)
	}
	wantLines(t, "events", words, []string{"question", "answer", "stage=prefill", "token=A red ", "token=square.", "done"})
	wantStats := Stats{PromptTokens: 70, Tokens: 5, FirstTokenMS: 1500, VisionMS: 1000, PrefillMS: 250, DecodeTokensPS: 20, FinishReason: "stop"}
	if last.Message == nil || last.Message.Stats == nil || *last.Message.Stats != wantStats {
		t.Errorf("stats: got %+v, want %+v", last.Message, wantStats)
	}
	other := c.upload("dir/b\x00lue.png", second)
	c.ask(path, Ask{Pictures: []string{other.ID, picture.ID}})

	t.Run("the engine gets the whole conversation, pictures before words", func(t *testing.T) {
		want := []engine.Message{
			{Role: engine.User, Parts: []engine.Part{{Picture: first}, {Text: "What is\nthis?"}}},
			{Role: engine.Assistant, Parts: []engine.Part{{Text: "A red square."}}},
			{Role: engine.User, Parts: []engine.Part{{Picture: second}, {Picture: first}, {Text: "Describe these pictures."}}},
		}
		if got := requests[1].Messages; fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("got %v, want %v", got, want)
		}
	})
	t.Run("the thread is stored, with what the model saw of each picture", func(t *testing.T) {
		detail := c.chat(chat)
		wantLines(t, "thread", c.thread(chat), []string{"user: What is\nthis?", "assistant: A red square.", "user: ", "assistant: A red square."})
		if detail.Title != "What is this?" || detail.Messages != 4 || detail.Picture != picture.ID {
			t.Errorf("chat: got %+v", detail.Chat)
		}
		seen := detail.Thread[2].Pictures
		if len(seen) != 2 || seen[0].Seen == nil || *seen[0].Seen != (Seen{512, len(second), 1, 2, 64}) || seen[1].Seen.Height != len(first) {
			t.Errorf("seen: got %+v", seen)
		}
		if p := detail.Thread[0].Pictures[0]; p.Name != "red.png" || p.Width != 30 || p.Height != 20 || p.Type != "image/png" || p.Bytes != int64(len(first)) {
			t.Errorf("picture: got %+v", p)
		}
		if name := seen[0].Name; name != "b lue.png" {
			t.Errorf("name: got %q, want %q", name, "b lue.png")
		}
	})
	t.Run("search finds words of the answer", func(t *testing.T) {
		c.newChat()
		var chats []Chat
		c.call("GET", "/api/chats?q=RED+what", nil, http.StatusOK, &chats)
		if len(chats) != 1 || chats[0].ID != chat || chats[0].Snippet != "What is this?" {
			t.Errorf("got %+v, want chat %s", chats, chat)
		}
	})
	t.Run("a new title stays", func(t *testing.T) {
		var renamed Chat
		c.call("PATCH", "/api/chats/"+chat, Rename{Title: " Red\n\x07thing "}, http.StatusOK, &renamed)
		c.ask(path, Ask{Text: "more"})
		if got := c.chat(chat).Title; renamed.Title != "Red thing" || got != "Red thing" {
			t.Errorf("got %q and %q, want \"Red thing\"", renamed.Title, got)
		}
	})
}

func TestTokensArriveBeforeTheEnd(t *testing.T) {
	a := newHeld("Half", " done.")
	c := serve(t, a)
	chat := c.newChat()
	e := c.open("/api/chats/"+chat+"/ask", Ask{Text: "Well?"})
	if got := e.until(KindToken).Text; got != "Half" {
		t.Errorf("first token: got %q, want \"Half\"", got)
	}
	<-a.started

	t.Run("a reload shows the answer so far", func(t *testing.T) {
		wantLines(t, "thread", c.thread(chat), []string{"user: Well?", "assistant: Half (running)"})
	})
	t.Run("the chat takes no other question and no deletion", func(t *testing.T) {
		c.refused("POST", "/api/chats/"+chat+"/ask", Ask{Text: "And?"}, http.StatusConflict, "busy")
		c.refused("POST", "/api/chats/"+chat+"/regenerate", Regenerate{"2"}, http.StatusConflict, "busy")
		c.refused("DELETE", "/api/chats/"+chat+"/messages/1", nil, http.StatusConflict, "busy")
	})
	t.Run("a crash now leaves the question and an answer that was interrupted", func(t *testing.T) {
		folder := t.TempDir()
		file, err := os.ReadFile(filepath.Join(c.folder, "sightglass.db"))
		must(t, err)
		must(t, os.WriteFile(filepath.Join(folder, "sightglass.db"), file, 0o600))
		after := serveOptions(t, folder, func(o *Options) {
			o.Find = finds(says("again"))
		})
		wantLines(t, "thread", after.thread(chat), []string{"user: Well?", "assistant:  (interrupted)"})
	})
	close(a.release)
	if got := e.until(KindDone).Message; got.Text != "Half done." || got.Stopped || got.Running {
		t.Errorf("done: got %+v, want the whole answer", got)
	}
	wantLines(t, "thread", c.thread(chat), []string{"user: Well?", "assistant: Half done."})
}

func TestStop(t *testing.T) {
	a := newHeld("Half", " done.")
	c := serve(t, a)
	chat := c.newChat()
	want := []string{"user: Well?", "assistant: Half (stopped)"}

	t.Run("by its call, which returns once the answer is stored", func(t *testing.T) {
		e := c.open("/api/chats/"+chat+"/ask", Ask{Text: "Well?"})
		<-a.started
		c.call("POST", "/api/chats/"+chat+"/stop", nil, http.StatusNoContent, nil)
		wantLines(t, "thread", c.thread(chat), want)
		if got := e.until(KindDone).Message; got.Text != "Half" || !got.Stopped || got.Stats.FinishReason != "cancelled" {
			t.Errorf("done: got %+v, want the stopped answer", got)
		}
		c.call("POST", "/api/chats/"+chat+"/stop", nil, http.StatusNoContent, nil)
	})
	t.Run("by a reader that goes away", func(t *testing.T) {
		e := c.open("/api/chats/"+chat+"/ask", Ask{Text: "And?"})
		run := c.handler.runningIn(chat)
		<-a.started
		e.cancel()
		<-run.ended
		wantLines(t, "thread", c.thread(chat)[2:], []string{"user: And?", "assistant: Half (stopped)"})
	})
	t.Run("by the deletion of the chat", func(t *testing.T) {
		e := c.open("/api/chats/"+chat+"/ask", Ask{Text: "So?"})
		<-a.started
		c.call("DELETE", "/api/chats/"+chat, nil, http.StatusNoContent, nil)
		c.refused("GET", "/api/chats/"+chat, nil, http.StatusNotFound, "not_found")
		e.until(KindDone)
		c.call("POST", "/api/chats/"+chat+"/restore", nil, http.StatusOK, nil)
		wantLines(t, "thread", c.thread(chat)[4:], []string{"user: So?", "assistant: Half (stopped)"})
	})
	t.Run("by the end of the app", func(t *testing.T) {
		e := c.open("/api/chats/"+chat+"/ask", Ask{Text: "End?"})
		<-a.started
		c.handler.Close()
		if got := e.until(KindDone).Message; !got.Stopped {
			t.Errorf("done: got %+v, want it stopped", got)
		}
		c.refused("POST", "/api/chats/"+chat+"/ask", Ask{Text: "?"}, http.StatusServiceUnavailable, "stopped")
	})
}

// brokenWriter is a page that is gone, as the window's writer reports it: no context ends, a write fails.
type brokenWriter struct {
	http.ResponseWriter
	left int
}

func (w *brokenWriter) Write(p []byte) (int, error) {
	if w.left--; w.left < 0 {
		return 0, errors.New("gone")
	}
	return len(p), nil
}
func (w *brokenWriter) Header() http.Header { return http.Header{} }
func (w *brokenWriter) WriteHeader(int)     {}

func TestStopByFailedWrite(t *testing.T) {
	a := newHeld("Half", "")
	c := serve(t, a)
	chat := c.newChat()
	must(t, c.handler.loader.wake(context.Background(), nil))
	r := c.request(context.Background(), "POST", "/api/chats/"+chat+"/ask", Ask{Text: "Well?"})
	c.handler.ServeHTTP(&brokenWriter{left: 3}, r) // question, answer, stage; not the first token
	wantLines(t, "thread", c.thread(chat), []string{"user: Well?", "assistant: Half (stopped)"})
}

func TestOneAnswerAtATime(t *testing.T) {
	a := newHeld("Half", ".")
	c := serve(t, a)
	first, second := c.newChat(), c.newChat()
	e1 := c.open("/api/chats/"+first+"/ask", Ask{Text: "one"})
	<-a.started
	e2 := c.open("/api/chats/"+second+"/ask", Ask{Text: "two"})
	if got := e2.until(KindStage).Stage; got != StageQueued {
		t.Errorf("second: got stage %q, want queued", got)
	}
	third := c.newChat()
	e3 := c.open("/api/chats/"+third+"/ask", Ask{Text: "three"})
	e3.until(KindStage)
	c.call("POST", "/api/chats/"+third+"/stop", nil, http.StatusNoContent, nil)
	if got := e3.until(KindDone).Message; !got.Stopped || got.Text != "" {
		t.Errorf("stopped in the queue: got %+v", got)
	}
	close(a.release)
	e1.until(KindDone)
	if got := e2.until(KindDone).Message.Text; got != "Half." {
		t.Errorf("second: got %q, want \"Half.\"", got)
	}
}

func TestReplaceAndRegenerate(t *testing.T) {
	var n atomic.Int32
	c := serve(t, answerer(func(_ context.Context, r engine.Request, emit func(engine.Event)) (engine.Result, error) {
		text := fmt.Sprintf("%d of %d", n.Add(1), len(r.Messages))
		emit(engine.Event{Text: text})
		return engine.Result{Text: text, Finish: engine.FinishStop}, nil
	}))
	chat := c.newChat()
	path := "/api/chats/" + chat
	for _, text := range []string{"a", "b", "c"} {
		c.ask(path+"/ask", Ask{Text: text})
	}
	id := func(i int) string { return c.chat(chat).Thread[i].ID }

	_, done := c.ask(path+"/regenerate", Regenerate{id(5)})
	if done.Message.Text != "4 of 5" {
		t.Errorf("regenerate: got %q, want \"4 of 5\"", done.Message.Text)
	}
	words, _ := c.ask(path+"/ask", Ask{Text: "B", Replace: id(2)})
	if words[0] != "question" {
		t.Errorf("replace: got %q, want the question first", words)
	}
	wantLines(t, "after replace", c.thread(chat), []string{"user: a", "assistant: 1 of 1", "user: B", "assistant: 5 of 3"})

	c.call("DELETE", path+"/messages/"+id(3), nil, http.StatusNoContent, nil)
	words, _ = c.ask(path+"/regenerate", Regenerate{id(2)})
	if words[0] != "answer" {
		t.Errorf("regenerate: got %q, want the answer first", words)
	}
	wantLines(t, "after regenerate of a question", c.thread(chat), []string{"user: a", "assistant: 1 of 1", "user: B", "assistant: 6 of 3"})
	c.ask(path+"/regenerate", Regenerate{id(1)})
	wantLines(t, "after regenerate in the middle", c.thread(chat), []string{"user: a", "assistant: 7 of 1"})

	c.refused("POST", path+"/ask", Ask{Text: "x", Replace: id(1)}, http.StatusNotFound, "not_found") // an answer
	c.refused("POST", path+"/regenerate", Regenerate{"999"}, http.StatusNotFound, "not_found")
	c.refused("POST", path+"/regenerate", Regenerate{""}, http.StatusNotFound, "not_found")
	wantLines(t, "after refusals", c.thread(chat), []string{"user: a", "assistant: 7 of 1"})

	c.call("DELETE", path+"/messages/"+id(0), nil, http.StatusNoContent, nil)
	wantLines(t, "after delete", c.thread(chat), nil)
	c.call("POST", path+"/messages/1/restore", nil, http.StatusNoContent, nil)
	wantLines(t, "after restore", c.thread(chat), []string{"user: a", "assistant: 7 of 1"})
}

func TestAnswersThatFail(t *testing.T) {
	for _, c := range []struct {
		name string
		err  error
		code string
	}{
		{"a prompt that is too long", fmt.Errorf("engine: prompt: %w", engine.ErrTooLong), "too_long"},
		{"a model that does not see", engine.ErrNoVision, "no_vision"},
		{"weights that are no numbers", engine.ErrDiverged, "diverged"},
		{"anything else", errors.New("something secret"), "internal"},
	} {
		t.Run(c.name, func(t *testing.T) {
			fail := answerer(func(_ context.Context, _ engine.Request, emit func(engine.Event)) (engine.Result, error) {
				emit(engine.Event{Text: "Half"})
				return engine.Result{}, c.err
			})
			client := serve(t, fail)
			chat := client.newChat()
			_, last := client.ask("/api/chats/"+chat+"/ask", Ask{Text: "Well?"})
			if last.Kind != KindError || last.Problem.Code != c.code || last.Message == nil || last.Message.Text != "Half" {
				t.Errorf("got %+v, want an error %q with the answer so far", last, c.code)
			}
			wantLines(t, "thread", client.thread(chat), []string{"user: Well?", "assistant: Half (" + c.code + ")"})
		})
	}
}

func TestModelLoads(t *testing.T) {
	loaded := make(chan error)
	for _, fails := range []error{nil, errors.New("weights: no such folder")} {
		c := serveOptions(t, t.TempDir(), func(o *Options) {
			o.Find = loads(func(context.Context) (Answerer, error) { return says("yes"), <-loaded })
		})
		var state State
		c.call("GET", "/api/state", nil, http.StatusOK, &state)
		if state.Model.Phase != PhaseLoading || state.Version != "test" || state.Model.Name != "Test" {
			t.Errorf("state: got %+v, want loading", state)
		}
		chat := c.newChat()
		e := c.open("/api/chats/"+chat+"/ask", Ask{Text: "Well?"})
		if got := e.until(KindStage).Stage; got != StageLoading {
			t.Errorf("stage: got %q, want loading", got)
		}
		loaded <- fails
		if fails == nil {
			e.until(KindDone)
		} else if got := e.until(KindError).Problem.Code; got != "model_failed" {
			t.Errorf("problem: got %q, want model_failed", got)
		}
		c.call("GET", "/api/state", nil, http.StatusOK, &state)
		if want := map[bool]Phase{true: PhaseReady, false: PhaseFailed}[fails == nil]; state.Model.Phase != want || (state.Model.Error != nil) != (fails != nil) {
			t.Errorf("state: got %+v, want %s", state, want)
		}
	}
}

func TestDamagedStoreIsSaid(t *testing.T) {
	folder := t.TempDir()
	must(t, os.WriteFile(filepath.Join(folder, "sightglass.db"), bytes.Repeat([]byte("x"), 9000), 0o600))
	c := serveOptions(t, folder, func(o *Options) {
		o.Find = finds(says("yes"))
	})
	var state State
	c.call("GET", "/api/state", nil, http.StatusOK, &state)
	if state.Notice == nil || state.Notice.Code != "set_aside" {
		t.Errorf("got notice %+v, want set_aside", state.Notice)
	}
}

func TestConcurrentChats(t *testing.T) {
	var at, most atomic.Int32
	c := serve(t, answerer(func(_ context.Context, r engine.Request, emit func(engine.Event)) (engine.Result, error) {
		most.Store(max(most.Load(), at.Add(1)))
		defer at.Add(-1)
		for range 20 {
			emit(engine.Event{Text: "x"})
		}
		return engine.Result{
			Text: r.Messages[len(r.Messages)-1].Parts[0].Text, Finish: engine.FinishStop,
			Timings: engine.Timings{DecodeTokensPerS: math.NaN()}, // of no tokens in no time
		}, nil
	}))
	var chats []string
	for range 6 {
		chats = append(chats, c.newChat())
	}
	var all sync.WaitGroup
	for _, chat := range chats {
		all.Go(func() {
			for i := range 4 {
				_, last := c.ask("/api/chats/"+chat+"/ask", Ask{Text: fmt.Sprint(chat, "/", i)})
				if last.Kind != KindDone {
					t.Errorf("chat %s: got %+v, want done", chat, last)
				}
				c.chat(chats[i])
			}
		})
	}
	all.Wait()
	if most.Load() != 1 {
		t.Errorf("got %d answers at once, want 1", most.Load())
	}
	for _, chat := range chats {
		thread := c.chat(chat).Thread
		for i := range 4 {
			if want := fmt.Sprint(chat, "/", i); len(thread) != 8 || thread[2*i+1].Text != want {
				t.Fatalf("chat %s: got %+v, want answer %q", chat, thread, want)
			}
		}
	}
}
