package metal

// Metal's own function has no binding in darwinkit. Apple asks programs without a window to link Core Graphics, or it finds no device.

/*
#include "encode.h"
void *MTLCreateSystemDefaultDevice(void);
*/
import "C"

import (
	"errors"
	"fmt"
	"unsafe"

	"github.com/progrium/darwinkit/macos/foundation"
	"github.com/progrium/darwinkit/macos/metal"
	"github.com/progrium/darwinkit/objc"
)

// Objects come from methods named new..., which hand over a reference that darwinkit does not release: each ref is ours.

func systemDevice() (r ref, err error) {
	objc.WithAutoreleasePool(func() {
		p := C.MTLCreateSystemDefaultDevice()
		if p == nil {
			err = fmt.Errorf("%w: macOS offers no GPU to this process", ErrUnavailable)
			return
		}
		d := deviceOf(refOf(p))
		if objc.Call[uint64](d, objc.Sel("hasUnifiedMemory"))&0xff == 0 { // a whole register: libffi writes eight bytes, and a bool has one
			err = fmt.Errorf("%w: %s has memory of its own, which the engine does not use", ErrUnavailable, d.Name())
			d.Release()
			return
		}
		r = refOf(p)
	})
	return r, err
}

func describe(dev ref) (name string, l limits) {
	objc.WithAutoreleasePool(func() {
		d := deviceOf(dev)
		name = d.Name()
		l = limits{buffer: int(d.MaxBufferLength()), workingSet: int(d.RecommendedMaxWorkingSetSize())}
	})
	return name, l
}

func newQueue(dev ref) (r ref, err error) {
	objc.WithAutoreleasePool(func() {
		if r = refOf(deviceOf(dev).NewCommandQueue().Ptr()); r == 0 {
			err = errors.New("metal: open: want a command queue, found none")
		}
	})
	return r, err
}

// newLibrary compiles a source. The error is the compiler's log. Fast mathematics are off: what was proven without a Mac was proven by the
// rules of IEEE 754, with infinities; kernels ask for fast functions by name.
func newLibrary(dev ref, source string) (r ref, err error) {
	objc.WithAutoreleasePool(func() {
		options := metal.NewCompileOptions()
		options.SetFastMathEnabled(false)
		why := new(unsafe.Pointer)
		lib := deviceOf(dev).NewLibraryWithSourceOptionsError(source, options, unsafe.Pointer(why))
		r, err = made(lib, why) // warnings leave an error beside a library
	})
	return r, err
}

// newPipeline sends its message itself: darwinkit's method wraps the function as a protocol of Go, and panics.
func newPipeline(dev, lib ref, name string) (r ref, err error) {
	objc.WithAutoreleasePool(func() {
		f := metal.LibraryObject{Object: objectOf(lib)}.NewFunctionWithName(name)
		if f.IsNil() {
			err = errors.New("no such kernel in the file")
			return
		}
		defer f.Release()
		why := new(unsafe.Pointer)
		p := objc.Call[metal.ComputePipelineStateObject](deviceOf(dev), objc.Sel("newComputePipelineStateWithFunction:error:"), f, unsafe.Pointer(why))
		r, err = made(p, why)
	})
	return r, err
}

// newBuffer makes whole pages of the host a buffer, without copying. It is 0 where Metal refuses them. The message is sent here because
// darwinkit's method makes a block of any deallocator, even of none.
func newBuffer(dev ref, memory []byte) (r ref) {
	objc.WithAutoreleasePool(func() {
		b := objc.Call[metal.BufferObject](deviceOf(dev), objc.Sel("newBufferWithBytesNoCopy:length:options:deallocator:"),
			unsafe.Pointer(unsafe.SliceData(memory)), uint(len(memory)), metal.ResourceStorageModeShared, unsafe.Pointer(nil))
		r = refOf(b.Ptr())
	})
	return r
}

// made is the reference to a new object, or the NSError that is there instead.
func made(o objc.IObject, why *unsafe.Pointer) (ref, error) {
	switch {
	case !o.IsNil():
		return refOf(o.Ptr()), nil
	case *why == nil:
		return 0, errors.New("no reason given")
	}
	e := foundation.ErrorFrom(*why)
	return 0, fmt.Errorf("error %d: %s", e.Code(), e.LocalizedDescription())
}

func refOf(p unsafe.Pointer) ref { return ref(uintptr(p)) }

// objectOf reads the reference as a pointer: it is one, to memory that Go does not manage.
func objectOf(r ref) objc.Object { return objc.ObjectFrom(*(*unsafe.Pointer)(unsafe.Pointer(&r))) }

func deviceOf(r ref) metal.DeviceObject { return metal.DeviceObject{Object: objectOf(r)} }
