package cli

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"runtime/debug"
	"strings"
	"syscall"
	"testing"

	"sightglass/app/api"
	"sightglass/app/store"
)

// server is `sightglass serve` as a process of its own, with the tiny model.
type server struct {
	t       *testing.T
	process *os.Process
	address *url.URL
	token   string
	ended   func()
}

func serveProcess(t *testing.T, home string) *server {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "serve", "--model", tinyModel, "--device", "cpu")
	cmd.Env = append(os.Environ(), asProgram+"=1", "SIGHTGLASS_HOME="+home)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	must(t, err)
	address, err := url.Parse(strings.TrimSpace(line))
	must(t, err)
	s := &server{t: t, process: cmd.Process, address: address, token: address.Query().Get("token"), ended: func() { _ = cmd.Wait() }}
	address.RawQuery = ""
	return s
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// call makes a call that succeeds.
func (s *server) call(method, path, body string) io.ReadCloser {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.address.String()+"api/"+path, strings.NewReader(body))
	must(s.t, err)
	r.Header.Set("Authorization", "Bearer "+s.token)
	r.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultTransport.RoundTrip(r)
	must(s.t, err)
	if response.StatusCode >= 300 {
		s.t.Fatalf("%s %s: got %s", method, path, response.Status)
	}
	return response.Body
}

// ask asks in a chat and returns the stream.
func (s *server) ask(chat, question string) *bufio.Scanner {
	s.t.Helper()
	return bufio.NewScanner(s.call("POST", "chats/"+chat+"/ask", fmt.Sprintf(`{"text":%q}`, question)))
}

func (s *server) read(method, path string, into any) {
	s.t.Helper()
	body := s.call(method, path, "")
	defer body.Close()
	must(s.t, json.NewDecoder(body).Decode(into))
}

// tokens reads a stream until so many tokens came, or to its end, and returns the last event.
func tokens(t *testing.T, lines *bufio.Scanner, n int) (last api.Event) {
	t.Helper()
	for n != 0 && lines.Scan() {
		must(t, json.Unmarshal(lines.Bytes(), &last))
		if last.Kind == api.KindToken {
			n--
		}
	}
	return last
}

// The process is what computes: killed in the middle of an answer, the app starts again with all that was stored, the answer
// marked, and answers.
func TestKilledInTheMiddleOfAnAnswer(t *testing.T) {
	home := t.TempDir()
	s := serveProcess(t, home)
	var chat api.Chat
	s.read("POST", "chats", &chat)
	first := s.ask(chat.ID, "What is first?")
	tokens(t, first, 3)
	s.call("POST", "chats/"+chat.ID+"/stop", "").Close()
	tokens(t, first, -1)
	if last := tokens(t, s.ask(chat.ID, "What is second?"), 3); last.Kind != api.KindToken {
		t.Fatalf("got %+v, want the answer in the making", last)
	}
	must(t, s.process.Kill())
	s.ended()

	kept, err := store.Open(home)
	must(t, err)
	if aside := kept.SetAside(); aside != "" {
		t.Errorf("the file was damaged, and set aside as %q", aside)
	}
	must(t, kept.Close())

	s = serveProcess(t, home)
	var detail api.ChatDetail
	s.read("GET", "chats/"+chat.ID, &detail)
	if len(detail.Thread) != 4 || detail.Thread[0].Text != "What is first?" || detail.Thread[1].Text == "" || detail.Thread[1].Problem != nil ||
		detail.Thread[2].Text != "What is second?" || detail.Thread[3].Problem == nil || detail.Thread[3].Problem.Code != "interrupted" {
		t.Errorf("got %+v, want both questions, the first answer, and the second marked", detail.Thread)
	}
	again := fmt.Sprintf(`{"message":%q}`, detail.Thread[3].ID)
	if last := tokens(t, bufio.NewScanner(s.call("POST", "chats/"+chat.ID+"/regenerate", again)), -1); last.Kind != api.KindDone || last.Message.Text == "" {
		t.Errorf("answered anew: got %+v", last)
	}
	must(t, s.process.Signal(os.Interrupt))
	s.ended()
}

// A process that is put to sleep in the middle of an answer goes on with it.
func TestPutToSleepInTheMiddleOfAnAnswer(t *testing.T) {
	s := serveProcess(t, t.TempDir())
	var chat api.Chat
	s.read("POST", "chats", &chat)
	stream := s.ask(chat.ID, "What is it?")
	tokens(t, stream, 2)
	must(t, s.process.Signal(syscall.SIGSTOP))
	must(t, s.process.Signal(syscall.SIGCONT))
	if last := tokens(t, stream, -1); last.Kind != api.KindDone || last.Message.Stopped || last.Message.Text == "" {
		t.Errorf("got %+v, want the whole answer", last)
	}
	must(t, s.process.Signal(os.Interrupt))
	s.ended()
}

// resident is what this process has of memory of its own, in bytes, and how many handles. Files that are mapped do not count.
func resident(t *testing.T) (memory int64, handles int) {
	t.Helper()
	debug.FreeOSMemory()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Skip("memory is counted on Linux only")
	}
	_, rest, _ := strings.Cut(string(status), "RssAnon:")
	if _, err := fmt.Sscan(rest, &memory); err != nil {
		t.Fatal(err)
	}
	open, err := os.ReadDir("/proc/self/fd")
	must(t, err)
	return memory << 10, len(open)
}

// Two hundred pictures, asked about in this process, so that its memory is the engine's.
func TestSoakOfTheEngine(t *testing.T) {
	t.Setenv("SIGHTGLASS_HOME", t.TempDir())
	c := &command{in: strings.NewReader(""), out: io.Discard, err: os.Stderr}
	must(t, c.withApp(t.Context(), &modelFlags{model: tinyModel, device: deviceCPU}, func(ctx context.Context, h *api.Handler) error {
		cycle := func(i int) {
			picture := callInside[api.Picture](t, h, "POST", "/api/pictures", "application/octet-stream", drawn(t, i))
			chat := callInside[api.Chat](t, h, "POST", "/api/chats", "", nil)
			ctx, cancel := context.WithCancel(ctx)
			defer cancel()
			body := fmt.Sprintf(`{"text":"What is it?","pictures":[%q]}`, picture.ID)
			r := httptest.NewRequestWithContext(ctx, "POST", "/api/chats/"+chat.ID+"/ask", strings.NewReader(body))
			r.Header.Set("Content-Type", "application/json")
			w := &leaving{ResponseRecorder: httptest.NewRecorder(), after: 8 + i%8, leave: cancel}
			h.ServeHTTP(w, r)
			if !strings.Contains(w.Body.String(), `"stage":"decode"`) {
				t.Fatalf("got %s, want an answer", w.Body)
			}
		}
		for i := range 50 {
			cycle(i)
		}
		memory, handles := resident(t)
		for i := range 200 {
			cycle(50 + i)
		}
		// The engine keeps what it saw of these pictures, 0.6 MB, up to a bound of its own.
		if now, open := resident(t); now-memory > 2<<20 || open > handles {
			t.Errorf("after 200 questions the app holds %d bytes and %d handles, before %d and %d", now, open, memory, handles)
		}
		return nil
	}))
}

// leaving is a page that goes away after so many events.
type leaving struct {
	*httptest.ResponseRecorder
	after int
	leave func()
}

func (w *leaving) Write(p []byte) (int, error) {
	if w.after--; w.after == 0 {
		w.leave()
	}
	return w.ResponseRecorder.Write(p)
}

func callInside[T any](t *testing.T, h http.Handler, method, path, kind string, body []byte) (value T) {
	t.Helper()
	r := httptest.NewRequest(method, path, bytes.NewReader(body))
	r.Header.Set("Content-Type", kind)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if err := json.Unmarshal(w.Body.Bytes(), &value); err != nil || w.Code >= 300 {
		t.Fatalf("%s %s: got %d %s", method, path, w.Code, w.Body)
	}
	return value
}

// drawn is a picture of its own for each number.
func drawn(t *testing.T, n int) []byte {
	t.Helper()
	m := image.NewGray(image.Rect(0, 0, 64, 48))
	for i := range m.Pix {
		m.Pix[i] = uint8(i * n >> 4)
	}
	var out bytes.Buffer
	must(t, png.Encode(&out, m))
	return out.Bytes()
}
