package store

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"go.etcd.io/bbolt"
)

// adapterFolder writes files of those contents.
func adapterFolder(t *testing.T, files map[string][]byte) string {
	t.Helper()
	dir := t.TempDir()
	for name, data := range files {
		must(t, os.WriteFile(filepath.Join(dir, name), data, 0o600))
	}
	return dir
}

func chunkCount(t *testing.T, s *Store) (n int) {
	t.Helper()
	must(t, s.db.View(func(tx *bbolt.Tx) error {
		n = tx.Bucket(adapterChunksBucket).Stats().KeyN
		return nil
	}))
	return n
}

func TestAdaptersAreKeptWhole(t *testing.T) {
	s := openTest(t)
	large := bytes.Repeat([]byte("0123456789abcdef"), (batchBytes+3*chunkBytes)/16+1)
	files := map[string][]byte{"adapter_config.json": []byte("{}"), "adapter_model.safetensors": large, "empty": nil}
	must(t, s.PutAdapter(Adapter{Name: "parts", Base: "b", Losses: []Loss{{Step: 1, Loss: 2}}}, adapterFolder(t, files)))
	out := t.TempDir()
	a, err := s.WriteAdapter("parts", out)
	must(t, err)
	if a.Base != "b" || len(a.Losses) != 1 || len(a.Files) != 3 {
		t.Errorf("got %+v", a)
	}
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join(out, name))
		must(t, err)
		if !bytes.Equal(got, want) {
			t.Errorf("%s: got %d other bytes, want %d", name, len(got), len(want))
		}
	}
	must(t, s.PutAdapter(Adapter{Name: "parts", Finished: true}, adapterFolder(t, map[string][]byte{"a": []byte("x")})))
	if n := chunkCount(t, s); n != 1 {
		t.Errorf("after it was replaced: got %d chunks, want 1", n)
	}
	if list, err := s.Adapters(); err != nil || len(list) != 1 || !list[0].Finished {
		t.Errorf("got %+v, %v, want the second", list, err)
	}
	must(t, s.DeleteAdapter("parts"))
	if n := chunkCount(t, s); n != 0 {
		t.Errorf("after it was removed: got %d chunks, want none", n)
	}
	if _, err := s.Adapter("parts"); !errors.Is(err, ErrNotFound) {
		t.Errorf("got %v, want ErrNotFound", err)
	}
}

func TestAnAdapterThatWasCutShortLeavesTheOldOne(t *testing.T) {
	s := openTest(t)
	must(t, s.PutAdapter(Adapter{Name: "parts"}, adapterFolder(t, map[string][]byte{"a": []byte("old")})))
	// The chunks of a new one are there, but the record that names them never came.
	_, err := s.putFile(99, 0, filepath.Join(adapterFolder(t, map[string][]byte{"a": []byte("new")}), "a"))
	must(t, err)
	out := t.TempDir()
	_, err = s.WriteAdapter("parts", out)
	must(t, err)
	if got, err := os.ReadFile(filepath.Join(out, "a")); err != nil || string(got) != "old" {
		t.Errorf("got %q, %v, want the old bytes", got, err)
	}
	must(t, s.PutAdapter(Adapter{Name: "other"}, adapterFolder(t, nil)))
	if n := chunkCount(t, s); n != 1 {
		t.Errorf("got %d chunks, want those of the crash swept", n)
	}
}

func TestDamagedAdaptersAreTold(t *testing.T) {
	s := openTest(t)
	must(t, s.PutAdapter(Adapter{Name: "parts"}, adapterFolder(t, map[string][]byte{"a": []byte("sound")})))
	must(t, s.db.Update(func(tx *bbolt.Tx) error {
		k, _ := tx.Bucket(adapterChunksBucket).Cursor().First()
		return tx.Bucket(adapterChunksBucket).Put(k, []byte("other"))
	}))
	if _, err := s.WriteAdapter("parts", t.TempDir()); !errors.Is(err, ErrDamaged) {
		t.Errorf("got %v, want ErrDamaged", err)
	}
}
