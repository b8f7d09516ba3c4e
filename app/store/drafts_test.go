package store

import (
	"reflect"
	"testing"
	"time"
)

func TestDrafts(t *testing.T) {
	folder := t.TempDir()
	s, err := Open(folder)
	must(t, err)
	p, err := s.PutPicture(Picture{Name: "cat.png", Type: "image/png"}, []byte("meow"))
	must(t, err)
	chat, err := s.CreateChat("")
	must(t, err)
	want := []Draft{{Text: "not sent"}, {Chat: chat.ID, Text: "Is it", Pictures: []Attachment{{Picture: p.ID, Name: "cat.png"}}}}
	for _, d := range []Draft{{Chat: chat.ID, Text: "Is"}, want[1], want[0]} {
		must(t, s.SetDraft(d))
	}
	for _, bad := range []Draft{{Chat: "99", Text: "x"}, {Chat: "x", Text: "x"}, {Text: "x", Pictures: []Attachment{{Picture: "gone"}}}} {
		if err := s.SetDraft(bad); err == nil {
			t.Errorf("%+v was kept", bad)
		}
	}
	must(t, s.Close())

	s, err = Open(folder)
	must(t, err)
	if got, err := s.Drafts(); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("after the next start: got %+v, %v, want %+v", got, err, want)
	}
	must(t, s.Purge(time.Now().Add(time.Hour)))
	if _, err := s.Picture(p.ID); err != nil {
		t.Errorf("the picture of a draft was purged: %v", err)
	}
	must(t, s.DeleteChat(chat.ID))
	if got, err := s.Drafts(); err != nil || !reflect.DeepEqual(got, want[:1]) {
		t.Errorf("with the chat deleted: got %+v, %v", got, err)
	}
	must(t, s.Purge(time.Now().Add(time.Hour)))
	if _, err := s.Picture(p.ID); err == nil {
		t.Error("the picture of a draft of a purged chat is still there")
	}
	must(t, s.SetDraft(Draft{}))
	if got, err := s.Drafts(); err != nil || len(got) != 0 {
		t.Errorf("after it was emptied: got %+v, %v", got, err)
	}
	must(t, s.SetDraft(want[0]))
	must(t, s.ForgetDrafts())
	if got, err := s.Drafts(); err != nil || len(got) != 0 {
		t.Errorf("after all were forgotten: got %+v, %v", got, err)
	}
	must(t, s.Close())
}
