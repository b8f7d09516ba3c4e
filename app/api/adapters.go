package api

import (
	"context"
	"os"

	"sightglass/engine/adapter"
)

// adapting is an Answerer that can answer with an adapter from a folder, "" for none, without being loaded again.
type adapting interface {
	Use(ctx context.Context, folder string) error
}

// use makes the model answer with an adapter. Call it while having the turn.
func (h *Handler) use(ctx context.Context, a Answerer, name string) error {
	key := ""
	if name != "" {
		record, err := h.Store.Adapter(name)
		if err != nil {
			return err
		}
		if !h.fits(record) {
			return adapter.ErrNoMatch
		}
		key = name + "\x00" + record.Put.String() // one that goes on learning is another
	}
	if key == h.loader.using {
		return nil
	}
	m, ok := a.(adapting)
	if !ok {
		return adapter.ErrNoMatch
	}
	folder := ""
	if name != "" {
		var err error
		if folder, err = os.MkdirTemp("", "sightglass-adapter-"); err != nil {
			return err
		}
		defer os.RemoveAll(folder)
		if _, err := h.Store.WriteAdapter(name, folder); err != nil {
			return err
		}
	}
	h.loader.using = ""
	if err := m.Use(ctx, folder); err != nil {
		return err
	}
	h.loader.using = key
	return nil
}
