package api

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sightglass/app/shell"
	"sightglass/app/store"
	"sightglass/engine"
)

// nativeHalf is a Shell in memory.
type nativeHalf struct {
	panel    shell.Panel
	did      []string
	shortcut string
	login    bool
	access   *shell.Problem
	told     chan string
}

func (n *nativeHalf) Panel() shell.Panel     { return n.panel }
func (n *nativeHalf) Do(step string) error   { n.did = append(n.did, step); return nil }
func (n *nativeHalf) SetBusy(bool)           {}
func (n *nativeHalf) Access() *shell.Problem { return n.access }
func (n *nativeHalf) AtLogin() bool          { return n.login }
func (n *nativeHalf) SetAtLogin(on bool) error {
	if n.access != nil {
		return shell.ErrLoginApproval
	}
	n.login = on
	return nil
}
func (n *nativeHalf) Notify(title, body, place string) error {
	n.told <- title + ": " + body + ": " + place
	return nil
}
func (n *nativeHalf) Shortcut() string { return n.shortcut }
func (n *nativeHalf) SetShortcut(s string) error {
	if s == "Ctrl+Alt+T" {
		return shell.ErrShortcutTaken
	}
	n.shortcut = s
	return nil
}

func TestSettings(t *testing.T) {
	c := serve(t, says("Yes."))
	var s Settings
	c.call("GET", "/api/settings", nil, http.StatusOK, &s)
	if want := (Settings{History: true, Appearance: AppearanceSystem, Length: LengthNormal, Style: StyleNormal, Notify: NotifyOff, Version: "test",
		Folder: c.folder, Bytes: s.Bytes}); s != want {
		t.Errorf("at first: %+v, want %+v", s, want)
	}
	c.call("PATCH", "/api/settings", map[string]any{"history": false, "keep_days": 30, "appearance": "dark", "length": "long"}, http.StatusOK, &s)
	c.call("GET", "/api/settings", nil, http.StatusOK, &s)
	if s.History || s.KeepDays != 30 || s.Appearance != AppearanceDark || s.Length != LengthLong {
		t.Errorf("after setting: %+v", s)
	}
	for _, bad := range []map[string]any{{"keep_days": -1}, {"keep_days": 1e5}, {"appearance": "pink"}, {"length": ""}, {"folder": "/"}, {"style": "rude"}, {"notify": "loud"},
		{"style_words": strings.Repeat("ä", maxStyleRunes+1)}} {
		c.refused("PATCH", "/api/settings", bad, http.StatusBadRequest, "bad_request")
	}
	c.refused("PATCH", "/api/settings", map[string]any{"shortcut": "Ctrl+A"}, http.StatusNotFound, "no_shell")

	n := &nativeHalf{shortcut: shell.DefaultShortcut}
	c.handler.UseShell(n)
	c.refused("PATCH", "/api/settings", map[string]any{"shortcut": "A"}, http.StatusBadRequest, "bad_shortcut")
	c.refused("PATCH", "/api/settings", map[string]any{"shortcut": "Ctrl+Alt+T"}, http.StatusConflict, "shortcut_taken")
	c.call("PATCH", "/api/settings", map[string]any{"shortcut": "Ctrl+Alt+S"}, http.StatusOK, &s)
	if !s.Native || s.Shortcut != "Ctrl+Alt+S" || n.shortcut != "Ctrl+Alt+S" {
		t.Errorf("with another shortcut: %+v", s)
	}
}

// The longest answer is what the engine is asked for.
func TestLength(t *testing.T) {
	var asked engine.Request
	c := serve(t, answerer(func(_ context.Context, r engine.Request, _ func(engine.Event)) (engine.Result, error) {
		asked = r
		return engine.Result{Text: "Yes.", Finish: engine.FinishStop}, nil
	}))
	for length, tokens := range map[Length]int{LengthShort: 200, LengthNormal: 1024, LengthLong: 4096} {
		c.call("PATCH", "/api/settings", map[string]any{"length": length}, http.StatusOK, nil)
		c.call("POST", "/api/chats/"+c.newChat()+"/ask", Ask{Text: "Is it?"}, http.StatusOK, nil)
		if asked.MaxTokens != tokens {
			t.Errorf("%s: the engine may write %d tokens, want %d", length, asked.MaxTokens, tokens)
		}
	}
}

// How to answer reaches every model but the built-in one.
func TestStyle(t *testing.T) {
	for _, model := range []string{"some/model", "builtin"} {
		var asked engine.Request
		c := serveOptions(t, t.TempDir(), func(o *Options) {
			o.Model = model
			o.Find = finds(answerer(func(_ context.Context, r engine.Request, _ func(engine.Event)) (engine.Result, error) {
				asked = r
				return engine.Result{Text: "Yes.", Finish: engine.FinishStop}, nil
			}))
		})
		for _, s := range []struct {
			set  map[string]any
			want string
		}{
			{nil, ""},
			{map[string]any{"style": "brief"}, "Answer briefly, in one or two sentences."},
			{map[string]any{"style_words": " Answer in Welsh. "}, "Answer briefly, in one or two sentences."},
			{map[string]any{"style": "own"}, "Answer in Welsh."},
			{map[string]any{"style": "normal"}, ""},
		} {
			c.call("PATCH", "/api/settings", s.set, http.StatusOK, nil)
			c.call("POST", "/api/chats/"+c.newChat()+"/ask", Ask{Text: "Is it?"}, http.StatusOK, nil)
			want := s.want
			if model == "builtin" {
				want = ""
			}
			if asked.System != want {
				t.Errorf("%s, %v: told %q, want %q", model, s.set, asked.System, want)
			}
		}
	}
}

func TestAtLogin(t *testing.T) {
	c := serve(t, says("Yes."))
	c.refused("PATCH", "/api/settings", map[string]any{"at_login": true}, http.StatusNotFound, "no_shell")
	n := &nativeHalf{}
	c.handler.UseShell(n)
	var s Settings
	c.call("PATCH", "/api/settings", map[string]any{"at_login": true}, http.StatusOK, &s)
	if !s.AtLogin || !n.login {
		t.Errorf("after setting: %+v", s)
	}
	n.access = &shell.Problem{Sentence: "No.", Steps: []shell.Step{{Do: shell.StepAllow, Label: "Allow…"}}}
	c.refused("PATCH", "/api/settings", map[string]any{"at_login": false}, http.StatusConflict, "login_approval")
	c.call("GET", "/api/settings", nil, http.StatusOK, &s)
	if s.Access == nil || s.Access.Sentence != "No." || s.Access.Steps[0] != (PanelStep{"allow", "Allow…"}) {
		t.Errorf("what stands in the way: %+v", s.Access)
	}
}

// A notification says what was chosen, and nothing of an answer unless that was.
func TestNotify(t *testing.T) {
	c := serve(t, answerer(func(_ context.Context, r engine.Request, _ func(engine.Event)) (engine.Result, error) {
		if r.Messages[0].Parts[0].Text == "fail" {
			return engine.Result{}, engine.ErrDiverged
		}
		return engine.Result{Text: "secret\nanswer", Finish: engine.FinishStop}, nil
	}))
	n := &nativeHalf{told: make(chan string, 8)}
	c.handler.UseShell(n)
	for _, s := range []struct{ notify, question, want string }{
		{"", "ask", ""}, {"off", "ask", ""}, {"plain", "ask", "Your answer is ready: : "}, {"content", "ask", "Your answer is ready: secret answer: "},
		{"content", "fail", "An answer failed: : "},
	} {
		if s.notify != "" {
			c.call("PATCH", "/api/settings", map[string]any{"notify": s.notify}, http.StatusOK, nil)
		}
		chat := c.newChat()
		c.ask("/api/chats/"+chat+"/ask", Ask{Text: s.question})
		got, want := "", s.want
		if want != "" {
			got, want = <-n.told, want+"/chats/"+chat
		} else if len(n.told) > 0 {
			got = <-n.told
		}
		if got != want {
			t.Errorf("%+v: told %q, want %q", s, got, want)
		}
	}
}

// The feed of releases hears of this app when a person asks, and never else.
func TestUpdate(t *testing.T) {
	asked := 0
	feed := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked++
		_, _ = w.Write([]byte(`{"tag_name":"v0.2.0","html_url":"https://example.org/new"}`))
	}))
	defer feed.Close()
	c := serveOptions(t, t.TempDir(), func(o *Options) {
		o.Releases, o.Version, o.Find = feed.URL, "0.1.0", finds(says("Yes."))
	})
	c.call("GET", "/api/settings", nil, http.StatusOK, nil)
	c.call("POST", "/api/chats/"+c.newChat()+"/ask", Ask{Text: "Is it?"}, http.StatusOK, nil)
	if asked != 0 {
		t.Errorf("the feed was asked %d times before anybody wanted it", asked)
	}
	var u Update
	c.call("POST", "/api/update", nil, http.StatusOK, &u)
	if want := (Update{"0.1.0", "0.2.0", true, "https://example.org/new"}); u != want || asked != 1 {
		t.Errorf("got %+v after asking %d times, want %+v", u, asked, want)
	}
	feed.Close()
	c.refused("POST", "/api/update", nil, http.StatusBadGateway, "no_feed")
}

// What is asked while no history is wanted is gone after the app has ended.
func TestNoHistory(t *testing.T) {
	folder := t.TempDir()
	s, err := store.Open(folder)
	must(t, err)
	h, err := New(Options{Store: s, Find: finds(says("Yes."))})
	must(t, err)
	must(t, s.SetSetting(preferencesName, []byte(`{"no_history":true}`)))
	_, err = s.CreateChat("a secret")
	must(t, err)
	h.Close()
	if chats, err := s.Chats(); err != nil || len(chats) != 0 {
		t.Errorf("after closing there are %d chats, %v", len(chats), err)
	}
	must(t, s.Close())
}

func TestKeepDays(t *testing.T) {
	c := serve(t, says("Yes."))
	c.newChat()
	must(t, c.handler.Store.SetSetting(preferencesName, []byte(`{"keep_days":7}`)))
	must(t, c.handler.forget(time.Now().AddDate(0, 0, 6)))
	if chats, err := c.handler.Store.Chats(); err != nil || len(chats) != 1 {
		t.Errorf("after 6 days there are %d chats, %v; want 1", len(chats), err)
	}
	must(t, c.handler.forget(time.Now().AddDate(0, 0, 8)))
	if chats, err := c.handler.Store.Chats(); err != nil || len(chats) != 0 {
		t.Errorf("after 8 days there are %d chats, %v; want none", len(chats), err)
	}
}

func TestEraseAndExport(t *testing.T) {
	exports := filepath.Join(t.TempDir(), "exports")
	a := newHeld("A", "b.")
	c := serveOptions(t, t.TempDir(), func(o *Options) {
		o.Exports = exports
		o.Find = finds(a)
	})
	var p Picture
	drawn := pngOf(t, 8, 6)
	c.call("POST", "/api/pictures?name=secret.png", drawn, http.StatusOK, &p)
	chat := c.newChat()
	done := make(chan struct{})
	go func() {
		defer close(done)
		c.call("POST", "/api/chats/"+chat+"/ask", Ask{Text: "secret?", Pictures: []string{p.ID}}, http.StatusOK, nil)
	}()
	<-a.started
	c.refused("POST", "/api/erase", nil, http.StatusConflict, "busy")
	close(a.release)
	<-done

	var first, second Exported
	c.call("POST", "/api/export", nil, http.StatusOK, &first)
	c.call("POST", "/api/export", nil, http.StatusOK, &second)
	if first.Path == second.Path {
		t.Errorf("the second export replaced the first: %q", first.Path)
	}
	files := unzip(t, first.Path)
	var chats []ChatDetail
	must(t, json.Unmarshal(files["chats.json"], &chats))
	if len(chats) != 1 || len(chats[0].Thread) != 2 || chats[0].Thread[0].Text != "secret?" || chats[0].Thread[1].Text != "Ab." {
		t.Errorf("exported %+v", chats)
	}
	if !bytes.Equal(files["pictures/"+p.ID+".png"], drawn) {
		t.Error("the picture was not exported as it came")
	}
	if left, err := os.ReadDir(exports); err != nil || len(left) != 2 {
		t.Errorf("the folder holds %d files, %v; want 2", len(left), err)
	}

	c.call("POST", "/api/erase", nil, http.StatusNoContent, nil)
	var s Settings
	c.call("GET", "/api/settings", nil, http.StatusOK, &s)
	if s.Chats != 0 || s.Pictures != 0 {
		t.Errorf("after erasing: %+v", s)
	}
	data, err := os.ReadFile(filepath.Join(c.folder, "sightglass.db"))
	must(t, err)
	if bytes.Contains(data, []byte("secret")) || bytes.Contains(data, drawn[:64]) {
		t.Error("after erasing the file still holds what was asked")
	}
}

func unzip(t *testing.T, path string) map[string][]byte {
	t.Helper()
	z, err := zip.OpenReader(path)
	must(t, err)
	defer z.Close()
	files := map[string][]byte{}
	for _, f := range z.File {
		r, err := f.Open()
		must(t, err)
		files[f.Name], err = io.ReadAll(r)
		must(t, err)
		r.Close()
	}
	return files
}

// A report of a fault holds nothing that was asked or answered.
func TestDiagnostics(t *testing.T) {
	c := serve(t, says("secret answer"))
	c.call("POST", "/api/chats/"+c.newChat()+"/ask", Ask{Text: "secret question"}, http.StatusOK, nil)
	var d Diagnostics
	c.call("GET", "/api/diagnostics", nil, http.StatusOK, &d)
	if strings.Contains(d.Text, "secret") || !strings.Contains(d.Text, "Model: Test, ready") || !strings.Contains(d.Text, "Stored: 1 chats, 0 pictures") {
		t.Errorf("got %q", d.Text)
	}
}

func TestPanel(t *testing.T) {
	c := serve(t, says("Yes."))
	c.refused("GET", "/api/panel", nil, http.StatusNotFound, "no_shell")
	n := &nativeHalf{}
	c.handler.UseShell(n)
	id, err := c.handler.KeepPicture(context.Background(), "Picture of the screen.png", pngOf(t, 40, 30))
	must(t, err)
	n.panel = shell.Panel{Shot: 3, Picture: id}
	var p Panel
	c.call("GET", "/api/panel", nil, http.StatusOK, &p)
	if p.Shot != 3 || p.Picture == nil || p.Picture.Width != 40 || p.Problem != nil || len(p.Questions) != 3 {
		t.Errorf("the panel is %+v", p)
	}
	n.panel = shell.Panel{Shot: 4, Problem: &shell.Problem{Sentence: "No.", Steps: []shell.Step{{Do: shell.StepClose, Label: "Close"}}}}
	p = Panel{}
	c.call("GET", "/api/panel", nil, http.StatusOK, &p)
	if p.Picture != nil || p.Problem == nil || p.Problem.Sentence != "No." || len(p.Steps) != 1 || p.Steps[0] != (PanelStep{"close", "Close"}) {
		t.Errorf("the panel is %+v", p)
	}
	c.call("POST", "/api/panel/close", nil, http.StatusNoContent, nil)
	if len(n.did) != 1 || n.did[0] != "close" {
		t.Errorf("did %q", n.did)
	}
	if _, err := c.handler.KeepPicture(context.Background(), "x", []byte("no picture")); err == nil {
		t.Error("what is no picture was kept")
	}
}
