//go:build fakemetal && !darwin

package metal

/*
#cgo CFLAGS: -I${SRCDIR}/fake -I${SRCDIR}/fake/include
#cgo LDFLAGS: -lobjc
#include <stdlib.h>
#include "encode.h"
#include "fake.h"
*/
import "C"

import (
	"errors"
	"unsafe"

	_ "sightglass/metal/fake" // defines what fake.h declares
)

// text is where the fake writes a reason.
type text [1024]C.char

func (t *text) made(r C.uintptr_t) (ref, error) {
	if r == 0 {
		return 0, errors.New(C.GoString(&t[0]))
	}
	return ref(r), nil
}

func systemDevice() (ref, error) { return ref(C.fake_device()), nil }

func describe(dev ref) (string, limits) {
	var name text
	var buffer, workingSet C.uint64_t
	C.fake_describe(dev, &name[0], C.size_t(len(name)), &buffer, &workingSet)
	return C.GoString(&name[0]), limits{buffer: int(buffer), workingSet: int(workingSet)}
}

func newQueue(dev ref) (ref, error) { return ref(C.fake_queue(dev)), nil }

func newLibrary(dev ref, source string) (ref, error) {
	s := C.CString(source)
	defer C.free(unsafe.Pointer(s))
	var why text
	return why.made(C.fake_library(dev, s, &why[0], C.size_t(len(why))))
}

func newPipeline(dev, lib ref, name string) (ref, error) {
	s := C.CString(name)
	defer C.free(unsafe.Pointer(s))
	var why text
	return why.made(C.fake_pipeline(dev, lib, s, &why[0], C.size_t(len(why))))
}

func newBuffer(dev ref, memory []byte) ref {
	return ref(C.fake_buffer(dev, unsafe.Pointer(unsafe.SliceData(memory)), C.uint64_t(len(memory))))
}
