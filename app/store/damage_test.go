package store

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.etcd.io/bbolt"
)

// soundFile returns the bytes of a store that fill has filled, and its page size.
func soundFile(t testing.TB, fill func(*Store)) ([]byte, int) {
	t.Helper()
	folder := t.TempDir()
	s, err := Open(folder)
	must(t, err)
	fill(s)
	must(t, s.Close())
	data, err := os.ReadFile(filepath.Join(folder, fileName))
	must(t, err)
	return data, os.Getpagesize()
}

func TestDamagedFileIsSetAside(t *testing.T) {
	sound, page := soundFile(t, func(s *Store) {
		m := newModel(7)
		s.now = m.now
		for range 120 {
			if op := m.next(); op.want == nil {
				must(t, op.do(s))
			}
		}
	})
	for _, c := range []struct {
		name   string
		damage func(data []byte) []byte
	}{
		{"text instead of a database", func([]byte) []byte { return []byte("hello") }},
		{"one byte", func([]byte) []byte { return []byte{1} }},
		{"zeros", func(data []byte) []byte { return make([]byte, len(data)) }},
		{"both meta pages overwritten", func(data []byte) []byte { clear(data[:2*page]); return data }},
		{"cut to the meta pages", func(data []byte) []byte { return data[:2*page] }},
		{"cut in the middle", func(data []byte) []byte { return data[:len(data)/2/page*page] }},
		{"cut inside a page", func(data []byte) []byte { return data[:len(data)/3+1234] }},
		{"every page after the meta pages overwritten", func(data []byte) []byte {
			for i := 2 * page; i < len(data); i++ {
				data[i] = byte(i * 31)
			}
			return data
		}},
		{"a record that is no JSON", func(data []byte) []byte { return bytes.ReplaceAll(data, []byte(`{"title"`), []byte(`["title"`)) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			folder := t.TempDir()
			path := filepath.Join(folder, fileName)
			damaged := c.damage(bytes.Clone(sound))
			for n := 1; n <= 2; n++ {
				must(t, os.WriteFile(path, damaged, 0o600))
				s, err := Open(folder)
				must(t, err)
				if want := fmt.Sprintf("%s.damaged-%d", path, n); s.SetAside() != want {
					t.Fatalf("set aside: got %q, want %q", s.SetAside(), want)
				}
				if kept, err := os.ReadFile(s.SetAside()); err != nil || !bytes.Equal(kept, damaged) {
					t.Errorf("the damaged file: got %d other bytes, %v, want its %d", len(kept), err, len(damaged))
				}
				chat, err := s.CreateChat("fresh")
				must(t, err)
				if chats, err := s.Chats(); err != nil || len(chats) != 1 || chats[0] != chat {
					t.Errorf("fresh file: got %+v, %v, want the new chat alone", chats, err)
				}
				checkStore(t, s)
				must(t, s.Close())
				s, err = Open(folder)
				must(t, err)
				if s.SetAside() != "" {
					t.Errorf("opened again: got %q set aside, want nothing", s.SetAside())
				}
				must(t, s.Close())
			}
		})
	}
}

// TestRandomDamage changes bytes where pages have their headers and tables. Whatever happens, opening and reading must
// neither panic nor lose the file.
func TestRandomDamage(t *testing.T) {
	sound, page := soundFile(t, func(s *Store) {
		for range 20 {
			chat, err := s.CreateChat("chat")
			must(t, err)
			addText(t, s, chat.ID, strings.Split(strings.Repeat("some text,", 30), ",")...)
		}
	})
	rounds := 300
	if testing.Short() {
		rounds = 30
	}
	r := rand.New(rand.NewPCG(8, 9))
	folder := t.TempDir()
	path := filepath.Join(folder, fileName)
	aside := 0
	for range rounds {
		data := bytes.Clone(sound)
		for range 1 + r.IntN(8) {
			data[r.IntN(len(data)/page)*page+r.IntN(80)] ^= 1 << r.IntN(8)
		}
		must(t, os.WriteFile(path, data, 0o600))
		s, err := Open(folder)
		must(t, err)
		if s.SetAside() != "" {
			aside++
			if kept, err := os.ReadFile(s.SetAside()); err != nil || !bytes.Equal(kept, data) {
				t.Fatalf("the damaged file: got %d other bytes, %v", len(kept), err)
			}
			must(t, os.Remove(s.SetAside()))
		}
		matches, err := s.Search("text")
		if err != nil && !errors.Is(err, ErrDamaged) {
			t.Errorf("search: got %v, want ErrDamaged or none", err)
		}
		for _, match := range matches {
			if _, _, err := s.Chat(match.ID); err != nil && !errors.Is(err, ErrDamaged) {
				t.Errorf("chat: got %v, want ErrDamaged or none", err)
			}
		}
		must(t, s.Close())
	}
	t.Logf("%d of %d files were set aside", aside, rounds)
	if aside < rounds/10 || aside == rounds {
		t.Errorf("got %d of %d files set aside, want many", aside, rounds)
	}
}

// TestPagesThatLeadBack turns every branch into a circle, which bbolt would follow without end.
func TestPagesThatLeadBack(t *testing.T) {
	sound, page := soundFile(t, func(s *Store) {
		chat, err := s.CreateChat("chat")
		must(t, err)
		addText(t, s, chat.ID, strings.Split(strings.Repeat("some text,", 300), ",")...)
	})
	branches := 0
	for id := 2; id < len(sound)/page; id++ {
		data := bytes.Clone(sound)
		p := data[id*page:]
		if little.Uint64(p) != uint64(id) || little.Uint16(p[8:]) != branchFlag {
			continue
		}
		little.PutUint64(p[pageHeader+8:], uint64(id)) // the first element's page
		if err := checkPages(data); err != nil && strings.Contains(err.Error(), "one owner") {
			branches++
		}
	}
	if branches == 0 {
		t.Error("got no branch found to lead back to itself, want one at least")
	}
}

func TestDamagedPictureIsNotGivenOut(t *testing.T) {
	folder := t.TempDir()
	s, err := Open(folder)
	must(t, err)
	p, err := s.PutPicture(Picture{}, bytes.Repeat([]byte("picture "), 1000))
	must(t, err)
	must(t, s.Close())
	path := filepath.Join(folder, fileName)
	data, err := os.ReadFile(path)
	must(t, err)
	must(t, os.WriteFile(path, bytes.ReplaceAll(data, []byte("picture picture"), []byte("picture Picture")), 0o600))
	s, err = Open(folder)
	must(t, err)
	defer s.Close()
	if _, err := s.PictureData(p.ID); s.SetAside() != "" || !errors.Is(err, ErrDamaged) {
		t.Errorf("got %v, set aside %q, want ErrDamaged and nothing set aside", err, s.SetAside())
	}
}

func TestEmptyFileIsFilled(t *testing.T) {
	folder := t.TempDir()
	must(t, os.WriteFile(filepath.Join(folder, fileName), nil, 0o600))
	if s := openIn(t, folder); s.SetAside() != "" {
		t.Errorf("got %q set aside, want nothing: a crash leaves this before the first page", s.SetAside())
	}
}

func TestFolderInThePlaceOfTheFile(t *testing.T) {
	folder := t.TempDir()
	must(t, os.Mkdir(filepath.Join(folder, fileName), 0o700))
	if s, err := Open(folder); err == nil {
		s.Close()
		t.Error("got no error, want one")
	}
}

func TestMigrations(t *testing.T) {
	folder := t.TempDir()
	s, err := Open(folder)
	must(t, err)
	_, err = s.CreateChat("kept")
	must(t, err)
	must(t, s.Close())
	second := func(tx *bbolt.Tx) error {
		_, err := tx.CreateBucket([]byte("later"))
		return err
	}
	broken := errors.New("broken")
	steps := append(migrations[:len(migrations):len(migrations)], second)

	t.Run("a step that fails changes nothing", func(t *testing.T) {
		failing := append(steps[:len(steps):len(steps)], func(*bbolt.Tx) error { return broken })
		if _, err := open(folder, failing); !errors.Is(err, broken) {
			t.Fatalf("got %v, want the step's error", err)
		}
		s, err := Open(folder)
		must(t, err)
		defer s.Close()
		if chats, err := s.Chats(); err != nil || len(chats) != 1 || s.SetAside() != "" {
			t.Errorf("got %+v, %v, set aside %q, want the chat kept", chats, err, s.SetAside())
		}
	})
	t.Run("steps are done once", func(t *testing.T) {
		for range 2 {
			s, err := open(folder, steps)
			must(t, err)
			must(t, s.db.View(func(tx *bbolt.Tx) error {
				if version := binary.BigEndian.Uint64(tx.Bucket(metaBucket).Get(schemaKey)); version != uint64(len(steps)) {
					t.Errorf("schema: got %d, want %d", version, len(steps))
				}
				return nil
			}))
			must(t, s.Close())
		}
	})
	t.Run("a newer file is refused and stays", func(t *testing.T) {
		before, err := os.ReadFile(filepath.Join(folder, fileName))
		must(t, err)
		if _, err := Open(folder); !errors.Is(err, ErrNewer) {
			t.Fatalf("got %v, want ErrNewer", err)
		}
		after, err := os.ReadFile(filepath.Join(folder, fileName))
		must(t, err)
		if !bytes.Equal(before, after) {
			t.Error("got a changed file, want it as it was")
		}
	})
}

// TestMigrationsMakeTheBuckets: of a new file, and of one of the first schema, whose chats stay.
func TestMigrationsMakeTheBuckets(t *testing.T) {
	folder := t.TempDir()
	first, err := open(folder, migrations[:1])
	must(t, err)
	_, err = first.CreateChat("kept")
	must(t, err)
	must(t, first.Close())
	old, err := Open(folder)
	must(t, err)
	defer old.Close()
	if chats, err := old.Chats(); err != nil || len(chats) != 1 {
		t.Errorf("got %+v, %v, want the chat kept", chats, err)
	}
	for _, s := range []*Store{old, openTest(t)} {
		must(t, s.db.View(func(tx *bbolt.Tx) error {
			for _, names := range buckets {
				for _, name := range names {
					if tx.Bucket(name) == nil {
						t.Errorf("bucket %q: got none", name)
					}
				}
			}
			return nil
		}))
	}
}

// FuzzCheckPages looks for changes to a file that make the check of pages panic: offset, 3 bytes, and what to flip there.
func FuzzCheckPages(f *testing.F) {
	sound, page := soundFile(f, func(s *Store) {
		chat, err := s.CreateChat("chat")
		must(f, err)
		addText(f, s, chat.ID, "one", "two")
	})
	if err := checkPages(sound); err != nil {
		f.Fatal(err)
	}
	for id := range len(sound) / page {
		for _, field := range []int{0, 8, 10, 12, 16, 20, 24, 28} {
			at := id*page + field
			f.Add([]byte{byte(at), byte(at >> 8), byte(at >> 16), 0xff})
		}
	}
	f.Fuzz(func(t *testing.T, changes []byte) {
		data := bytes.Clone(sound)
		for c := changes; len(c) >= 4; c = c[4:] {
			data[(int(c[0])|int(c[1])<<8|int(c[2])<<16)%len(data)] ^= c[3]
		}
		if err := checkPages(data); err != nil && bytes.Equal(data, sound) {
			t.Errorf("the file as it was: got %v", err)
		}
	})
}
