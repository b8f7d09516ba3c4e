//go:build darwin || fakemetal

package metal

import (
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"

	"sightglass/engine/device"
)

// limits are what a device can hold, in bytes.
type limits struct {
	buffer     int // the longest buffer
	workingSet int // what all buffers together may be without slowing everything down
}

// buffer is memory of the host that Metal sees too. A file longer than Metal's longest buffer is seen through several, which overlap by
// half, so that each tensor lies whole in one of them.
type buffer struct {
	device *Device
	data   []byte // what the host sees
	lead   int    // bytes between the page that data begins in, and data
	size   int    // bytes of whole pages
	mapped []byte // memory to give back; nil where it is not ours
	views  []view
	freed  atomic.Bool

	mu     sync.Mutex
	copies map[part]*buffer // of tensors that do not begin where kernels may read
}

// alignment is what kernels ask of the beginning of a tensor, in bytes: two words are read at once.
const alignment = 8

// part is size bytes of a buffer, offset bytes from its beginning.
type part struct{ offset, size int }

// view is a Metal buffer over the bytes [from, to), counted from the beginning of the first page.
type view struct {
	ref      ref
	from, to int
}

// Alloc implements device.Device. The memory is zero; Metal takes no copy of it.
func (d *Device) Alloc(bytes int) (device.Buffer, error) {
	if bytes < 0 || bytes > d.limits.buffer {
		return nil, fmt.Errorf("metal: alloc: want 0 to %d bytes, the longest buffer of %s, found %d", d.limits.buffer, d.name, bytes)
	}
	size := pages(max(bytes, 1))
	if err := d.take(size); err != nil {
		return nil, fmt.Errorf("metal: alloc: %w", err)
	}
	memory, err := unix.Mmap(-1, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		d.used.Add(int64(-size))
		return nil, fmt.Errorf("metal: alloc: want %d bytes: %w", bytes, err)
	}
	b := &buffer{device: d, data: memory[:bytes:bytes], size: size, mapped: memory}
	r := newBuffer(d.ref, memory)
	if r == 0 {
		unix.Munmap(memory) // can only fail for what Mmap did not return
		d.used.Add(int64(-size))
		return nil, fmt.Errorf("metal: alloc: %s refused a buffer of %d bytes, with %d in use of %d", d.name, size, d.used.Load(), d.limits.workingSet)
	}
	b.views = []view{{r, 0, size}}
	return b, nil
}

// Wrap implements device.Device: Metal sees the pages that b lies in. Where it refuses them, they are copied, and Note is told.
func (d *Device) Wrap(b []byte) (device.Buffer, error) {
	if len(b) == 0 {
		return nil, fmt.Errorf("metal: wrap: want bytes, found none")
	}
	lead := int(uintptr(unsafe.Pointer(&b[0])) % uintptr(os.Getpagesize()))
	size := pages(lead + len(b))
	if err := d.take(size); err != nil {
		return nil, fmt.Errorf("metal: wrap: %w", err)
	}
	w := &buffer{device: d, data: b, lead: lead, size: size}
	span := unsafe.Slice((*byte)(unsafe.Add(unsafe.Pointer(&b[0]), -lead)), size)
	longest := d.limits.buffer / os.Getpagesize() * os.Getpagesize()
	for from := 0; ; from += pages(longest / 2) {
		to := min(from+longest, size)
		r := newBuffer(d.ref, span[from:to])
		if r == 0 {
			w.release()
			return d.copied(b)
		}
		w.views = append(w.views, view{r, from, to})
		if to == size {
			return w, nil
		}
	}
}

// copied is for memory that Metal does not want to see where it is.
func (d *Device) copied(b []byte) (device.Buffer, error) {
	c, err := d.Alloc(len(b))
	if err != nil {
		return nil, fmt.Errorf("metal: wrap: %s does not take the memory as it is, and a copy fails: %w", d.name, err)
	}
	copy(c.Bytes(), b)
	d.note(fmt.Sprintf("%d bytes of weights are copied: %s does not take the memory as it is", len(b), d.name))
	return c, nil
}

// take counts bytes as used, if the working set has room for them.
func (d *Device) take(bytes int) error {
	if used := d.used.Add(int64(bytes)); used > int64(d.limits.workingSet) {
		d.used.Add(int64(-bytes))
		return fmt.Errorf("out of memory: want %d bytes, with %d in use of the %d that %s recommends", bytes, used-int64(bytes), d.limits.workingSet, d.name)
	}
	return nil
}

// pages rounds up to whole pages.
func pages(bytes int) int {
	page := os.Getpagesize()
	return (bytes + page - 1) / page * page
}

func (b *buffer) Bytes() []byte { return b.data }

// Free implements device.Buffer. A program that used the memory refuses to run from now on.
func (b *buffer) Free() {
	if b.freed.Swap(true) {
		return
	}
	b.release()
	if b.mapped != nil {
		unix.Munmap(b.mapped)
	}
	b.data, b.mapped = nil, nil
}

func (b *buffer) release() {
	for _, v := range b.views {
		release(v.ref)
	}
	for _, c := range b.copies {
		c.Free()
	}
	b.device.used.Add(int64(-b.size))
	b.views = nil
}

// find returns the Metal buffer that holds a part, and where in it that begins.
func (b *buffer) find(p part) (ref, int, error) {
	at := b.lead + p.offset
	for _, v := range b.views {
		if p.offset < 0 || p.size > len(b.data)-p.offset || at < v.from || at+p.size > v.to {
			continue
		}
		if at%alignment == 0 {
			return v.ref, at - v.from, nil
		}
		c, err := b.aligned(p)
		if err != nil {
			return 0, 0, err
		}
		return c.views[0].ref, 0, nil
	}
	return 0, 0, fmt.Errorf("want %d bytes at %d in one Metal buffer, found %d bytes in %d buffers", p.size, p.offset, len(b.data), len(b.views))
}

// aligned is a copy of a part that kernels may not read where it is. Only what is wrapped may be copied: it does not change.
func (b *buffer) aligned(p part) (*buffer, error) {
	if b.mapped != nil {
		return nil, fmt.Errorf("want an offset that is a multiple of %d, found %d", alignment, p.offset)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if c := b.copies[p]; c != nil {
		return c, nil
	}
	d, err := b.device.Alloc(p.size)
	if err != nil {
		return nil, fmt.Errorf("a copy of %d bytes that do not begin at a multiple of %d: %w", p.size, alignment, err)
	}
	c := d.(*buffer)
	copy(c.data, b.data[p.offset:][:p.size])
	if b.copies == nil {
		b.copies = map[part]*buffer{}
	}
	b.copies[p] = c
	b.device.note(fmt.Sprintf("%d bytes of weights are copied: they do not begin at a multiple of %d bytes", p.size, alignment))
	return c, nil
}
