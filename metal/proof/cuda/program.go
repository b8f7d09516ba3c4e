//go:build linux

package cuda

/*
#include "driver.h"
*/
import "C"

import (
	"context"
	"encoding/binary"
	"fmt"
	"runtime"
	"slices"
	"unsafe"

	"sightglass/engine/device"
	"sightglass/metal"
)

// Program is a list of launches, and the graph that the driver made of them.
type Program struct {
	device   *Device
	launches []C.sgc_launch
	Steps    []device.Step
	args     device.Buffer
	buffers  []*Buffer // each once
	outputs  []*Buffer
	exec     unsafe.Pointer // nil where Careful
}

// Compile implements device.Device. Launches wait for all before the last barrier, and for no others.
func (d *Device) Compile(steps []device.Step) (device.Program, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	p := &Program{device: d, Steps: steps}
	var args []byte
	offsets := make([]int, len(steps))
	for i, s := range steps {
		args = append(args, make([]byte, -len(args)&255)...)
		offsets[i] = len(args)
		var err error
		if args, err = binary.Append(args, binary.LittleEndian, s.Args); err != nil {
			return nil, fmt.Errorf("cuda: compile: %s: arguments: %w", s.Kernel, err)
		}
	}
	var err error
	if p.args, err = d.Alloc(len(args)); err != nil {
		return nil, err
	}
	copy(p.args.Bytes(), args)
	group := 0
	for i, s := range steps {
		if s.Barrier {
			group = i
		}
		l, err := p.launch(s, offsets[i])
		if err != nil {
			return nil, err
		}
		l.waits = C.uint32_t(group)
		p.launches = append(p.launches, l)
	}
	p.buffers = append(p.buffers, p.args.(*Buffer))
	d.last = p
	if d.Careful {
		return p, nil
	}
	return p, p.instantiate()
}

func (p *Program) instantiate() error {
	var e C.sgc_error
	serial := C.int(0)
	if p.device.Serial {
		serial = 1
	}
	if C.sgc_graph(unsafe.SliceData(p.launches), C.uint32_t(len(p.launches)), serial, &p.exec, &e) != 0 {
		return fmt.Errorf("cuda: compile: %w", failed(&e))
	}
	runtime.AddCleanup(p, func(exec unsafe.Pointer) { C.sgc_graph_free(exec) }, p.exec)
	return nil
}

func (p *Program) launch(s device.Step, args int) (C.sgc_launch, error) {
	var l C.sgc_launch
	name := metal.PipelineName(s)
	f, err := p.device.function(s.Kernel, name)
	if err != nil {
		return l, err
	}
	l.function = f
	if len(s.In)+2 > C.SGC_POINTERS {
		return l, fmt.Errorf("cuda: compile: %s: want at most %d buffers, found %d", name, C.SGC_POINTERS-2, len(s.In))
	}
	for i := range 3 {
		l.grid[i], l.group[i] = C.uint32_t(s.Grid[i]), C.uint32_t(s.Group[i])
	}
	for i, x := range append(s.In[:len(s.In):len(s.In)], s.Out) {
		b, ok := x.Buffer.(*Buffer)
		if !ok {
			return l, fmt.Errorf("cuda: compile: %s: want a buffer of this device, found %T", name, x.Buffer)
		}
		if x.Offset < 0 || x.Offset+x.Type.Bytes() > len(b.shadow) {
			return l, fmt.Errorf("cuda: compile: %s: buffer %d: want bytes %d to %d of %d", name, i, x.Offset, x.Offset+x.Type.Bytes(), len(b.shadow))
		}
		l.pointers[i] = b.at + C.sgc_ptr(x.Offset)
		if !slices.Contains(p.buffers, b) {
			p.buffers = append(p.buffers, b)
		}
		if i == len(s.In) && !slices.Contains(p.outputs, b) {
			p.outputs = append(p.outputs, b)
		}
	}
	l.pointers[len(s.In)+1] = p.args.(*Buffer).at + C.sgc_ptr(args)
	return l, nil
}

// Run implements device.Program. It cannot be cancelled once it has begun.
func (p *Program) Run(ctx context.Context) error {
	p.device.mu.Lock()
	defer p.device.mu.Unlock()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	_, err := p.run(1)
	return err
}

// Time runs the program many times, one after the other, and returns the seconds that one run took.
func (p *Program) Time(times int) (float64, error) {
	p.device.mu.Lock()
	defer p.device.mu.Unlock()
	s, err := p.run(times)
	return s / float64(times), err
}

func (p *Program) run(times int) (seconds float64, err error) {
	for _, b := range p.buffers {
		if err := b.upload(); err != nil {
			return 0, err
		}
	}
	for _, b := range p.outputs {
		b.written()
	}
	defer runtime.KeepAlive(p)
	if p.exec == nil {
		for i := range p.launches {
			s, err := p.one(i, times)
			if err != nil {
				return 0, err
			}
			seconds += s
		}
		return seconds, nil
	}
	var s C.double
	var e C.sgc_error
	if C.sgc_graph_run(p.exec, C.uint32_t(times), &s, &e) != 0 {
		return 0, fmt.Errorf("cuda: run: %w", failed(&e))
	}
	return float64(s), nil
}

func (p *Program) one(i, times int) (float64, error) {
	var s C.double
	var e C.sgc_error
	if C.sgc_launch_one(&p.launches[i], C.uint32_t(times), &s, &e) != 0 {
		return 0, fmt.Errorf("cuda: run: %s: %w", metal.PipelineName(p.Steps[i]), failed(&e))
	}
	return float64(s), nil
}

// Select is a program of some of the steps, in their order, one after the other. It shares the memory of p.
func (p *Program) Select(keep func(device.Step) bool) (*Program, error) {
	q := &Program{device: p.device, args: p.args, buffers: p.buffers, outputs: p.outputs}
	for i, s := range p.Steps {
		if keep(s) {
			l := p.launches[i]
			l.waits = C.uint32_t(len(q.launches))
			q.launches, q.Steps = append(q.launches, l), append(q.Steps, s)
		}
	}
	return q, q.instantiate()
}

// Profile is the seconds that each step takes by itself, the mean of several.
func (p *Program) Profile(times int) ([]float64, error) {
	p.device.mu.Lock()
	defer p.device.mu.Unlock()
	list := make([]float64, len(p.launches))
	for i := range list {
		s, err := p.one(i, times)
		if err != nil {
			return nil, err
		}
		list[i] = s / float64(times)
	}
	return list, nil
}

// Serial is the program with one launch after the other, also where none waits for another.
func (p *Program) Serial() (*Program, error) {
	return p.Select(func(device.Step) bool { return true })
}
