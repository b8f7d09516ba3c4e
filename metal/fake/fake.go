//go:build fakemetal && !darwin

// Package fake is a Metal that runs on the host, so that the bridge to Metal is tested on Linux.
package fake

/*
#cgo CFLAGS: -Wall -I${SRCDIR}/include -I${SRCDIR}/../proof
#cgo LDFLAGS: -lobjc -ldl
#include <stdlib.h>
#include "fake.h"
*/
import "C"

import (
	"errors"
	"unsafe"
)

// Orders in which what stands between two barriers runs. Other numbers seed a shuffle.
const (
	InOrder  = C.FAKE_IN_ORDER
	Reversed = C.FAKE_REVERSED
)

// Reset returns to the settings of the start.
func Reset() { C.fake_reset() }

// UseProbes makes the kernels of the bridge's own tests those that there are.
func UseProbes() { C.fake_use(C.fake_probes) }

// UseProven makes the kernels of the libraries that were loaded those that there are.
func UseProven() { C.fake_use(C.fake_proven) }

// Load loads a library of kernels that metal/proof compiled.
func Load(path string) error {
	p := C.CString(path)
	defer C.free(unsafe.Pointer(p))
	if why := C.fake_load(p); why != nil {
		return errors.New("fake: load: " + C.GoString(why))
	}
	return nil
}

// Order sets the order of dispatches between barriers.
func Order(order uint32) { C.fake_order(C.uint32_t(order)) }

// Limits sets the longest buffer and the working set, in bytes.
func Limits(buffer, workingSet int) { C.fake_limits(C.uint64_t(buffer), C.uint64_t(workingSet)) }

// Refuse makes the next n buffers fail.
func Refuse(n int) { C.fake_refuse(C.int(n)) }

// Fail makes the next command buffer end with an error of Metal's.
func Fail(code int) { C.fake_fail(C.int64_t(code)) }

// Live is the number of objects.
func Live() int { return int(C.fake_live()) }

// Committed is the number of command buffers that were committed since Reset.
func Committed() int { return int(C.fake_committed()) }

// Spare is the number of command buffers that exist and were not committed.
func Spare() int { return int(C.fake_spare()) }

// Misuse is the first use of Metal against its rules since Reset, or "".
func Misuse() string { return C.GoString(C.fake_misuse()) }
