package store

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"go.etcd.io/bbolt"
)

// openTest opens a store in a folder of the test and checks the file when the test ends. Its clock counts seconds.
func openTest(t testing.TB) *Store {
	t.Helper()
	return openIn(t, t.TempDir())
}

func openIn(t testing.TB, folder string) *Store {
	t.Helper()
	s, err := Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	var seconds int64
	s.now = func() time.Time { seconds++; return time.Unix(seconds, 0) }
	t.Cleanup(func() {
		checkStore(t, s)
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// checkStore checks bbolt's rules and the store's own: counts of use, whole pictures, no orphans, what chats repeat.
func checkStore(t testing.TB, s *Store) {
	t.Helper()
	err := s.db.View(func(tx *bbolt.Tx) error {
		for err := range tx.Check() {
			t.Error(err)
		}
		uses := map[string]int{}
		chats := map[string]chatRecord{}
		must(t, each(tx.Bucket(messagesBucket), nil, func(key []byte, m messageRecord) error {
			chat := chats[string(key[:8])]
			for _, a := range m.Pictures {
				uses[a.Picture]++
				if m.Deleted == nil && chat.Picture == "" {
					chat.Picture = a.Picture
				}
			}
			if m.Deleted == nil {
				chat.Messages++
			}
			chats[string(key[:8])] = chat
			return nil
		}))
		must(t, each(tx.Bucket(chatsBucket), nil, func(key []byte, r chatRecord) error {
			if want := chats[string(key)]; r.Messages != want.Messages || r.Picture != want.Picture {
				t.Errorf("chat %x: got %d messages and picture %q, want %d and %q", key, r.Messages, r.Picture, want.Messages, want.Picture)
			}
			delete(chats, string(key))
			return nil
		}))
		for key := range chats {
			t.Errorf("chat %x: got messages, want none without their chat", key)
		}
		chunks := map[string][]byte{}
		must(t, tx.Bucket(chunksBucket).ForEach(func(k, v []byte) error {
			if len(v) > chunkBytes {
				t.Errorf("chunk %x: got %d bytes, want at most %d", k, len(v), chunkBytes)
			}
			chunks[string(k[:sha256.Size])] = append(chunks[string(k[:sha256.Size])], v...)
			return nil
		}))
		must(t, each(tx.Bucket(picturesBucket), nil, func(key []byte, r pictureRecord) error {
			data := chunks[string(key)]
			delete(chunks, string(key))
			if sum := sha256.Sum256(data); !bytes.Equal(sum[:], key) || int64(len(data)) != r.Bytes {
				t.Errorf("picture %x: got %d bytes of hash %x, want %d of its own", key, len(data), sum, r.Bytes)
			}
			if id := formatPicture(key); r.Uses != uses[id] {
				t.Errorf("picture %s: got count of use %d, want %d", id, r.Uses, uses[id])
			}
			delete(uses, formatPicture(key))
			return nil
		}))
		for key := range chunks {
			t.Errorf("chunks of %x: got some, want none without their picture", key)
		}
		for id := range uses {
			t.Errorf("picture %s: want it stored, a message uses it", id)
		}
		return nil
	})
	must(t, err)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func formatPicture(key []byte) string { return pictureRecord{}.picture(key).ID }

func addText(t testing.TB, s *Store, chat string, texts ...string) []Message {
	t.Helper()
	var turn Turn
	for i, text := range texts {
		turn.Messages = append(turn.Messages, Message{Role: []Role{User, Assistant}[i%2], Text: text})
	}
	added, err := s.AddTurn(chat, turn)
	must(t, err)
	return added
}

func threadTexts(t testing.TB, s *Store, chat string) (texts []string) {
	t.Helper()
	_, thread, err := s.Chat(chat)
	must(t, err)
	for _, m := range thread {
		texts = append(texts, m.Text)
	}
	return texts
}

func TestTurns(t *testing.T) {
	s := openTest(t)
	chat, err := s.CreateChat("")
	must(t, err)
	first := addText(t, s, chat.ID, "one", "1", "two", "2")
	if got, want := threadTexts(t, s, chat.ID), []string{"one", "1", "two", "2"}; !slices.Equal(got, want) {
		t.Errorf("thread: got %q, want %q", got, want)
	}

	t.Run("a turn from a message on replaces the rest", func(t *testing.T) {
		_, err := s.AddTurn(chat.ID, Turn{From: first[2].ID, Title: "numbers", Messages: []Message{{Role: User, Text: "three"}}})
		must(t, err)
		if got, want := threadTexts(t, s, chat.ID), []string{"one", "1", "three"}; !slices.Equal(got, want) {
			t.Errorf("thread: got %q, want %q", got, want)
		}
		if err := s.RestoreMessage(chat.ID, first[2].ID); !errors.Is(err, ErrNotFound) {
			t.Errorf("restore of a replaced message: got %v, want ErrNotFound", err)
		}
	})
	t.Run("a title is given once", func(t *testing.T) {
		_, err := s.AddTurn(chat.ID, Turn{Title: "other", Messages: []Message{{Role: Assistant, Text: "3"}}})
		must(t, err)
		if got, _, _ := s.Chat(chat.ID); got.Title != "numbers" || got.Messages != 4 {
			t.Errorf("chat: got title %q and %d messages, want \"numbers\" and 4", got.Title, got.Messages)
		}
	})
	t.Run("a question is deleted with its answer and both come back", func(t *testing.T) {
		must(t, s.DeleteMessage(chat.ID, first[0].ID))
		if got, want := threadTexts(t, s, chat.ID), []string{"three", "3"}; !slices.Equal(got, want) {
			t.Errorf("after delete: got %q, want %q", got, want)
		}
		if err := s.DeleteMessage(chat.ID, first[0].ID); !errors.Is(err, ErrNotFound) {
			t.Errorf("delete again: got %v, want ErrNotFound", err)
		}
		must(t, s.RestoreMessage(chat.ID, first[0].ID))
		if got, want := threadTexts(t, s, chat.ID), []string{"one", "1", "three", "3"}; !slices.Equal(got, want) {
			t.Errorf("after restore: got %q, want %q", got, want)
		}
	})
	t.Run("an answer is deleted alone", func(t *testing.T) {
		must(t, s.DeleteMessage(chat.ID, first[1].ID))
		if got, want := threadTexts(t, s, chat.ID), []string{"one", "three", "3"}; !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
	t.Run("a failed turn changes nothing", func(t *testing.T) {
		_, err := s.AddTurn(chat.ID, Turn{From: first[0].ID, Messages: []Message{
			{Role: User, Pictures: []Attachment{{Picture: formatPicture(make([]byte, 32))}}},
		}})
		if !errors.Is(err, ErrNotFound) {
			t.Errorf("turn with an unknown picture: got %v, want ErrNotFound", err)
		}
		if got, want := threadTexts(t, s, chat.ID), []string{"one", "three", "3"}; !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

func TestOrderAndIDs(t *testing.T) {
	s := openTest(t)
	for range 12 {
		_, err := s.CreateChat("")
		must(t, err)
	}
	addText(t, s, "3", "newer")
	_, err := s.Rename("5", "renamed")
	must(t, err)
	chats, err := s.Chats()
	must(t, err)
	var got []string
	for _, c := range chats {
		got = append(got, c.ID)
	}
	if want := []string{"3", "12", "11", "10", "9", "8", "7", "6", "5", "4", "2", "1"}; !slices.Equal(got, want) {
		t.Errorf("chats: got %v, want %v", got, want)
	}
	for _, id := range []string{"", "0", "13", "03", "+3", "-1", "3 ", "1e1", "99999999999999999999", "../3", "３"} {
		if _, _, err := s.Chat(id); !errors.Is(err, ErrNotFound) {
			t.Errorf("chat %q: got %v, want ErrNotFound", id, err)
		}
	}
}

func TestPictures(t *testing.T) {
	s := openTest(t)
	data := make([]byte, 2*chunkBytes+17)
	for i := range data {
		data[i] = byte(i * 7)
	}
	p, err := s.PutPicture(Picture{Name: "a.png", Type: "image/png", Width: 3, Height: 4}, data)
	must(t, err)
	again, err := s.PutPicture(Picture{Name: "b.png", Type: "image/png", Width: 3, Height: 4}, data)
	must(t, err)
	if p.ID != again.ID || again.Name != "b.png" {
		t.Errorf("put again: got %+v, want the id %s under the new name", again, p.ID)
	}
	for _, size := range []int{0, 1, chunkBytes, chunkBytes + 1} {
		small, err := s.PutPicture(Picture{}, data[:size])
		must(t, err)
		got, err := s.PictureData(small.ID)
		must(t, err)
		if !bytes.Equal(got, data[:size]) {
			t.Errorf("%d bytes: got %d other ones", size, len(got))
		}
	}
	chat, err := s.CreateChat("")
	must(t, err)
	_, err = s.AddTurn(chat.ID, Turn{Messages: []Message{{Role: User, Pictures: []Attachment{{p.ID, "a.png"}, {p.ID, "b.png"}}}}})
	must(t, err)

	t.Run("purge keeps used pictures and removes others", func(t *testing.T) {
		must(t, s.Purge(s.now()))
		got, err := s.PictureData(p.ID)
		must(t, err)
		if !bytes.Equal(got, data) {
			t.Errorf("got %d other bytes, want the %d put", len(got), len(data))
		}
		if n := countKeys(t, s, picturesBucket); n != 1 {
			t.Errorf("pictures: got %d, want 1", n)
		}
	})
	t.Run("a deleted chat comes back with its pictures", func(t *testing.T) {
		must(t, s.DeleteChat(chat.ID))
		must(t, s.Purge(time.Unix(0, 0)))
		back, err := s.RestoreChat(chat.ID)
		must(t, err)
		if back.Picture != p.ID || back.Messages != 1 {
			t.Errorf("got %+v, want 1 message and the picture", back)
		}
	})
	t.Run("purge removes a deleted chat with its pictures", func(t *testing.T) {
		must(t, s.DeleteChat(chat.ID))
		must(t, s.Purge(s.now()))
		if _, err := s.RestoreChat(chat.ID); !errors.Is(err, ErrNotFound) {
			t.Errorf("restore: got %v, want ErrNotFound", err)
		}
		for _, b := range [][]byte{chatsBucket, messagesBucket, picturesBucket, chunksBucket} {
			if n := countKeys(t, s, b); n != 0 {
				t.Errorf("bucket %q: got %d keys, want none", b, n)
			}
		}
	})
}

func countKeys(t *testing.T, s *Store, bucket []byte) (n int) {
	t.Helper()
	must(t, s.db.View(func(tx *bbolt.Tx) error { n = tx.Bucket(bucket).Stats().KeyN; return nil }))
	return n
}

func TestSettings(t *testing.T) {
	folder := t.TempDir()
	s, err := Open(folder)
	must(t, err)
	if _, err := s.Setting("theme"); !errors.Is(err, ErrNotFound) {
		t.Errorf("unset: got %v, want ErrNotFound", err)
	}
	must(t, s.SetSetting("theme", []byte("dark")))
	must(t, s.Close())
	s = openIn(t, folder)
	if got, err := s.Setting("theme"); string(got) != "dark" {
		t.Errorf("after reopening: got %q, %v, want \"dark\"", got, err)
	}
	must(t, s.SetSetting("theme", nil))
	if _, err := s.Setting("theme"); !errors.Is(err, ErrNotFound) {
		t.Errorf("forgotten: got %v, want ErrNotFound", err)
	}
}

func TestSecondOpener(t *testing.T) {
	folder := t.TempDir()
	first, err := Open(folder)
	must(t, err)
	if _, err := Open(folder); !errors.Is(err, ErrInUse) {
		t.Fatalf("second: got %v, want ErrInUse", err)
	}
	must(t, first.Close())
	openIn(t, folder)
}

func TestLockedByAnotherProgram(t *testing.T) {
	folder := t.TempDir()
	must(t, os.MkdirAll(folder, 0o700))
	db, err := bbolt.Open(filepath.Join(folder, fileName), 0o600, nil)
	must(t, err)
	defer db.Close()
	if _, err := Open(folder); !errors.Is(err, ErrInUse) {
		t.Fatalf("got %v, want ErrInUse", err)
	}
}
