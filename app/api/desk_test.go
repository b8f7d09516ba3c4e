package api

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

// What was written and not sent, and what was shown, are there after the next start, and gone once everything is erased.
func TestDesk(t *testing.T) {
	folder := t.TempDir()
	var picture Picture
	var chat string
	t.Run("before", func(t *testing.T) {
		c := serveOptions(t, folder, func(o *Options) { o.Find = finds(says("Yes.")) })
		var d Desk
		c.call("GET", "/api/desk", nil, http.StatusOK, &d)
		if !reflect.DeepEqual(d, Desk{Drafts: []DeskDraft{}}) {
			t.Errorf("at first: %+v", d)
		}
		picture = c.upload("cat.png", pngOf(t, 8, 6))
		chat = c.newChat()
		c.call("PUT", "/api/drafts/"+chat, SetDraft{Text: "half a que", Pictures: []string{picture.ID}}, http.StatusNoContent, nil)
		c.call("PUT", "/api/drafts/new", SetDraft{Text: "another secret"}, http.StatusNoContent, nil)
		c.call("PUT", "/api/place", SetPlace{"/chats/" + chat}, http.StatusNoContent, nil)
		for _, bad := range []string{"", "https://example.org", "chats", "/a b", "/\x00"} {
			c.refused("PUT", "/api/place", SetPlace{bad}, http.StatusBadRequest, "bad_request")
		}
		c.refused("PUT", "/api/drafts/99", SetDraft{Text: "x"}, http.StatusNotFound, "not_found")
		c.refused("PUT", "/api/drafts/new", SetDraft{Pictures: []string{"x"}}, http.StatusNotFound, "not_found")
	})
	t.Run("after", func(t *testing.T) {
		c := serveOptions(t, folder, func(o *Options) { o.Find = finds(says("Yes.")) })
		want := Desk{Place: "/chats/" + chat, Drafts: []DeskDraft{{Text: "another secret"}, {Chat: chat, Text: "half a que", Pictures: []Picture{picture}}}}
		var d Desk
		c.call("GET", "/api/desk", nil, http.StatusOK, &d)
		if !reflect.DeepEqual(d, want) {
			t.Errorf("got %+v, want %+v", d, want)
		}
		c.call("DELETE", "/api/chats/"+chat, nil, http.StatusNoContent, nil)
		d = Desk{}
		c.call("GET", "/api/desk", nil, http.StatusOK, &d)
		if !reflect.DeepEqual(d, Desk{Drafts: want.Drafts[:1]}) {
			t.Errorf("with the chat deleted: %+v", d)
		}
		c.call("POST", "/api/erase", nil, http.StatusNoContent, nil)
		d = Desk{}
		c.call("GET", "/api/desk", nil, http.StatusOK, &d)
		if !reflect.DeepEqual(d, Desk{Drafts: []DeskDraft{}}) {
			t.Errorf("after erasing: %+v", d)
		}
		data, err := os.ReadFile(filepath.Join(folder, "sightglass.db"))
		must(t, err)
		if bytes.Contains(data, []byte("another secret")) {
			t.Error("after erasing the file still holds what was written")
		}
	})
}
