package tuner

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"sightglass/app/store"
)

func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.RemoveAll(path), os.WriteFile(path, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
}

func names(t *testing.T, dir string) (list []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}

func TestAFolderKeepsTheLastState(t *testing.T) {
	work, f := t.TempDir(), Folder(filepath.Join(t.TempDir(), "new [1]"))
	if _, err := f.Adapter(""); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("of nothing: got %v, want ErrNotFound", err)
	}
	for step := 1; step <= 11; step++ {
		write(t, work, map[string]string{"best": "one", "state": string(rune('a' + step))})
		if err := f.PutAdapter(store.Adapter{Name: "x", Losses: make([]store.Loss, step)}, work); err != nil {
			t.Fatal(err)
		}
	}
	if got := names(t, string(f)); !slices.Equal(got, []string{"state-00000011"}) {
		t.Errorf("got %q, want the last state alone", got)
	}
	write(t, string(f), map[string]string{".part/half": "a crash left this"})
	write(t, work, map[string]string{"state": "later"})
	into := t.TempDir()
	a, err := f.WriteAdapter("x", into)
	if err != nil || len(a.Losses) != 11 {
		t.Errorf("got %+v, %v, want eleven losses", a, err)
	}
	data, err := os.ReadFile(filepath.Join(into, "state"))
	if got := names(t, into); err != nil || string(data) != "l" || !slices.Equal(got, []string{"best", "state"}) {
		t.Errorf("got %q with state %q, %v", got, data, err)
	}
	if err := f.PutAdapter(store.Adapter{}, work); err != nil {
		t.Errorf("after a crash: got %v", err)
	}
	write(t, filepath.Join(string(f), "state-00000012"), map[string]string{recordFile: "{"})
	if _, err := f.Adapter(""); !errors.Is(err, store.ErrDamaged) {
		t.Errorf("a damaged record: got %v, want ErrDamaged", err)
	}
	if err := f.DeleteAdapter(""); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(string(f)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v, want the folder gone", err)
	}
}
