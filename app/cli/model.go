package cli

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"sightglass/app/hub"
	"sightglass/engine"
	"sightglass/engine/builtin"
	"sightglass/engine/cpu"
	"sightglass/engine/device"
	"sightglass/engine/tensor"
	"sightglass/metal"
)

// modelFlags are the flags of commands that open a model.
type modelFlags struct {
	model, adapter string
	device         string
	threads        int
	exact          bool
	context        int
	cacheBits      int
	noLookup       bool
	maxPixels      int64
}

func (f *modelFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.model, "model", builtin.Name, "model folder, repository (org/name) in the Hugging Face cache, or builtin")
	cmd.Flags().StringVar(&f.adapter, "adapter", "", "name of an adapter that tune made, or folder of a LoRA adapter")
	cmd.Flags().StringVar(&f.device, "device", deviceAuto, "where to compute: metal, cpu, or auto, which takes Metal where it is there")
	cmd.Flags().IntVar(&f.threads, "threads", 0, "threads to compute with (0: one for each core)")
	cmd.Flags().BoolVar(&f.exact, "exact", false, "compute in 32 bits throughout")
	cmd.Flags().Int64Var(&f.maxPixels, "max-pixels", 0, "scale pictures down to so many pixels, where the model sees pictures of any size (0: its own limit)")
	cmd.Flags().IntVar(&f.context, "context", 0, "tokens of context to make room for (0: the model's own, at most 8192)")
	cmd.Flags().IntVar(&f.cacheBits, "cache-bits", 0, "bits of a number of the context: 8, 16 or 32 (0: 16, or 32 with --exact)")
	cmd.Flags().BoolVar(&f.noLookup, "no-lookup", false, "write one token a step, guessing none from what was written before")
}

// open finds and opens the model. Closing the session leaves the device to the process's end.
func (f *modelFlags) open(ctx context.Context) (*engine.Session, error) {
	return f.openOn(ctx, func() (device.Device, error) { return openDevice(f.device, f.threads, f.exact) })
}

// openOn opens the model on a device that is opened once all else is known to be right.
func (f *modelFlags) openOn(ctx context.Context, open func() (device.Device, error)) (*engine.Session, error) {
	if f.threads < 0 || f.context < 0 || f.maxPixels < 0 {
		return nil, usagef("want --threads, --context and --max-pixels of at least 0")
	}
	if !slices.Contains([]int{0, 8, 16, 32}, f.cacheBits) {
		return nil, usagef("want --cache-bits 8, 16 or 32, found %d", f.cacheBits)
	}
	dir, adapter, err := resolve(f.model)
	if err != nil {
		return nil, err
	}
	if strings.HasSuffix(dir, ".gguf") {
		return nil, fmt.Errorf("models: %q: want a model folder, found a GGUF file; sightglass convert makes a folder of it", dir)
	}
	tuned := ""
	if f.adapter != "" {
		folder, done, err := adapterFolder(f.adapter, f.model)
		if err != nil {
			return nil, err
		}
		defer done()
		tuned = folder
	}
	dev, err := open()
	if err != nil {
		return nil, err
	}
	s, err := engine.Open(ctx, dev, dir, engine.Options{Adapter: adapter, Tuned: tuned, Exact: f.exact, Context: f.context, CacheBits: f.cacheBits,
		NoLookup: f.noLookup, MaxPixels: f.maxPixels})
	if err == nil && f.model == builtin.Name {
		s.Name = "Sightglass built-in"
	}
	return s, err
}

// openShown opens the model with a line of progress, which may go on to show what follows.
func (c *command) openShown(ctx context.Context, f *modelFlags) (*engine.Session, *progress, error) {
	p := newProgress(c.err)
	p.show("opening the model")
	s, err := f.open(ctx)
	if err != nil {
		p.clear()
	}
	return s, p, err
}

// What --device takes.
const (
	deviceAuto  = "auto"
	deviceCPU   = "cpu"
	deviceMetal = "metal"
)

// openDevice opens the device of that name. A GPU keeps results in f16 unless they must be exact.
func openDevice(name string, threads int, exact bool) (device.Device, error) {
	switch name {
	case deviceAuto, deviceMetal, "":
		activations := tensor.F16
		if exact {
			activations = tensor.F32
		}
		dev, err := metal.Open(metal.Options{Activations: activations})
		if err == nil || name == deviceMetal {
			return dev, err
		}
		fallthrough // no GPU to compute on
	case deviceCPU:
		return cpu.Open(cpu.Options{Threads: threads})
	default:
		return nil, usagef("want --device auto, cpu or metal, found %q", name)
	}
}

// resolve turns a --model into a folder, and the folder of the adapter that belongs to it.
func resolve(name string) (dir, adapter string, err error) {
	if name == builtin.Name {
		f, err := builtin.Find()
		return f.Model(), f.Adapter(), err
	}
	if info, err := os.Stat(name); err == nil {
		if !info.IsDir() && !strings.HasSuffix(name, ".gguf") {
			return "", "", fmt.Errorf("models: %q: want a model folder, found a file", name)
		}
		return name, "", nil
	}
	if r, err := hub.ParseRepo(name); err == nil {
		if dir, ok := hubCache().Find(r); ok {
			return dir, "", nil
		}
	}
	return "", "", fmt.Errorf("models: %q: want a model folder or a downloaded repository (sightglass models pull gets one), found neither: %w", name, fs.ErrNotExist)
}
