package store

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// secret stands in everything that Erase must remove.
const secret = "ausgesprochen-geheim"

func fill(t *testing.T, s *Store) (chat string) {
	t.Helper()
	c, err := s.CreateChat(secret)
	if err != nil {
		t.Fatal(err)
	}
	p, err := s.PutPicture(Picture{Name: secret + ".png", Type: "image/png", Width: 1, Height: 1}, []byte(secret+" in a picture"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.AddTurn(c.ID, Turn{Title: secret, Messages: []Message{
		{Role: User, Text: secret + "?", Pictures: []Attachment{{Picture: p.ID}}}, {Role: Assistant, Text: secret + "!"},
	}}); err != nil {
		t.Fatal(err)
	}
	return c.ID
}

// found names the files of a folder in which the secret stands.
func found(t *testing.T, folder string) (names []string) {
	t.Helper()
	err := filepath.WalkDir(folder, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if bytes.Contains(data, []byte(secret)) {
			names = append(names, d.Name())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func TestEraseLeavesNothingInTheFile(t *testing.T) {
	folder := t.TempDir()
	s, err := Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	chat := fill(t, s)
	if err := s.DeleteChat(fill(t, s)); err != nil { // what was deleted before goes, too
		t.Fatal(err)
	}
	if err := s.SetSetting("appearance", []byte("dark")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, fileName+".damaged-1"), []byte(secret), 0o600); err != nil {
		t.Fatal(err)
	}
	if names := found(t, folder); len(names) != 2 {
		t.Fatalf("before erasing the secret is in %q, want two files", names)
	}
	if err := s.Erase(); err != nil {
		t.Fatal(err)
	}
	if names := found(t, folder); len(names) != 0 {
		t.Errorf("after erasing the secret is in %q", names)
	}
	if _, _, err := s.Chat(chat); !errors.Is(err, ErrNotFound) {
		t.Errorf("the chat: %v, want %v", err, ErrNotFound)
	}
	if v, err := s.Setting("appearance"); err != nil || string(v) != "dark" {
		t.Errorf("the setting: %q, %v", v, err)
	}
	// The store goes on, and what is stored afterwards is there after the next start.
	chat = fill(t, s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if s, err = Open(folder); err != nil {
		t.Fatal(err)
	}
	if _, thread, err := s.Chat(chat); err != nil || len(thread) != 2 {
		t.Errorf("after the next start: %d messages, %v", len(thread), err)
	}
}

func TestForget(t *testing.T) {
	folder := t.TempDir()
	s, err := Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	s.now = func() time.Time { return now }
	old := fill(t, s)
	now = now.AddDate(0, 0, 20)
	young := fill(t, s)
	if n, err := s.Forget(now.AddDate(0, 0, -7)); n != 1 || err != nil {
		t.Errorf("forgot %d, %v; want 1", n, err)
	}
	if _, _, err := s.Chat(old); !errors.Is(err, ErrNotFound) {
		t.Errorf("the old chat: %v, want %v", err, ErrNotFound)
	}
	if _, thread, err := s.Chat(young); err != nil || len(thread) != 2 {
		t.Errorf("the young chat: %d messages, %v", len(thread), err)
	}
	u, err := s.Usage()
	if err != nil || u.Chats != 1 || u.Pictures != 1 || u.Folder != folder || u.Bytes < 4096 {
		t.Errorf("usage is %+v, %v", u, err)
	}
}
