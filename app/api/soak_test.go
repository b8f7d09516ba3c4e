package api

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"runtime"
	"testing"
	"time"

	"sightglass/engine"
)

// holding is what a process has taken of memory and handles.
type holding struct{ objects, goroutines, files int }

// holds counts once nothing is left that only waits to end.
func holds(t *testing.T) (h holding) {
	t.Helper()
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	for still := 0; still < 20; still++ {
		time.Sleep(10 * time.Millisecond)
		if n := runtime.NumGoroutine(); n != h.goroutines {
			h.goroutines, still = n, 0
		}
	}
	for range 3 { // what has a finalizer takes two
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	h.objects = int(m.Mallocs - m.Frees)
	open, err := os.ReadDir("/dev/fd")
	must(t, err)
	h.files = len(open)
	return h
}

// Two hundred questions, asked, stopped, left, failed and asked anew, leave nothing behind but what is stored.
func TestSoak(t *testing.T) {
	begun := make(chan struct{}, 1)
	server := serve(t, answerer(func(ctx context.Context, r engine.Request, emit func(engine.Event)) (engine.Result, error) {
		emit(engine.Event{Stage: engine.StageDecode})
		emit(engine.Event{Text: "Half"})
		last := r.Messages[len(r.Messages)-1]
		switch last.Parts[len(last.Parts)-1].Text {
		case "wait":
			begun <- struct{}{}
			<-ctx.Done()
			return engine.Result{Text: "Half", Finish: engine.FinishCancelled}, ctx.Err()
		case "fail":
			return engine.Result{}, engine.ErrDiverged
		case "panic":
			panic("a fault")
		}
		return engine.Result{Text: "Half done.", Finish: engine.FinishStop}, nil
	}))
	cycle := func(c client, i int) {
		picture := c.upload(fmt.Sprint(i, ".png"), pngOf(t, 20+i%50, 30+i))
		chat := c.newChat()
		path := "/api/chats/" + chat
		c.ask(path+"/ask", Ask{Text: "What is it?", Pictures: []string{picture.ID}})
		c.call("GET", "/api/pictures/"+picture.ID+"/thumbnail", nil, http.StatusOK, nil)
		c.ask(path+"/regenerate", Regenerate{c.chat(chat).Thread[1].ID})
		switch i % 5 {
		case 0:
			e := c.open(path+"/ask", Ask{Text: "wait"})
			<-begun
			c.call("POST", path+"/stop", nil, http.StatusNoContent, nil)
			e.until(KindDone)
			e.body.Close()
		case 1:
			e := c.open(path+"/ask", Ask{Text: "wait"})
			run := c.handler.runningIn(chat)
			<-begun
			e.cancel()
			<-run.ended
		case 2:
			c.ask(path+"/ask", Ask{Text: "fail"})
		case 3:
			c.ask(path+"/ask", Ask{Text: "panic"})
		case 4:
			c.call("DELETE", path, nil, http.StatusNoContent, nil)
		}
	}
	// A test of its own, so that what the client keeps for its end goes with it.
	cycles := func(from, to int) {
		t.Run(fmt.Sprint(from, " to ", to), func(t *testing.T) {
			c := *server
			c.t = t
			for i := from; i < to; i++ {
				cycle(c, i)
			}
		})
	}
	cycles(0, 50)
	before := holds(t)
	cycles(50, 250)
	after := holds(t)
	if after.goroutines > before.goroutines || after.files > before.files || after.objects-before.objects > 200 {
		t.Errorf("after 200 cycles the app holds %+v, before %+v: want less than one object more a cycle", after, before)
	}
}
