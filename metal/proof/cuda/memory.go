//go:build linux

package cuda

/*
#include "driver.h"
*/
import "C"

import (
	"fmt"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"

	"sightglass/engine/device"
)

// Buffer is memory of the GPU with a shadow on the host. The shadow is copied up before a run if the host may have changed it, and down when
// the host asks for it after a run. Who keeps what Bytes returned over a run sees neither.
type Buffer struct {
	at     C.sgc_ptr
	shadow []byte
	mapped bool
	mu     sync.Mutex
	host   bool // the host may have changed the shadow
	device bool // a kernel may have changed the GPU's memory
}

// Alloc implements device.Device.
func (d *Device) Alloc(bytes int) (device.Buffer, error) {
	if bytes < 0 || bytes > d.Info.Total {
		return nil, fmt.Errorf("cuda: alloc: want 0 to %d bytes, found %d", d.Info.Total, bytes)
	}
	shadow, err := unix.Mmap(-1, 0, max(bytes, 1), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE|unix.MAP_NORESERVE)
	if err != nil {
		return nil, fmt.Errorf("cuda: alloc: want %d bytes: %w", bytes, err)
	}
	b, err := allocate(shadow)
	if err != nil {
		unix.Munmap(shadow) // can only fail for what Mmap did not return
		return nil, err
	}
	b.shadow, b.mapped = shadow[:bytes], true
	return b, nil
}

// Wrap implements device.Device, with a copy.
func (d *Device) Wrap(data []byte) (device.Buffer, error) {
	if len(data) == 0 {
		return nil, fmt.Errorf("cuda: wrap: want bytes, found none")
	}
	b, err := allocate(data)
	if err != nil {
		return nil, err
	}
	b.host = true
	return b, nil
}

// allocate adds memory of the GPU to a shadow. Kernels may read up to 16 bytes past the end of what they are given.
func allocate(shadow []byte) (*Buffer, error) {
	b := &Buffer{shadow: shadow}
	var e C.sgc_error
	if C.sgc_alloc(C.uint64_t(len(shadow)+16), &b.at, &e) != 0 {
		return nil, fmt.Errorf("cuda: alloc: want %d bytes: %w", len(shadow), failed(&e))
	}
	return b, nil
}

// Bytes implements device.Buffer. It panics where the GPU no longer answers, which the run before should have said.
func (b *Buffer) Bytes() []byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.device && len(b.shadow) > 0 {
		var e C.sgc_error
		if C.sgc_download(unsafe.Pointer(&b.shadow[0]), b.at, C.uint64_t(len(b.shadow)), &e) != 0 {
			panic(fmt.Errorf("cuda: read: %w", failed(&e)))
		}
	}
	b.device, b.host = false, true
	return b.shadow
}

// Free implements device.Buffer.
func (b *Buffer) Free() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.at == 0 {
		return
	}
	C.sgc_free(b.at)
	if b.mapped {
		unix.Munmap(b.shadow)
	}
	b.at, b.shadow = 0, nil
}

// Fill repeats pattern over the GPU's memory. The shadow stays as it was, and untouched.
func (b *Buffer) Fill(pattern []byte) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for at := 0; at < len(b.shadow); at += len(pattern) {
		n := min(len(pattern), len(b.shadow)-at)
		var e C.sgc_error
		if C.sgc_upload(b.at+C.sgc_ptr(at), unsafe.Pointer(&pattern[0]), C.uint64_t(n), &e) != 0 {
			return fmt.Errorf("cuda: fill: %w", failed(&e))
		}
	}
	b.host, b.device = false, true
	return nil
}

// upload brings what the host may have written to the GPU.
func (b *Buffer) upload() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.host || len(b.shadow) == 0 {
		return nil
	}
	var e C.sgc_error
	if C.sgc_upload(b.at, unsafe.Pointer(&b.shadow[0]), C.uint64_t(len(b.shadow)), &e) != 0 {
		return fmt.Errorf("cuda: write: %w", failed(&e))
	}
	b.host = false
	return nil
}

func (b *Buffer) written() {
	b.mu.Lock()
	b.device = true
	b.mu.Unlock()
}

// CopySpeed is how many bytes a second the GPU reads and writes, together, when it copies this many bytes within its memory.
func (d *Device) CopySpeed(bytes int) (float64, error) {
	const times = 20
	a, err := d.Alloc(bytes)
	if err != nil {
		return 0, err
	}
	defer a.Free()
	b, err := d.Alloc(bytes)
	if err != nil {
		return 0, err
	}
	defer b.Free()
	var s C.double
	var e C.sgc_error
	for _, n := range []C.uint32_t{2, times} {
		if C.sgc_copy_time(b.(*Buffer).at, a.(*Buffer).at, C.uint64_t(bytes), n, &s, &e) != 0 {
			return 0, fmt.Errorf("cuda: copy: %w", failed(&e))
		}
	}
	return 2 * float64(bytes) * times / float64(s), nil
}
