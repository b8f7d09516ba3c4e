// Package models knows the models of this machine: the built-in one, the repositories of the Hugging Face cache, and folders that the person
// imported or that were converted here. It says what each can do and whether it fits, and removes what is not wanted any more.
package models

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"sightglass/app/hub"
	"sightglass/engine"
	"sightglass/engine/builtin"
	"sightglass/engine/cpu"
)

// Errors that a caller tells apart.
var (
	ErrUnknown = errors.New("models: there is no such model on this machine")
	ErrKept    = errors.New("models: the built-in model cannot be removed")
	ErrGGUF    = errors.New("models: a GGUF file is not a folder")
	ErrNoModel = errors.New("models: the folder holds no model that opens")
)

// Kind says where a model lies.
type Kind int

const (
	Builtin   Kind = iota
	Cached         // in the Hugging Face cache, by the name of its repository
	Folder         // in a folder of the person's, by its path
	Converted      // in a folder of ours, by its path
)

// Entry is a model of this machine.
type Entry struct {
	ID    string // "builtin", a path or a repository
	Name  string
	Kind  Kind
	Dir   string
	Bytes int64 // on the disk
	About engine.Description
	Err   error // why it does not open
}

// Settings keep what is known besides the folders themselves.
type Settings interface {
	Setting(name string) ([]byte, error)
	SetSetting(name string, value []byte) error
}

// Library is all models of this machine. Its methods may be called from any goroutine.
type Library struct {
	Cache    hub.Cache
	Folder   string   // where converted models are
	Builtin  string   // folder of the built-in model, "" for none
	Settings Settings // nil: nothing is imported
	Group    int      // weights that share a scale after a conversion; 0: convert.DefaultGroup

	mu    sync.Mutex
	about map[string]described // by folder
}

// described is what a folder was described as while its configuration was of that time.
type described struct {
	changed time.Time
	about   engine.Description
	err     error
}

// importedSetting holds the paths of imported folders.
const importedSetting = "models imported"

// List is every model of this machine, the built-in one first.
func (l *Library) List() []Entry {
	list := l.found()
	for i := range list {
		l.describe(&list[i])
	}
	return list
}

// IDs names every model without looking into it.
func (l *Library) IDs() (ids []string) {
	for _, e := range l.found() {
		ids = append(ids, e.ID)
	}
	return ids
}

// Find returns the model of an ID, or ErrUnknown.
func (l *Library) Find(id string) (Entry, error) {
	for _, e := range l.found() {
		if e.ID == id {
			l.describe(&e)
			return e, nil
		}
	}
	return Entry{}, fmt.Errorf("%w: %q", ErrUnknown, id)
}

// found is the list without what each model is.
func (l *Library) found() (list []Entry) {
	if l.Builtin != "" {
		list = append(list, Entry{ID: builtin.Name, Name: "Sightglass built-in", Kind: Builtin, Dir: l.Builtin})
	}
	for _, r := range l.Cache.List() {
		if dir, ok := l.Cache.Find(r); ok {
			list = append(list, Entry{ID: string(r), Name: string(r), Kind: Cached, Dir: dir})
		}
	}
	entries, _ := os.ReadDir(l.Folder)
	for _, e := range entries {
		if e.IsDir() && !strings.HasPrefix(e.Name(), ".") { // one in the making begins with a dot
			dir := filepath.Join(l.Folder, e.Name())
			list = append(list, Entry{ID: dir, Name: e.Name(), Kind: Converted, Dir: dir})
		}
	}
	for _, dir := range l.imported() {
		list = append(list, Entry{ID: dir, Name: filepath.Base(dir), Kind: Folder, Dir: dir})
	}
	others := list
	if l.Builtin != "" {
		others = list[1:]
	}
	slices.SortStableFunc(others, func(a, b Entry) int { return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)) })
	return list
}

// describe fills in what a model is and how large. Reading that takes a moment, so that it is read once.
func (l *Library) describe(e *Entry) {
	e.Bytes = l.size(*e)
	var changed time.Time
	if info, err := os.Stat(filepath.Join(e.Dir, "config.json")); err == nil {
		changed = info.ModTime()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	d, ok := l.about[e.Dir]
	if !ok || d.err != nil || !d.changed.Equal(changed) {
		d = described{changed: changed}
		d.about, d.err = Describe(e.Dir)
		if l.about == nil {
			l.about = map[string]described{}
		}
		l.about[e.Dir] = d
	}
	e.About, e.Err = d.about, d.err
}

func (l *Library) size(e Entry) int64 {
	if e.Kind == Cached {
		n, _ := l.Cache.Size(hub.Repo(e.ID))
		return n
	}
	n, _ := hub.Size(e.Dir)
	return n
}

// Describe says what the model in a folder is, or why it does not open.
func Describe(dir string) (engine.Description, error) {
	dev, err := cpu.Open(cpu.Options{Threads: 1})
	if err != nil {
		return engine.Description{}, err
	}
	defer dev.Close()
	return engine.Describe(dev, dir)
}

func (l *Library) imported() (dirs []string) {
	if l.Settings == nil {
		return nil
	}
	data, err := l.Settings.Setting(importedSetting)
	if err != nil || json.Unmarshal(data, &dirs) != nil {
		return nil // as on the first start
	}
	return dirs
}

// Import adds a folder to the models, where it stays, and returns it. A folder that holds no model that opens is refused.
func (l *Library) Import(dir string) (Entry, error) {
	if !filepath.IsAbs(dir) {
		return Entry{}, fmt.Errorf("models: import: want a whole path, found %q: %w", dir, fs.ErrNotExist)
	}
	dir = filepath.Clean(dir)
	if strings.EqualFold(filepath.Ext(dir), ".gguf") {
		return Entry{}, fmt.Errorf("models: import: %q: %w", dir, ErrGGUF)
	}
	if _, err := os.Stat(dir); err != nil {
		return Entry{}, fmt.Errorf("models: import: %w", err)
	}
	if _, err := Describe(dir); err != nil {
		return Entry{}, fmt.Errorf("models: import: %q: %w: %w", dir, ErrNoModel, err)
	}
	l.mu.Lock()
	dirs := l.imported()
	var err error
	if !slices.Contains(dirs, dir) {
		err = l.keep(append(dirs, dir))
	}
	l.mu.Unlock()
	if err != nil {
		return Entry{}, err
	}
	return l.Find(dir)
}

func (l *Library) keep(dirs []string) error {
	data, err := json.Marshal(dirs)
	if err != nil {
		return err
	}
	return l.Settings.SetSetting(importedSetting, data)
}

// Remove deletes a model and returns how many bytes that frees. An imported folder is only forgotten: it is the person's.
func (l *Library) Remove(id string) (freed int64, err error) {
	e, err := l.Find(id)
	if err != nil {
		return 0, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.about, e.Dir)
	switch e.Kind {
	case Cached:
		return l.Cache.Remove(hub.Repo(id))
	case Converted:
		return e.Bytes, os.RemoveAll(e.Dir)
	case Folder:
		return 0, l.keep(slices.DeleteFunc(l.imported(), func(dir string) bool { return dir == e.Dir }))
	}
	return 0, ErrKept
}
