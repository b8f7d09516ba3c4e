// Package cpu is the device that every machine has. Hot kernels are C, chosen at run time for the instructions that the processor knows;
// what has none runs by its definition in Go.
package cpu

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"

	"sightglass/engine/cpu/kernels"
	"sightglass/engine/device"
	"sightglass/engine/tensor"
)

// Options are how the device is opened. The zero value is right.
type Options struct {
	Threads int  // 0: one for each processor
	GoOnly  bool // run every op by its definition in Go
}

// Device runs programs on the processor's cores.
type Device struct {
	opts Options
	mu   sync.Mutex // one program at a time
	pool *kernels.Pool
}

// Open starts the threads of a device.
func Open(opts Options) (*Device, error) {
	if opts.Threads <= 0 {
		opts.Threads = runtime.NumCPU()
	}
	pool, err := kernels.NewPool(opts.Threads)
	if err != nil {
		return nil, err
	}
	return &Device{opts: opts, pool: pool}, nil
}

// Name implements device.Device.
func (d *Device) Name() string {
	if d.opts.GoOnly {
		return "cpu (go)"
	}
	return "cpu (" + kernels.ISA() + ")"
}

// Close stops the threads. Programs must not run any more.
func (d *Device) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.pool.Close()
	return nil
}

// Compile implements device.Device: steps with a C kernel are gathered into lists that run in one call.
func (d *Device) Compile(steps []device.Step) (device.Program, error) {
	p := &program{device: d}
	var list []kernels.Launch
	flush := func() error {
		if len(list) == 0 {
			return nil
		}
		l, err := kernels.NewList(list)
		if err != nil {
			return err
		}
		p.segments = append(p.segments, segment{list: l})
		list = nil
		return nil
	}
	for _, s := range steps {
		k, ok := kernels.Find(s.Kernel)
		if !ok || d.opts.GoOnly {
			if err := flush(); err != nil {
				return nil, err
			}
			p.segments = append(p.segments, segment{step: s})
			continue
		}
		list = append(list, launch(k, s))
	}
	err := flush()
	runtime.AddCleanup(p, func(segments []segment) {
		for _, s := range segments {
			s.list.Free()
		}
	}, p.segments)
	return p, err
}

func launch(k kernels.Kernel, s device.Step) kernels.Launch {
	l := kernels.Launch{Kernel: k, Args: s.Args, Barrier: s.Barrier}
	for _, b := range append(s.In[:len(s.In):len(s.In)], s.Out) {
		l.Buffers = append(l.Buffers, b.Buffer.Bytes()[b.Offset:])
	}
	return l
}

// segment is a list of C kernels, or one step in Go.
type segment struct {
	list *kernels.List
	step device.Step
}

type program struct {
	device   *Device
	segments []segment
}

// Run implements device.Program.
func (p *program) Run(ctx context.Context) error {
	p.device.mu.Lock()
	defer p.device.mu.Unlock()
	var cancel atomic.Int32
	defer context.AfterFunc(ctx, func() { cancel.Store(1) })()
	for _, s := range p.segments {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if s.list == nil {
			runRef(s.step)
			continue
		}
		cancelled, err := p.device.pool.Run(s.list, &cancel)
		if err != nil {
			return err
		}
		if cancelled {
			return context.Cause(ctx)
		}
	}
	return nil
}

// runRef computes a step by its definition.
func runRef(s device.Step) {
	in := make([]tensor.Array, len(s.In))
	for i, x := range s.In {
		in[i] = x.Array()
	}
	s.Ref(s.Out.Array(), in)
}
