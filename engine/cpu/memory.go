package cpu

import (
	"fmt"
	"runtime"

	"golang.org/x/sys/unix"

	"sightglass/engine/device"
)

// maxAlloc is the largest single allocation, in bytes: more than any model here needs, and small enough that sums do not overflow.
const maxAlloc = 1 << 40

// Alloc implements device.Device. The memory is zero and takes no room until it is touched.
func (d *Device) Alloc(bytes int) (device.Buffer, error) {
	if bytes < 0 || bytes > maxAlloc {
		return nil, fmt.Errorf("cpu: alloc: want 0 to %d bytes, found %d", maxAlloc, bytes)
	}
	b, err := unix.Mmap(-1, 0, max(bytes, 1), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		return nil, fmt.Errorf("cpu: alloc: want %d bytes: %w", bytes, err)
	}
	return &buffer{data: b, mapped: true}, nil
}

// Wrap implements device.Device.
func (d *Device) Wrap(b []byte) (device.Buffer, error) {
	if len(b) == 0 {
		return nil, fmt.Errorf("cpu: wrap: want bytes, found none")
	}
	w := &buffer{data: b}
	w.pin.Pin(&b[0]) // kernels hold its address between calls; does nothing for a mapped file
	return w, nil
}

type buffer struct {
	data   []byte
	mapped bool
	pin    runtime.Pinner
}

func (b *buffer) Bytes() []byte { return b.data }

func (b *buffer) Free() {
	if b.mapped {
		unix.Munmap(b.data) // can only fail for what Mmap did not return
	}
	b.pin.Unpin()
	b.data, b.mapped = nil, false
}
