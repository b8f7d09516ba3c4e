package api

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"image"
	"image/color"
	"image/png"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/fstest"

	"sightglass/app/store"
	"sightglass/engine"
)

// answerer is a function that answers.
type answerer func(ctx context.Context, r engine.Request, emit func(engine.Event)) (engine.Result, error)

func (a answerer) Generate(ctx context.Context, r engine.Request, emit func(engine.Event)) (engine.Result, error) {
	return a(ctx, r, emit)
}

// says answers with some pieces of text.
func says(pieces ...string) answerer {
	return func(_ context.Context, r engine.Request, emit func(engine.Event)) (engine.Result, error) {
		emit(engine.Event{Stage: engine.StageDecode})
		for _, p := range pieces {
			emit(engine.Event{Text: p})
		}
		return engine.Result{Text: strings.Join(pieces, ""), Finish: engine.FinishStop}, nil
	}
}

// held says one piece, and the other once it is released; it stops as the engine does.
type held struct {
	first, rest string
	started     chan engine.Request // gets each request once its first piece is out
	release     chan struct{}
}

func newHeld(first, rest string) *held {
	return &held{first, rest, make(chan engine.Request, 8), make(chan struct{})}
}

func (a *held) Generate(ctx context.Context, r engine.Request, emit func(engine.Event)) (engine.Result, error) {
	emit(engine.Event{Stage: engine.StageDecode})
	emit(engine.Event{Text: a.first})
	a.started <- r
	select {
	case <-a.release:
		emit(engine.Event{Text: a.rest})
		return engine.Result{Text: a.first + a.rest, Finish: engine.FinishStop}, nil
	case <-ctx.Done():
		return engine.Result{Text: a.first, Finish: engine.FinishCancelled}, ctx.Err()
	}
}

// client talks to a handler behind Serve, over a real connection.
type client struct {
	t       *testing.T
	handler *Handler
	folder  string // of the store
	base    *url.URL
	token   string
}

var testPage = fstest.MapFS{
	"index.html":         {Data: []byte("<!doctype html><title>page</title>")},
	"favicon.svg":        {Data: []byte("<svg/>")},
	"assets/main-123.js": {Data: []byte("run()")},
}

// serve starts a server with an answerer over a fresh store, and ends it with the test.
func serve(t *testing.T, a Answerer) *client {
	t.Helper()
	return serveOptions(t, t.TempDir(), func(o *Options) {
		o.Find = finds(a)
	})
}

// finds is the one model of an app, that is there at once.
func finds(a Answerer) func(string) (Source, error) {
	return loads(func(context.Context) (Answerer, error) { return a, nil })
}

func loads(load func(context.Context) (Answerer, error)) func(string) (Source, error) {
	return func(id string) (Source, error) { return Source{ID: id, Name: "Test", Load: load}, nil }
}

func serveOptions(t *testing.T, folder string, set func(*Options)) *client {
	t.Helper()
	s, err := store.Open(folder)
	must(t, err)
	o := Options{
		Store: s, Page: testPage, Version: "test",
		Model:  "test",
		Sample: SampleFile{Name: "sample.png", Bytes: pngOf(t, 40, 30), Questions: []string{"What is this?"}},
	}
	set(&o)
	h, err := New(o)
	must(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	ready, ended := make(chan string, 1), make(chan error, 1)
	go func() {
		ended <- Serve(ctx, ServeOptions{Addr: "127.0.0.1:0", Handler: h, Ready: func(address string) { ready <- address }})
	}()
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		cancel()
		must(t, <-ended)
		h.Close()
		must(t, s.Close())
		again, err := store.Open(folder)
		must(t, err)
		if again.SetAside() != "" {
			t.Errorf("store: got it damaged, want it sound")
		}
		must(t, again.Close())
	})
	select {
	case address := <-ready:
		base, err := url.Parse(address)
		must(t, err)
		c := &client{t: t, handler: h, folder: folder, base: base, token: base.Query().Get("token")}
		base.RawQuery = ""
		return c
	case err := <-ended:
		t.Fatal(err)
		return nil
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// request makes a request that the server takes. A []byte body is sent as bytes, others as JSON.
func (c *client) request(ctx context.Context, method, path string, body any) *http.Request {
	c.t.Helper()
	var reader io.Reader
	mediaType := "application/json"
	switch body := body.(type) {
	case nil:
	case []byte:
		reader, mediaType = bytes.NewReader(body), "application/octet-stream"
	default:
		data, err := json.Marshal(body)
		must(c.t, err)
		reader = bytes.NewReader(data)
	}
	r, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(c.base.String(), "/")+path, reader)
	must(c.t, err)
	if reader != nil {
		r.Header.Set("Content-Type", mediaType)
	}
	r.Header.Set("Authorization", "Bearer "+c.token)
	return r
}

func (c *client) do(r *http.Request) *http.Response {
	c.t.Helper()
	response, err := http.DefaultTransport.RoundTrip(r)
	must(c.t, err)
	return response
}

// call makes a call that should have a status, and decodes its body if that is wanted.
func (c *client) call(method, path string, body any, status int, into any) {
	c.t.Helper()
	response := c.do(c.request(context.Background(), method, path, body))
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	must(c.t, err)
	if response.StatusCode != status {
		c.t.Fatalf("%s %s: got %d %s, want %d", method, path, response.StatusCode, data, status)
	}
	if into != nil {
		must(c.t, json.Unmarshal(data, into))
	}
}

// refused makes a call that should fail with a status and the code of a problem.
func (c *client) refused(method, path string, body any, status int, code string) {
	c.t.Helper()
	var f Failure
	c.call(method, path, body, status, &f)
	if f.Problem.Code != code {
		c.t.Errorf("%s %s: got problem %+v, want code %q", method, path, f.Problem, code)
	}
}

func (c *client) newChat() string {
	c.t.Helper()
	var chat Chat
	c.call("POST", "/api/chats", nil, http.StatusCreated, &chat)
	return chat.ID
}

func (c *client) chat(id string) (detail ChatDetail) {
	c.t.Helper()
	c.call("GET", "/api/chats/"+id, nil, http.StatusOK, &detail)
	return detail
}

// thread is a chat's messages in one line each.
func (c *client) thread(id string) (lines []string) {
	c.t.Helper()
	for _, m := range c.chat(id).Thread {
		line := string(m.Role) + ": " + m.Text
		if m.Running {
			line += " (running)"
		}
		if m.Stopped {
			line += " (stopped)"
		}
		if m.Problem != nil {
			line += " (" + m.Problem.Code + ")"
		}
		lines = append(lines, line)
	}
	return lines
}

// events reads a stream as it comes.
type events struct {
	t      *testing.T
	body   io.ReadCloser
	lines  *bufio.Scanner
	cancel context.CancelFunc // goes away without reading on
}

// open starts a stream.
func (c *client) open(path string, body any) *events {
	c.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	response := c.do(c.request(ctx, "POST", path, body))
	if response.StatusCode != http.StatusOK || response.Header.Get("Content-Type") != "application/x-ndjson" {
		c.t.Fatalf("%s: got %d %s, want a stream", path, response.StatusCode, response.Header.Get("Content-Type"))
	}
	c.t.Cleanup(func() { cancel(); response.Body.Close() })
	return &events{c.t, response.Body, bufio.NewScanner(response.Body), cancel}
}

func (e *events) next() (event Event, ok bool) {
	e.t.Helper()
	if !e.lines.Scan() {
		if err := e.lines.Err(); err != nil && !errors.Is(err, context.Canceled) {
			e.t.Errorf("stream: %v", err)
		}
		return event, false
	}
	must(e.t, json.Unmarshal(e.lines.Bytes(), &event))
	return event, true
}

// until reads to the first event of a kind and returns it.
func (e *events) until(kind Kind) Event {
	e.t.Helper()
	for {
		event, ok := e.next()
		if !ok {
			e.t.Fatalf("stream: got its end, want %q", kind)
		}
		if event.Kind == kind {
			return event
		}
	}
}

// ask asks and reads the whole answer; it returns the events in one word each, and the last event.
func (c *client) ask(path string, body any) (words []string, last Event) {
	c.t.Helper()
	e := c.open(path, body)
	for {
		event, ok := e.next()
		if !ok {
			return words, last
		}
		last = event
		words = append(words, strings.TrimSuffix(string(event.Kind)+"="+string(event.Stage)+event.Text, "="))
	}
}

// pngOf is a picture in which every pixel differs from its neighbours.
func pngOf(t testing.TB, width, height int) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			img.Set(x, y, color.RGBA{uint8(x * 3), uint8(y * 5), uint8(x ^ y), 0xff})
		}
	}
	var out bytes.Buffer
	must(t, png.Encode(&out, img))
	return out.Bytes()
}

func (c *client) upload(name string, data []byte) (p Picture) {
	c.t.Helper()
	c.call("POST", "/api/pictures?name="+url.QueryEscape(name), data, http.StatusOK, &p)
	return p
}
