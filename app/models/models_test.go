package models

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"sightglass/app/hub"
	"sightglass/engine/model"
)

const tiny = "../../engine/testdata/smolvlm-whole"

// memory keeps settings for a test.
type memory map[string][]byte

func (m memory) Setting(name string) ([]byte, error) {
	if v, ok := m[name]; ok {
		return v, nil
	}
	return nil, fs.ErrNotExist
}

func (m memory) SetSetting(name string, value []byte) error { m[name] = value; return nil }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// cached puts the tiny model into a cache as a download would.
func cached(t *testing.T, cache hub.Cache, org, name string) {
	t.Helper()
	const commit = "0123456789abcdef0123456789abcdef01234567"
	root := filepath.Join(cache.Dir, "models--"+org+"--"+name)
	must(t, os.CopyFS(filepath.Join(root, "blobs"), os.DirFS(tiny)))
	must(t, os.MkdirAll(filepath.Join(root, "refs"), 0o755))
	must(t, os.WriteFile(filepath.Join(root, "refs", "main"), []byte(commit), 0o600))
	snapshot := filepath.Join(root, "snapshots", commit)
	must(t, os.MkdirAll(snapshot, 0o755))
	files, err := os.ReadDir(tiny)
	must(t, err)
	for _, f := range files {
		must(t, os.Symlink(filepath.Join("..", "..", "blobs", f.Name()), filepath.Join(snapshot, f.Name())))
	}
}

func library(t *testing.T) *Library {
	t.Helper()
	dir := t.TempDir()
	return &Library{Cache: hub.Cache{Dir: filepath.Join(dir, "hub")}, Folder: filepath.Join(dir, "models"), Builtin: tiny, Settings: memory{}, Group: 32}
}

func ids(list []Entry) (ids []string) {
	for _, e := range list {
		ids = append(ids, e.ID)
	}
	return ids
}

func TestEveryKindIsFoundAndRemoved(t *testing.T) {
	l := library(t)
	cached(t, l.Cache, "org", "small")
	must(t, os.CopyFS(filepath.Join(l.Folder, "made-4bit"), os.DirFS(tiny)))
	must(t, os.MkdirAll(filepath.Join(l.Folder, ".convert-1"), 0o755)) // in the making
	mine := filepath.Join(t.TempDir(), "a folder")
	must(t, os.CopyFS(mine, os.DirFS(tiny)))
	e, err := l.Import(mine + "/")
	must(t, err)
	if e.ID != mine || e.Name != "a folder" || e.Kind != Folder || e.About.Architecture != "SmolVLMForConditionalGeneration" {
		t.Errorf("imported: got %+v", e)
	}
	_, err = l.Import(mine) // once is enough
	must(t, err)
	made := filepath.Join(l.Folder, "made-4bit")
	list := l.List()
	if got, want := ids(list), []string{"builtin", mine, made, "org/small"}; !slices.Equal(got, want) {
		t.Fatalf("got %q, want %q", got, want)
	}
	for _, e := range list {
		if e.Bytes != list[0].Bytes || e.Bytes < 100_000 || e.Err != nil || e.About.Budget.Total() <= 0 {
			t.Errorf("%s: got %+v", e.ID, e)
		}
	}
	for id, want := range map[string]int64{"org/small": list[0].Bytes, made: list[0].Bytes, mine: 0} {
		freed, err := l.Remove(id)
		must(t, err)
		if freed != want {
			t.Errorf("%s: removing freed %d bytes, want %d", id, freed, want)
		}
	}
	if got := ids(l.List()); !slices.Equal(got, []string{"builtin"}) {
		t.Errorf("after removing all: got %q", got)
	}
	if _, err := os.Stat(filepath.Join(mine, "config.json")); err != nil {
		t.Errorf("the person's own folder was touched: %v", err)
	}
	if _, err := l.Remove("builtin"); !errors.Is(err, ErrKept) {
		t.Errorf("builtin: got %v, want %v", err, ErrKept)
	}
	for _, id := range []string{"", "..", "org/small", "/etc", mine + "/../.."} {
		if _, err := l.Remove(id); !errors.Is(err, ErrUnknown) {
			t.Errorf("%q: got %v, want %v", id, err, ErrUnknown)
		}
	}
}

func TestWhatIsNoModelIsNotImported(t *testing.T) {
	l := library(t)
	strange := t.TempDir()
	must(t, os.WriteFile(filepath.Join(strange, "config.json"), []byte(`{"architectures":["Bert"]}`), 0o600))
	file := filepath.Join(strange, "config.json")
	for path, want := range map[string]error{
		"models": fs.ErrNotExist, "/nowhere/at/all": fs.ErrNotExist, strange: model.ErrUnsupported, file: ErrNoModel, t.TempDir(): ErrNoModel, "/a/b.GGUF": ErrGGUF,
	} {
		if _, err := l.Import(path); !errors.Is(err, want) {
			t.Errorf("%q: got %v, want %v", path, err, want)
		}
	}
	if got := ids(l.List()); !slices.Equal(got, []string{"builtin"}) {
		t.Errorf("got %q, want nothing imported", got)
	}
}

// A folder that changes is looked at again.
func TestADescriptionFollowsItsFolder(t *testing.T) {
	l := library(t)
	dir := filepath.Join(l.Folder, "a")
	must(t, os.CopyFS(dir, os.DirFS(tiny)))
	weights, err := os.ReadFile(filepath.Join(dir, "model.safetensors"))
	must(t, err)
	must(t, os.WriteFile(filepath.Join(dir, "model.safetensors"), weights[:99], 0o600))
	e, err := l.Find(dir)
	must(t, err)
	if e.Err == nil {
		t.Error("torn weights are called a model")
	}
	must(t, os.WriteFile(filepath.Join(dir, "model.safetensors"), weights, 0o600))
	if e, err = l.Find(dir); err != nil || e.Err != nil {
		t.Errorf("whole again: got %v, %v", err, e.Err)
	}
}

func TestFit(t *testing.T) {
	for _, c := range []struct {
		takes, has int64
		want       Fit
	}{{0, 16e9, FitUnknown}, {1e9, 0, FitUnknown}, {1e9, 16e9, FitWell}, {10e9, 16e9, FitWell}, {11e9, 16e9, FitTight}, {16e9, 16e9, FitTight}, {17e9, 16e9, FitNot}} {
		if got := FitOf(c.takes, c.has); got != c.want {
			t.Errorf("%g of %g bytes: got %d, want %d", float64(c.takes), float64(c.has), got, c.want)
		}
	}
}
