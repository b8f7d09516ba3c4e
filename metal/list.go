//go:build darwin || fakemetal

package metal

/*
#cgo CFLAGS: -Wall
#cgo darwin CFLAGS: -fno-objc-arc
#cgo darwin LDFLAGS: -framework Metal -framework Foundation -framework CoreGraphics
#include "encode.h"
*/
import "C"

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"runtime"
	"unsafe"

	"sightglass/engine/device"
)

// ref is a retained Objective-C object, or 0.
type ref = C.sg_ref

func release(r ref) { C.sg_release(r) }

// list is a list of dispatches, ready to be encoded.
type list struct {
	c       *C.struct_sg_list
	names   []string  // of the pipelines
	buffers []*buffer // each once
	chunk   int       // dispatches that one command buffer takes
}

// A first command buffer is short, so that a run can be cancelled soon whatever it does. From then on its length follows what was measured:
// the GPU should be busy for at least shortest, and no longer than longest, in seconds.
const (
	firstChunk = 8
	shortest   = 0.005
	longest    = 0.020
)

// listBuilder gathers steps for a list.
type listBuilder struct {
	steps    []C.struct_sg_dispatch
	bindings []C.struct_sg_binding
	args     []byte
	names    []string
	buffers  []*buffer
	seen     map[*buffer]bool
}

func (b *listBuilder) add(s device.Step, pipeline ref) error {
	d := C.struct_sg_dispatch{pipeline: pipeline, binding: C.uint32_t(len(b.bindings)), arg: C.uint32_t(len(b.args))}
	for _, x := range append(s.In[:len(s.In):len(s.In)], s.Out) {
		buf, err := ours(x.Buffer)
		if err != nil {
			return err
		}
		r, at, err := buf.find(part{x.Offset, x.Type.Bytes()})
		if err != nil {
			return err
		}
		b.bindings = append(b.bindings, C.struct_sg_binding{buffer: r, offset: C.uint64_t(at), bytes: C.uint64_t(x.Type.Bytes())})
		if b.seen == nil {
			b.seen = map[*buffer]bool{}
		}
		if !b.seen[buf] {
			b.seen[buf] = true
			b.buffers = append(b.buffers, buf)
		}
	}
	var err error
	if b.args, err = binary.Append(b.args, binary.LittleEndian, s.Args); err != nil {
		return fmt.Errorf("arguments: %w", err)
	}
	d.bindings = C.uint32_t(len(b.bindings)) - d.binding
	d.args = C.uint32_t(len(b.args)) - d.arg
	for i := range 3 {
		d.grid[i], d.group[i] = C.uint32_t(s.Grid[i]), C.uint32_t(s.Group[i])
	}
	if s.Barrier {
		d.barrier = 1
	}
	b.steps, b.names = append(b.steps, d), append(b.names, PipelineName(s))
	return nil
}

// ours is a buffer of this package that was not freed.
func ours(b device.Buffer) (*buffer, error) {
	buf, ok := b.(*buffer)
	if !ok {
		return nil, fmt.Errorf("want a buffer of a Metal device, found %T", b)
	}
	if buf.freed.Load() {
		return nil, errFreed
	}
	return buf, nil
}

var errFreed = errors.New("want memory that is in use, found a buffer that was freed")

func (b *listBuilder) list(d *Device) (*list, error) {
	var pin runtime.Pinner
	defer pin.Unpin()
	a := C.struct_sg_arrays{
		dispatches: unsafe.SliceData(b.steps), bindings: unsafe.SliceData(b.bindings), args: (*C.uint8_t)(unsafe.SliceData(b.args)),
		ndispatches: C.uint32_t(len(b.steps)), nbindings: C.uint32_t(len(b.bindings)), nargs: C.uint32_t(len(b.args)),
	}
	pin.Pin(a.dispatches)
	if a.bindings != nil {
		pin.Pin(a.bindings)
	}
	if a.args != nil {
		pin.Pin(a.args)
	}
	var e C.struct_sg_error
	c := C.sg_list_new(&a, &e)
	if c == nil {
		return nil, errors.New(C.GoString(&e.text[0]))
	}
	l := &list{c: c, names: b.names, buffers: b.buffers, chunk: firstChunk}
	runtime.AddCleanup(l, func(c *C.struct_sg_list) { C.sg_list_free(c) }, c)
	return l, nil
}

// chunk is an encoded part [from, to) of a list, in a command buffer of its own.
type chunk struct {
	command  ref
	from, to int
}

// run runs a list in chunks. Two are under way at a time, so that the GPU has the next when it ends one; ctx is asked between them. While the
// last one runs, the first of the next run is encoded: a token is decoded by the same list as the one before it, only inputs change.
func (d *Device) run(ctx context.Context, l *list) error {
	for _, b := range l.buffers {
		if b.freed.Load() {
			return fmt.Errorf("metal: run: %w", errFreed)
		}
	}
	if d.last != l {
		d.dropSpare()
	}
	again := d.last == l
	d.last = l
	var err error
	var flying []chunk
	slowest := 0.0
	for at := 0; ; {
		for len(flying) < 2 && at < len(l.names) && err == nil && ctx.Err() == nil {
			var c chunk
			if c, err = d.next(l, at); err == nil {
				C.sg_commit(c.command)
				flying, at = append(flying, c), c.to
			}
		}
		if len(flying) == 0 {
			if err == nil && at < len(l.names) {
				err = context.Cause(ctx)
			}
			break
		}
		if again && at == len(l.names) && d.spare.command == 0 && err == nil {
			d.spare, err = d.encode(l, 0)
		}
		seconds, failed := wait(l, flying[0])
		if err == nil {
			err = failed
		}
		slowest = max(slowest, seconds)
		flying = flying[1:]
	}
	if err == nil {
		l.adapt(slowest)
	}
	runtime.KeepAlive(l)
	return err
}

// adapt sets the length of the next command buffers by how long the slowest of the last run kept the GPU, in seconds.
func (l *list) adapt(slowest float64) {
	switch {
	case slowest > longest && l.chunk > 1:
		l.chunk /= 2
	case slowest < shortest && l.chunk < len(l.names):
		l.chunk *= 2
	}
}

// next is the chunk of l that begins at a dispatch: the spare one, or a new one.
func (d *Device) next(l *list, at int) (chunk, error) {
	if at == 0 && d.spare.command != 0 {
		c := d.spare
		d.spare = chunk{}
		return c, nil
	}
	return d.encode(l, at)
}

func (d *Device) encode(l *list, at int) (chunk, error) {
	c := chunk{from: at, to: min(at+l.chunk, len(l.names))}
	var e C.struct_sg_error
	if c.command = C.sg_encode(d.queue, l.c, C.uint32_t(c.from), C.uint32_t(c.to), &e); c.command == 0 {
		return c, fmt.Errorf("metal: run: %s", C.GoString(&e.text[0]))
	}
	return c, nil
}

// dropSpare releases a command buffer that will not be used.
func (d *Device) dropSpare() {
	release(d.spare.command)
	d.spare, d.last = chunk{}, nil
}

// faults names the codes of a command buffer's error, MTLCommandBufferError in Apple's documentation.
var faults = map[int]string{
	1: "internal error", 2: "timeout", 3: "page fault", 4: "access revoked", 7: "not permitted", 8: "out of memory", 9: "invalid resource",
	11: "device removed", 12: "stack overflow",
}

// wait waits for a chunk and returns how long the GPU worked at it, in seconds.
func wait(l *list, c chunk) (float64, error) {
	var seconds C.double
	var e C.struct_sg_error
	if C.sg_wait(c.command, &seconds, &e) == 0 {
		return float64(seconds), nil
	}
	name := faults[int(e.code)]
	if name == "" {
		name = "fault"
	}
	return 0, fmt.Errorf("metal: run: %s in dispatches %d to %d of %d, %s to %s: error %d after %.3f s: %s", name, c.from, c.to-1, len(l.names),
		l.names[c.from], l.names[c.to-1], int(e.code), float64(seconds), C.GoString(&e.text[0]))
}
