// Package cpu is the device that every machine has. Hot kernels are C, chosen at run time for the instructions that the processor knows;
// what has none runs by its definition in Go.
package cpu

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"unsafe"

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

// Alone is how many rows a launch may have for each to come out to the bit as it would alone.
func (d *Device) Alone() int { return kernels.Alone }

// Close stops the threads. Programs must not run any more.
func (d *Device) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.pool.Close()
	return nil
}

// Compile implements device.Device: steps with a C kernel are gathered into lists that run in one call.
func (d *Device) Compile(steps []device.Step) (device.Program, error) {
	args, offsets, err := d.arguments(steps)
	if err != nil {
		return nil, err
	}
	p := &program{device: d, memory: &memory{args: args}}
	runtime.AddCleanup(p, (*memory).free, p.memory)
	var list []kernels.Launch
	flush := func() error {
		if len(list) == 0 {
			return nil
		}
		l, err := kernels.NewList(list)
		if err != nil {
			return fmt.Errorf("cpu: compile: %w", err)
		}
		p.memory.lists = append(p.memory.lists, l)
		p.segments = append(p.segments, segment{list: l})
		list = nil
		return nil
	}
	for i, s := range steps {
		k, ok := kernels.Find(s.Kernel)
		if ok && !d.opts.GoOnly {
			list = append(list, launch(k, s, unsafe.Pointer(&args.Bytes()[offsets[i]])))
			continue
		}
		if err := flush(); err != nil {
			return nil, err
		}
		p.segments = append(p.segments, segment{step: s})
	}
	return p, flush()
}

// arguments copies the arguments of all steps to memory that stays where it is, and returns where in it each begins.
func (d *Device) arguments(steps []device.Step) (device.Buffer, []int, error) {
	var all []byte
	offsets := make([]int, len(steps))
	for i, s := range steps {
		offsets[i] = len(all)
		var err error
		if all, err = binary.Append(all, binary.NativeEndian, s.Args); err != nil {
			return nil, nil, fmt.Errorf("cpu: compile: %s: %w", s.Kernel, err)
		}
	}
	b, err := d.Alloc(len(all))
	if err == nil {
		copy(b.Bytes(), all)
	}
	return b, offsets, err
}

func launch(k kernels.Kernel, s device.Step, args unsafe.Pointer) kernels.Launch {
	l := kernels.Launch{Kernel: k, Args: args, Barrier: s.Barrier}
	for _, b := range append(s.In[:len(s.In):len(s.In)], s.Out) {
		l.Buffers = append(l.Buffers, unsafe.Pointer(unsafe.SliceData(b.Buffer.Bytes()[b.Offset:])))
	}
	return l
}

// segment is a list of C kernels, or one step in Go.
type segment struct {
	list *kernels.List
	step device.Step
}

// memory is what a program holds outside Go's heap.
type memory struct {
	args  device.Buffer
	lists []*kernels.List
}

func (m *memory) free() {
	m.args.Free()
	for _, l := range m.lists {
		l.Free()
	}
}

type program struct {
	device   *Device
	segments []segment
	memory   *memory
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
		err := p.device.pool.Run(s.list, (*int32)(unsafe.Pointer(&cancel)))
		if errors.Is(err, kernels.ErrCancelled) {
			return context.Cause(ctx)
		}
		if err != nil {
			return fmt.Errorf("cpu: %w", err)
		}
	}
	runtime.KeepAlive(p)
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
