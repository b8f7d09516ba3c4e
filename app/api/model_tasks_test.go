package api

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sightglass/app/hub"
	"sightglass/app/hub/hubtest"
)

// overHub serves an app whose hub has the tiny model as org/a.
func overHub(t *testing.T) (*client, *hubtest.Hub) {
	t.Helper()
	h := hubtest.New(t, map[string]string{"org/a": tinyModel})
	c, _ := hubbedLibrary(t, t.TempDir(), func() (*hub.Client, error) {
		return &hub.Client{Endpoint: h.URL, Wait: func(ctx context.Context, _ time.Duration) error { return context.Cause(ctx) }}, nil
	}, answering(map[string]Answerer{"builtin": says("yes"), "a": says("A.")}))
	return c, h
}

func (c *client) models() (m Models) {
	c.t.Helper()
	c.call("GET", "/api/models", nil, http.StatusOK, &m)
	return m
}

// tasks waits until the tasks are as wanted.
func (c *client) tasks(want func([]ModelTask) bool) (m Models) {
	c.t.Helper()
	for range 3000 {
		if m = c.models(); want(m.Tasks) {
			return m
		}
		time.Sleep(10 * time.Millisecond)
	}
	c.t.Fatalf("tasks: got %+v, want others", m.Tasks)
	return m
}

func TestAModelIsFoundDownloadedAndUsed(t *testing.T) {
	c, h := overHub(t)
	m := c.models()
	if m.Hub != strings.TrimPrefix(h.URL, "http://") || len(m.Recommended) == 0 || m.Recommended[0].Bytes == 0 || m.Recommended[0].Here || len(m.Tasks) != 0 {
		t.Errorf("at first: got %+v", m)
	}
	if got := h.Requests(); len(got) != 0 {
		t.Errorf("the hub was asked %q unasked", got)
	}
	var found []ModelOffer
	c.call("GET", "/api/models/search?q=ORG", nil, http.StatusOK, &found)
	if len(found) != 1 || found[0].ID != "org/a" || found[0].Here || found[0].Downloads != 5 {
		t.Fatalf("found %+v, want org/a", found)
	}
	var offer ModelOffer
	c.call("GET", "/api/models/offer?id="+url.QueryEscape("org/a"), nil, http.StatusOK, &offer)
	if offer.Bytes < 300_000 || offer.Fit != FitWell || !offer.Vision || offer.Architecture != "SmolVLMForConditionalGeneration" {
		t.Errorf("details: got %+v", offer)
	}

	begun, goOn := make(chan struct{}), make(chan struct{})
	h.Fault(func(w http.ResponseWriter, r *http.Request) bool {
		if strings.HasSuffix(r.URL.Path, "/model.safetensors") {
			close(begun)
			select {
			case <-goOn:
			case <-r.Context().Done():
			}
		}
		return false
	})
	var task ModelTask
	c.call("POST", "/api/models/tasks", StartTask{Kind: TaskDownload, Model: "org/a"}, http.StatusCreated, &task)
	<-begun
	if got := c.models().Tasks; len(got) != 1 || got[0].ID != task.ID || got[0].Phase != TaskRunning || got[0].Total < 300_000 || got[0].Name != "org/a" {
		t.Errorf("on its way: got %+v", got)
	}
	c.refused("POST", "/api/models/tasks", StartTask{Kind: TaskDownload, Model: "org/a"}, http.StatusConflict, "model_busy")
	c.refused("POST", "/api/models/remove", ChooseModel{ID: "org/a"}, http.StatusConflict, "model_busy")
	close(goOn)
	m = c.tasks(func(tasks []ModelTask) bool { return len(tasks) == 0 })
	if len(m.Here) != 2 || m.Here[1].ID != "org/a" || m.Here[1].Kind != ModelCached || m.Here[1].Problem != nil {
		t.Fatalf("downloaded: got %+v", m.Here)
	}
	c.call("GET", "/api/models/search?q=a", nil, http.StatusOK, &found)
	if !found[0].Here {
		t.Error("a model that is here is offered as if it were not")
	}
	c.call("PUT", "/api/model", ChooseModel{ID: "org/a"}, http.StatusOK, nil)
	if _, last := c.ask("/api/chats/"+c.newChat()+"/ask", Ask{Text: "Well?"}); last.Message == nil || last.Message.Text != "A." {
		t.Errorf("got %+v, want an answer of the new model", last)
	}
	c.call("PUT", "/api/model", ChooseModel{ID: "builtin"}, http.StatusOK, nil)
	var removed Removed
	c.call("POST", "/api/models/remove", ChooseModel{ID: "org/a"}, http.StatusOK, &removed)
	if removed.Freed != offer.Bytes {
		t.Errorf("removing freed %d bytes, want the %d that were downloaded", removed.Freed, offer.Bytes)
	}
}

func TestTasksThatFailSayWhy(t *testing.T) {
	c, h := overHub(t)
	n := &nativeHalf{told: make(chan string, 8)}
	c.handler.UseShell(n)
	c.call("PATCH", "/api/settings", map[string]any{"notify": "content"}, http.StatusOK, nil)
	h.Fault(func(w http.ResponseWriter, r *http.Request) bool {
		w.WriteHeader(http.StatusUnauthorized)
		return true
	})
	var task ModelTask
	c.call("POST", "/api/models/tasks", StartTask{Kind: TaskDownload, Model: "org/a"}, http.StatusCreated, &task)
	m := c.tasks(func(tasks []ModelTask) bool { return len(tasks) == 1 && tasks[0].Phase == TaskFailed })
	if p := m.Tasks[0].Problem; p == nil || p.Code != "no_access" || len(m.Here) != 1 {
		t.Errorf("got %+v, want that it has no access", m.Tasks[0])
	}
	if got, want := <-n.told, "A download failed: org/a: /models"; got != want {
		t.Errorf("told %q, want %q", got, want)
	}
	c.refused("GET", "/api/models/search?q=a", nil, http.StatusForbidden, "no_access")
	h.Fault(nil)
	path := "/api/models/tasks/" + task.ID
	c.call("POST", path+"/cancel", nil, http.StatusNoContent, nil)
	c.refused("POST", path+"/resume", nil, http.StatusNotFound, "no_task")
	c.refused("POST", path+"/explode", nil, http.StatusBadRequest, "bad_request")
	for _, bad := range []struct {
		task   StartTask
		status int
		code   string
	}{
		{StartTask{Kind: TaskDownload, Model: "../a"}, http.StatusBadRequest, "no_repository"},
		{StartTask{Kind: TaskConvert, Model: "/etc"}, http.StatusNotFound, "no_model"},
		{StartTask{Kind: "melt", Model: "org/a"}, http.StatusBadRequest, "bad_request"},
	} {
		c.refused("POST", "/api/models/tasks", bad.task, bad.status, bad.code)
	}
	c.refused("GET", "/api/models/search?q=", nil, http.StatusBadRequest, "no_repository")
	c.refused("GET", "/api/models/offer?id=org/b", nil, http.StatusNotFound, "no_repository")
	c.refused("GET", "/api/models/offer?id=../../x", nil, http.StatusBadRequest, "no_repository")
	h.Close()
	c.refused("GET", "/api/models/search?q=a", nil, http.StatusBadGateway, "hub")
}

func TestTheNetCanBeForbidden(t *testing.T) {
	c, _ := libraryOf(t, t.TempDir(), answering(map[string]Answerer{"builtin": says("yes")}))
	if m := c.models(); m.Hub != "" || len(m.Here) != 1 {
		t.Errorf("got %+v, want no hub", m)
	}
	c.refused("GET", "/api/models/search?q=a", nil, http.StatusConflict, "offline")
	c.refused("POST", "/api/models/tasks", StartTask{Kind: TaskDownload, Model: "org/a"}, http.StatusConflict, "offline")
}

func TestAModelIsConvertedTo4Bits(t *testing.T) {
	c, _ := libraryOf(t, t.TempDir(), answering(map[string]Answerer{"builtin": says("yes")}), "whole")
	whole := c.here()["whole"]
	c.call("POST", "/api/models/tasks", StartTask{Kind: TaskConvert, Model: whole.ID}, http.StatusCreated, nil)
	c.tasks(func(tasks []ModelTask) bool { return len(tasks) == 0 })
	if m := c.here()["whole-4bit"]; m.Stored != "4-bit in groups of 32" || m.Kind != ModelConverted || m.Bytes >= whole.Bytes {
		t.Errorf("got %+v, want fewer than %d bytes, in 4 bits", m, whole.Bytes)
	}
}

func TestAFolderIsImported(t *testing.T) {
	c, dirs := libraryOf(t, t.TempDir(), answering(map[string]Answerer{"builtin": says("yes"), "mine": says("Mine.")}), "torn")
	mine := filepath.Join(t.TempDir(), "mine")
	must(t, os.CopyFS(mine, os.DirFS(tinyModel)))
	must(t, os.WriteFile(filepath.Join(dirs[0], "config.json"), []byte("{"), 0o600))
	strange := t.TempDir()
	must(t, os.WriteFile(filepath.Join(strange, "config.json"), []byte(`{"architectures":["Bert"]}`), 0o600))
	for path, code := range map[string]string{
		"": "no_folder", "mine": "no_folder", mine + "/nowhere": "no_folder", dirs[0]: "not_a_model", strange: "unsupported_model", "/x/y.gguf": "gguf",
	} {
		var f Failure
		response := c.do(c.request(context.Background(), "POST", "/api/models/import", ImportModel{Path: path}))
		must(t, json.NewDecoder(response.Body).Decode(&f))
		response.Body.Close()
		if f.Problem.Code != code {
			t.Errorf("%q: got %+v, want %q", path, f.Problem, code)
		}
	}
	var m LocalModel
	c.call("POST", "/api/models/import", ImportModel{Path: mine}, http.StatusCreated, &m)
	if m.ID != mine || m.Kind != ModelFolder || !m.Vision {
		t.Errorf("imported: got %+v", m)
	}
	c.call("PUT", "/api/model", ChooseModel{ID: mine}, http.StatusOK, nil)
	c.call("PUT", "/api/model", ChooseModel{ID: "builtin"}, http.StatusOK, nil)
	var removed Removed
	c.call("POST", "/api/models/remove", ChooseModel{ID: mine}, http.StatusOK, &removed)
	if _, err := os.Stat(filepath.Join(mine, "model.safetensors")); err != nil || removed.Freed != 0 || c.here()["mine"].ID != "" {
		t.Errorf("removed: got %+v, %v, want the folder untouched and no longer listed", removed, err)
	}
}

// The token reaches the hub and nothing else: neither a page nor the store ever sees it again.
func TestTheTokenIsKept(t *testing.T) {
	h := hubtest.New(t, map[string]string{"org/a": tinyModel})
	h.Token = "hf_secret123"
	var c *client
	c, _ = hubbedLibrary(t, t.TempDir(), func() (*hub.Client, error) {
		token, err := c.handler.Models.Tokens.Get()
		return &hub.Client{Endpoint: h.URL, Token: token}, err
	}, answering(map[string]Answerer{"builtin": says("yes")}))
	c.refused("GET", "/api/models/offer?id=org/a", nil, http.StatusForbidden, "no_access")
	c.refused("PUT", "/api/models/token", SetToken{Token: "no token\nat all"}, http.StatusBadRequest, "bad_token")
	c.call("PUT", "/api/models/token", SetToken{Token: "hf_secret123"}, http.StatusNoContent, nil)
	c.call("GET", "/api/models/offer?id=org/a", nil, http.StatusOK, nil)
	var list, settings, told json.RawMessage
	c.call("GET", "/api/models", nil, http.StatusOK, &list)
	c.call("GET", "/api/settings", nil, http.StatusOK, &settings)
	c.call("GET", "/api/diagnostics", nil, http.StatusOK, &told)
	data, err := os.ReadFile(filepath.Join(c.folder, "sightglass.db"))
	must(t, err)
	for name, text := range map[string][]byte{"models": list, "settings": settings, "diagnostics": told, "store": data} {
		if bytes.Contains(text, []byte("hf_secret")) {
			t.Errorf("%s: the token is in it", name)
		}
	}
	if !c.models().Token {
		t.Error("the token is not said to be there")
	}
	c.call("PUT", "/api/models/token", SetToken{}, http.StatusNoContent, nil)
	if c.models().Token {
		t.Error("the token is said to be there although it was forgotten")
	}
}
