package tuner

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"sightglass/app/store"
)

// Shelf keeps a training and the files that it needs to go on: the store for adapters, a Folder for whole weights.
type Shelf interface {
	Adapter(name string) (store.Adapter, error)
	PutAdapter(a store.Adapter, folder string) error
	WriteAdapter(name, folder string) (store.Adapter, error)
	DeleteAdapter(name string) error
}

// Folder keeps one training, too large for the store, in a folder of its own: a folder within for each state, of which the last counts. Files
// that did not change from one state to the next are not written again.
type Folder string

// recordFile describes the training beside its files.
const recordFile = "training.json"

// last is the folder of the last state, "" for none.
func (f Folder) last() (string, error) {
	entries, err := os.ReadDir(string(f))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	last := ""
	for _, e := range entries { // in the order of their names
		if strings.HasPrefix(e.Name(), "state-") {
			last = filepath.Join(string(f), e.Name())
		}
	}
	return last, err
}

// Adapter describes the training, or returns store.ErrNotFound.
func (f Folder) Adapter(string) (a store.Adapter, err error) {
	last, err := f.last()
	if err != nil {
		return a, err
	}
	if last == "" {
		return a, store.ErrNotFound
	}
	data, err := os.ReadFile(filepath.Join(last, recordFile))
	if err == nil {
		err = json.Unmarshal(data, &a)
	}
	if err != nil {
		return a, fmt.Errorf("tuner: %s: %w: %w", recordFile, store.ErrDamaged, err)
	}
	return a, nil
}

// PutAdapter keeps the files of a folder in the place of those before. A crash on the way leaves what was there.
func (f Folder) PutAdapter(a store.Adapter, folder string) error {
	if err := os.MkdirAll(string(f), 0o755); err != nil {
		return fmt.Errorf("tuner: %w", err)
	}
	before, err := f.last()
	if err != nil {
		return err
	}
	n := 0
	if before != "" {
		if _, err := fmt.Sscanf(filepath.Base(before), "state-%d", &n); err != nil {
			return fmt.Errorf("tuner: %q: %w", before, err)
		}
	}
	part := filepath.Join(string(f), ".part")
	if err := os.RemoveAll(part); err != nil { // of a crash
		return fmt.Errorf("tuner: %w", err)
	}
	if err := os.Mkdir(part, 0o755); err != nil {
		return fmt.Errorf("tuner: %w", err)
	}
	if a.Files, err = linkFiles(folder, part); err != nil {
		return err
	}
	data, err := encode(a)
	if err != nil {
		return err
	}
	if err := writeSynced(filepath.Join(part, recordFile), data); err != nil {
		return fmt.Errorf("tuner: %w", err)
	}
	if err := os.Rename(part, filepath.Join(string(f), fmt.Sprintf("state-%08d", n+1))); err != nil {
		return fmt.Errorf("tuner: %w", err)
	}
	if before == "" {
		return nil
	}
	return os.RemoveAll(before)
}

// WriteAdapter gives a folder the training's files.
func (f Folder) WriteAdapter(name, folder string) (a store.Adapter, err error) {
	if a, err = f.Adapter(name); err != nil {
		return a, err
	}
	last, err := f.last()
	if err == nil {
		_, err = linkFiles(last, folder)
	}
	if err == nil {
		err = os.Remove(filepath.Join(folder, recordFile))
	}
	return a, err
}

// DeleteAdapter removes the training.
func (f Folder) DeleteAdapter(string) error { return os.RemoveAll(string(f)) }

// linkFiles gives the files of a folder a second name in another, or copies them where that cannot be. No file is ever written in place.
func linkFiles(from, to string) (files []store.AdapterFile, err error) {
	entries, err := os.ReadDir(from)
	if err != nil {
		return nil, fmt.Errorf("tuner: %w", err)
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			return nil, fmt.Errorf("tuner: %w", err)
		}
		src, dst := filepath.Join(from, e.Name()), filepath.Join(to, e.Name())
		if err = os.Link(src, dst); err != nil {
			err = copyFile(src, dst)
		}
		if err != nil {
			return nil, fmt.Errorf("tuner: %w", err)
		}
		files = append(files, store.AdapterFile{Name: e.Name(), Bytes: info.Size()})
	}
	return files, nil
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Sync(), out.Close())
}

func writeSynced(path string, data []byte) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Sync(), f.Close())
}
