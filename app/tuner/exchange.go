package tuner

import (
	"errors"
	"fmt"
	"os"

	"sightglass/app/store"
	"sightglass/engine"
	"sightglass/engine/adapter"
)

// Base is the model that an adapter is for.
type Base struct {
	Dir   string // of the model
	Name  string // what it is called
	Print string // its fingerprint
}

// Import keeps the adapter in a folder, of PEFT's layout or mlx-vlm's, under a name, once it is certain that it fits the model.
func Import(s *store.Store, b Base, folder, name string) error {
	if _, err := s.Adapter(name); !errors.Is(err, store.ErrNotFound) {
		return errors.Join(err, fmt.Errorf("tuner: %w: %q", ErrExists, name))
	}
	return inTemp(func(dir string) error {
		if err := engine.WriteAdapter(b.Dir, folder, dir, adapter.PEFT, b.Name); err != nil {
			return err
		}
		return s.PutAdapter(store.Adapter{Name: name, Base: b.Print, Model: b.Name, Finished: true}, dir)
	})
}

// Export writes an adapter of that name in a layout to an existing folder. ErrOther is returned where it was made for another model.
func Export(s *store.Store, b Base, name, folder string, to adapter.Layout) error {
	a, err := s.Adapter(name)
	if err != nil {
		return err
	}
	if a.Base != b.Print {
		return fmt.Errorf("tuner: %w: %q was made for another model, %q", ErrOther, name, a.Model)
	}
	return inTemp(func(dir string) error {
		if _, err := s.WriteAdapter(name, dir); err != nil {
			return err
		}
		return engine.WriteAdapter(b.Dir, dir, folder, to, b.Name)
	})
}

func inTemp(do func(dir string) error) error {
	dir, err := os.MkdirTemp("", "sightglass-adapter-")
	if err != nil {
		return fmt.Errorf("tuner: %w", err)
	}
	defer os.RemoveAll(dir)
	return do(dir)
}
