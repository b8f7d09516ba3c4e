//go:build darwin || fakemetal

package metal

import (
	"context"
	"fmt"
	"io/fs"
	"sync"
	"sync/atomic"

	"sightglass/engine/device"
	"sightglass/engine/tensor"
)

// Device runs programs on a GPU.
type Device struct {
	ref, queue  ref
	name        string
	limits      limits
	activations tensor.DType
	note        func(string)
	pipelines   *pipelines
	used        atomic.Int64 // bytes of all buffers

	mu    sync.Mutex // one program at a time
	last  *list      // the list that ran last
	spare chunk      // the beginning of last, encoded for its next run
}

// Open finds the system's GPU and begins to compile the kernels in the background.
func Open(opts Options) (device.Device, error) { return open(opts, files) }

func open(opts Options, files fs.FS) (*Device, error) {
	if !opts.Activations.Float() {
		return nil, fmt.Errorf("metal: open: want activations in f32, f16 or bf16, found %v", opts.Activations)
	}
	ref, err := systemDevice()
	if err != nil {
		return nil, err
	}
	queue, err := newQueue(ref)
	if err != nil {
		release(ref)
		return nil, err
	}
	d := &Device{ref: ref, queue: queue, activations: opts.Activations, note: opts.Note}
	d.name, d.limits = describe(ref)
	if d.note == nil {
		d.note = func(string) {}
	}
	d.pipelines = newPipelines(ref, files)
	return d, nil
}

// Name implements device.Device.
func (d *Device) Name() string { return "metal (" + d.name + ")" }

// Activations is the type of results between kernels.
func (d *Device) Activations() tensor.DType { return d.activations }

// Close waits for kernels that are still compiling and releases everything but buffers. Programs must not run any more.
func (d *Device) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.dropSpare()
	d.pipelines.close()
	release(d.queue)
	release(d.ref)
	d.ref, d.queue = 0, 0
	return nil
}

// Compile implements device.Device. Steps of an op with no kernel file run by their definition, between lists of the others.
func (d *Device) Compile(steps []device.Step) (device.Program, error) {
	pipelines, err := d.pipelines.all(steps)
	if err != nil {
		return nil, err
	}
	p := &program{device: d}
	var b listBuilder
	flush := func() error {
		if len(b.steps) == 0 {
			return nil
		}
		l, err := b.list(d)
		if err != nil {
			return fmt.Errorf("metal: compile: %w", err)
		}
		p.segments = append(p.segments, segment{list: l})
		b = listBuilder{}
		return nil
	}
	for i, s := range steps {
		if pipelines[i] != 0 {
			if err := b.add(s, pipelines[i]); err != nil {
				return nil, fmt.Errorf("metal: compile: %s: %w", PipelineName(s), err)
			}
			continue
		}
		if err := flush(); err != nil {
			return nil, err
		}
		d.note(fmt.Sprintf("%s has no Metal kernel: it runs on the processor", s.Kernel))
		p.segments = append(p.segments, segment{step: s})
	}
	return p, flush()
}

// Ready implements device.Readier: pipelines are made in the background.
func (d *Device) Ready(steps []device.Step) { d.pipelines.begin(steps) }

type program struct {
	device   *Device
	segments []segment
}

// segment is a list of dispatches, or one step on the host.
type segment struct {
	list *list
	step device.Step
}

// Run implements device.Program.
func (p *program) Run(ctx context.Context) error {
	p.device.mu.Lock()
	defer p.device.mu.Unlock()
	for _, s := range p.segments {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if s.list == nil {
			if err := runRef(s.step); err != nil {
				return err
			}
			continue
		}
		if err := p.device.run(ctx, s.list); err != nil {
			return err
		}
	}
	return nil
}

// runRef computes a step by its definition, which is about f32.
func runRef(s device.Step) error {
	for _, x := range append(s.In[:len(s.In):len(s.In)], s.Out) {
		if _, err := ours(x.Buffer); err != nil {
			return fmt.Errorf("metal: %s: %w", s.Kernel, err)
		}
	}
	in := make([]tensor.Array, len(s.In))
	for i, x := range s.In {
		in[i] = wide(x.Array())
	}
	out := wide(s.Out.Array())
	s.Ref(out, in)
	if s.Out.Type.DType != out.DType {
		s.Out.Array().Store(out.F32())
	}
	return nil
}

// wide is a itself, or a copy in f32.
func wide(a tensor.Array) tensor.Array {
	if a.DType != tensor.F16 && a.DType != tensor.BF16 {
		return a
	}
	return tensor.Of(a.Floats(), a.Shape...)
}
