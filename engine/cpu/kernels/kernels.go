// Package kernels holds the CPU's kernels in C, the thread pool that runs them, and the thin Go side of both.
//
// A kernel's buffers and arguments are described in kernel.h and at the top of each <op>.c. Every kernel is compiled for
// several instruction sets (avx512.c, avxvnni.c, avx2.c, neon.c, dotprod.c; amx.c, products alone) over the vectors of vec_*.h, and Find picks
// the best one of this machine.
package kernels

// #cgo CFLAGS: -O3 -Wno-pass-failed
// #cgo LDFLAGS: -lm -lpthread
// #include <stdlib.h>
// #include "kernel.h"
import "C"

import (
	"errors"
	"fmt"
	"runtime"
	"unsafe"
)

var (
	// ErrCancelled is returned when *cancel was set before the end of a run.
	ErrCancelled = errors.New("kernels: run: cancelled")
	// ErrNoMemory is returned when a thread found no memory for its scratch; the outputs are then undefined.
	ErrNoMemory = errors.New("kernels: run: no memory for scratch")
)

// Alone is how many rows a launch may have for each to come out to the bit as it would alone.
const Alone = C.SG_ALONE

// Kernel is a C kernel. Zero is none.
type Kernel struct{ fn C.sg_kernel }

// Find returns the kernel of that name, and whether there is one.
func Find(name string) (Kernel, bool) {
	c := C.CString(name)
	defer C.free(unsafe.Pointer(c))
	k := Kernel{C.sg_find(c)}
	return k, k.fn != nil
}

// ISA names the instruction set Find chooses from, "none" where there are no kernels.
func ISA() string { return C.GoString(C.sg_isa()) }

// use makes Find choose from another instruction set and reports whether this machine has it.
func use(isa string) bool {
	c := C.CString(isa)
	defer C.free(unsafe.Pointer(c))
	return C.sg_use(c) != 0
}

// Launch is one call of a kernel. Buffers are the inputs in order, then the output; they and Args must stay where they
// are while a List with them is in use, which Go memory does only when pinned. With Barrier, all launches before this
// one are finished first.
type Launch struct {
	Kernel  Kernel
	Buffers []unsafe.Pointer
	Args    unsafe.Pointer
	Barrier bool
}

// maxBuffers is the length of sg_launch.buf.
const maxBuffers = 8

// List is a sequence of launches in C memory, ready to run many times. Free it.
type List struct {
	c *C.sg_launch
	n int
}

// NewList returns the list of the launches.
func NewList(launches []Launch) (*List, error) {
	for i, l := range launches {
		if l.Kernel.fn == nil || len(l.Buffers) > maxBuffers {
			return nil, fmt.Errorf("kernels: launch %d: want a kernel and at most %d buffers, found %d buffers", i, maxBuffers, len(l.Buffers))
		}
	}
	p := (*C.sg_launch)(C.calloc(C.size_t(len(launches)+1), C.sizeof_sg_launch))
	if p == nil {
		return nil, ErrNoMemory
	}
	list := &List{p, len(launches)}
	for i, l := range launches {
		c := list.at(i)
		c.fn, c.nbuf, c.args = l.Kernel.fn, C.int(len(l.Buffers)), l.Args
		if l.Barrier {
			c.barrier = 1
		}
		for j, b := range l.Buffers {
			c.buf[j] = b
		}
	}
	return list, nil
}

func (l *List) at(i int) *C.sg_launch { return &unsafe.Slice(l.c, l.n)[i] }

// Free releases the list; it may be called again.
func (l *List) Free() {
	C.free(unsafe.Pointer(l.c))
	l.c, l.n = nil, 0
}

// Pool is a set of threads that run lists. Its methods may be called from several goroutines; runs take turns.
type Pool struct{ c *C.sg_pool }

// NewPool starts a pool of that many threads, the caller of Run included, so one less; 0 means one a processor.
func NewPool(threads int) (*Pool, error) {
	if threads <= 0 {
		threads = runtime.NumCPU()
	}
	p := C.sg_pool_new(C.int(threads))
	if p == nil {
		return nil, fmt.Errorf("kernels: pool of %d threads: %w", threads, ErrNoMemory)
	}
	return &Pool{p}, nil
}

// Threads is the number of threads the pool has, fewer than asked for where the system grants no more.
func (p *Pool) Threads() int { return int(C.sg_pool_threads(p.c)) }

// Run runs the list on all threads and returns when it is done, or at one of its barriers once *cancel, which may be nil,
// is not 0. Set it with sync/atomic.
func (p *Pool) Run(l *List, cancel *int32) error {
	switch C.sg_run(p.c, l.c, C.int(l.n), (*C.int)(unsafe.Pointer(cancel))) {
	case C.SG_CANCELLED:
		return ErrCancelled
	case C.SG_NO_MEMORY:
		return ErrNoMemory
	}
	return nil
}

// Close ends the threads. No run may be under way, or follow.
func (p *Pool) Close() {
	C.sg_pool_free(p.c)
	p.c = nil
}
