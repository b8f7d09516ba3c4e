package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"sync"

	"github.com/spf13/cobra"

	"sightglass/app/api"
	"sightglass/app/hub"
	"sightglass/app/models"
	"sightglass/app/shell"
	"sightglass/app/store"
	"sightglass/engine"
	"sightglass/engine/builtin"
	"sightglass/engine/device"
	"sightglass/frontend"
)

func (c *command) serve() *cobra.Command {
	var f modelFlags
	addr := "127.0.0.1:0"
	cmd := &cobra.Command{
		Use:   "serve [flags]",
		Short: "Show the app in a browser on this machine",
		Args:  exactly(0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if f.adapter != "" && f.model == "" {
				f.model = builtin.Name
			}
			return c.withApp(cmd.Context(), &f, func(ctx context.Context, h *api.Handler) error {
				return api.Serve(ctx, api.ServeOptions{Addr: addr, Handler: h, Log: h.Log, Ready: func(address string) {
					fmt.Fprintln(c.out, address)
				}})
			})
		},
	}
	f.add(cmd)
	model := cmd.Flags().Lookup("model")
	f.model, model.DefValue = "", "" // that of the last time
	model.Usage = "model folder, repository (org/name) in the Hugging Face cache, or builtin (empty: the one that was chosen last)"
	cmd.Flags().StringVar(&addr, "addr", addr, "address on this machine, 127.0.0.1:PORT; port 0 takes a free one")
	return cmd
}

// window shows the app's window with the model that was chosen last. args are as again takes them.
func (c *command) window(ctx context.Context, args []string, hidden bool) error {
	f := &modelFlags{}
	err := c.withApp(ctx, f, func(ctx context.Context, h *api.Handler) error {
		at := memory{h.Store}.frame()
		at.Hidden = hidden
		return c.Window(ctx, h, at, native(ctx, h, args, hidden))
	})
	if errors.Is(err, store.ErrInUse) {
		// Mostly it is our own window that uses it: starting a second one raises it and ends this process.
		return c.Window(ctx, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "Sightglass is already running on this machine. Close it first.", http.StatusConflict)
		}), shell.Frame{}, func(shell.Window) (bool, func([]string)) { return false, func([]string) {} })
	}
	return err
}

// withApp runs use with the app over the data folder; the model loads in the background.
func (c *command) withApp(ctx context.Context, f *modelFlags, use func(context.Context, *api.Handler) error) error {
	log := slog.New(slog.NewTextHandler(c.err, &slog.HandlerOptions{Level: slog.LevelWarn}))
	s, err := store.Open(home())
	if err != nil {
		return err
	}
	defer s.Close()
	if moved := s.SetAside(); moved != "" {
		fmt.Fprintf(c.err, "sightglass: the data file was damaged; it was set aside as %q and a new one was begun\n", moved)
	}
	page, err := fs.Sub(frontend.Files, "dist")
	if err != nil {
		return err
	}
	tokens := hub.NewTokens(home())
	library := &models.Library{Cache: hubCache(), Folder: converted(), Settings: s}
	if f, err := builtin.Find(); err == nil {
		library.Builtin = f.Model()
	}
	h, err := api.New(api.Options{
		Store: s, Version: c.Version, Page: page, Sample: sample(), Exports: exports(), Log: log, Releases: releases(),
		Find: finder(f), Model: f.model, Models: &models.Work{Library: library, Tokens: tokens, Client: func() (*hub.Client, error) { return hubClient(tokens) }},
		Tune: &api.TuneOptions{Folder: tuning(), Exports: exports(), Memory: freeMemory},
	})
	if err != nil {
		return err
	}
	defer h.Close() // waits for the loading, too
	return use(ctx, h)
}

// finder finds models for the app. Those that answer share a device, those that are trained have another.
func finder(f *modelFlags) func(id string) (api.Source, error) {
	open := func() (device.Device, error) { return openDevice(f.device, f.threads, f.exact) }
	answering, training := &opened{open: open}, &opened{open: open}
	return func(id string) (api.Source, error) {
		g := *f
		if g.model = id; id != f.model {
			g.adapter = ""
		}
		dir, own, err := resolve(id)
		if err != nil {
			return api.Source{}, err
		}
		source := api.Source{ID: id, Name: modelName(id), Load: func(ctx context.Context) (api.Answerer, error) { return g.openOn(ctx, answering.device) },
			Lost: answering.forget}
		if g.adapter != "" {
			return source, nil
		}
		print, err := engine.Fingerprint(dir, own)
		if err != nil {
			return api.Source{}, err
		}
		source.Base = &api.Base{Print: print, Folder: dir, Open: func(ctx context.Context) (*engine.Session, error) {
			dev, err := training.device()
			if err != nil {
				return nil, err
			}
			return engine.Open(ctx, dev, dir, engine.Options{Adapter: own, Exact: f.exact, Context: tuneContext, Slots: 1, MaxPixels: f.maxPixels})
		}}
		return source, nil
	}
}

// opened is a device that is opened once, and once more after it was forgotten: what hangs on it may hang all of it.
type opened struct {
	open func() (device.Device, error)
	mu   sync.Mutex
	dev  device.Device
}

func (o *opened) device() (_ device.Device, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.dev == nil {
		o.dev, err = o.open()
	}
	return o.dev, err
}

func (o *opened) forget() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.dev = nil
}

// tuneContext is the context of a model that is opened for training: examples may be as long, and questions about them.
const tuneContext = 2560

// modelName is what a person reads: of a folder its last part.
func modelName(model string) string {
	switch {
	case model == builtin.Name:
		return "Sightglass built-in"
	case filepath.IsAbs(model):
		return filepath.Base(model)
	}
	return model
}

// sample is the built-in sample picture; without it the app has none to offer.
func sample() api.SampleFile {
	f, err := builtin.Find()
	if err != nil {
		return api.SampleFile{}
	}
	data, err := os.ReadFile(f.Sample())
	if err != nil {
		return api.SampleFile{}
	}
	questions, err := f.Questions()
	if err != nil {
		return api.SampleFile{}
	}
	return api.SampleFile{Name: "sample.png", Bytes: data, Questions: questions}
}
