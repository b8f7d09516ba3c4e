package proof

/*
#cgo LDFLAGS: -ldl
#include <dlfcn.h>
#include <stdlib.h>
#include "run.h"

static int dispatch(void *f, const char *kernel, const sgp_launch *l, char *error, uint64_t size) {
	return ((sgp_dispatch_function)f)(kernel, l, error, size);
}
static const char *kernel(void *f, uint32_t i, uint32_t *buffers, uint32_t *memories) {
	return ((sgp_kernel_function)f)(i, buffers, memories);
}
*/
import "C"

import (
	"fmt"
	"maps"
	"runtime"
	"slices"
	"unsafe"
)

// Library is compiled kernels in this process.
type Library struct {
	handle, dispatch unsafe.Pointer
	kernels          map[string]bool
}

// Open loads what Compile made.
func Open(path string) (*Library, error) {
	name := C.CString(path)
	defer C.free(unsafe.Pointer(name))
	h := C.dlopen(name, C.RTLD_NOW|C.RTLD_LOCAL)
	if h == nil {
		return nil, fmt.Errorf("proof: open: %s", C.GoString(C.dlerror()))
	}
	l := &Library{handle: h, dispatch: symbol(h, "sgp_dispatch"), kernels: map[string]bool{}}
	list := symbol(h, "sgp_kernel")
	if l.dispatch == nil || list == nil {
		l.Close()
		return nil, fmt.Errorf("proof: open: %s is no library of kernels", path)
	}
	for i := C.uint32_t(0); ; i++ {
		var buffers, memories C.uint32_t
		k := C.kernel(list, i, &buffers, &memories)
		if k == nil {
			return l, nil
		}
		l.kernels[C.GoString(k)] = true
	}
}

func symbol(h unsafe.Pointer, name string) unsafe.Pointer {
	s := C.CString(name)
	defer C.free(unsafe.Pointer(s))
	return C.dlsym(h, s)
}

// Has reports whether the library has a kernel of this name.
func (l *Library) Has(kernel string) bool { return l.kernels[kernel] }

// Kernels are the names of all kernels.
func (l *Library) Kernels() []string { return slices.Sorted(maps.Keys(l.kernels)) }

// Close unloads the library.
func (l *Library) Close() { C.dlclose(l.handle) }

// Access is what a kernel may do with a buffer.
type Access uint32

// Write alone means that nothing may be read but what the launch has written.
const (
	Read  Access = C.SGP_READ
	Write Access = C.SGP_WRITE
)

// Buffer is memory that a kernel gets. Buffers that share memory must begin at the same byte.
type Buffer struct {
	Data   []byte
	Access Access
}

// Schedule is the order in which threads run between the points where they wait for each other.
type Schedule struct {
	Name string
	Kind uint32
	Seed uint64
}

// Schedules are those under which kernels are judged.
var Schedules = []Schedule{
	{"forward", C.SGP_FORWARD, 0}, {"backward", C.SGP_BACKWARD, 0},
	{"random 1", C.SGP_RANDOM, 1}, {"random 2", C.SGP_RANDOM, 2},
	{"simdgroups 1", C.SGP_SIMDGROUPS, 1}, {"simdgroups 2", C.SGP_SIMDGROUPS, 2}, {"simdgroups 3", C.SGP_SIMDGROUPS, 3},
}

// Launch is one run of a kernel.
type Launch struct {
	Kernel   string
	Buffers  []Buffer
	Memory   []int  // bytes of each block of threadgroup memory that is a parameter
	Grid     [3]int // threadgroups
	Group    [3]int // threads in each
	Schedule Schedule
}

// Run runs a kernel to its end. The error is what the checks found.
func (l *Library) Run(r Launch) error {
	var pin runtime.Pinner
	defer pin.Unpin()
	buffers := make([]C.sgp_buffer, len(r.Buffers)+1)
	for i, b := range r.Buffers {
		if len(b.Data) > 0 {
			pin.Pin(&b.Data[0])
		}
		buffers[i] = C.sgp_buffer{data: unsafe.Pointer(unsafe.SliceData(b.Data)), size: C.uint64_t(len(b.Data)), access: C.uint32_t(b.Access)}
	}
	memory := make([]C.uint32_t, len(r.Memory)+1)
	for i, m := range r.Memory {
		memory[i] = C.uint32_t(m)
	}
	pin.Pin(&buffers[0])
	pin.Pin(&memory[0])
	launch := C.sgp_launch{buffers: &buffers[0], buffer_count: C.uint32_t(len(r.Buffers)), memory: &memory[0], memory_count: C.uint32_t(len(r.Memory)),
		schedule: C.uint32_t(r.Schedule.Kind), seed: C.uint64_t(r.Schedule.Seed)}
	for d := range 3 {
		launch.grid[d], launch.group[d] = C.uint32_t(r.Grid[d]), C.uint32_t(r.Group[d])
	}
	name := C.CString(r.Kernel)
	defer C.free(unsafe.Pointer(name))
	var text [512]C.char
	if C.dispatch(l.dispatch, name, &launch, &text[0], C.uint64_t(len(text))) != 0 {
		return fmt.Errorf("proof: %s, %s: %s", r.Kernel, r.Schedule.Name, C.GoString(&text[0]))
	}
	return nil
}
