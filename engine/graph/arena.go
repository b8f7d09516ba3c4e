package graph

import (
	"slices"

	"sightglass/engine/device"
)

// freeList hands out ranges of an arena, first fit, and remembers how large the arena must be.
type freeList struct {
	free []block // by offset, never touching
	top  int
}

func (f *freeList) alloc(size int) block {
	size = (max(size, 1) + align - 1) / align * align
	for i, b := range f.free {
		if b.size >= size {
			if b.size == size {
				f.free = slices.Delete(f.free, i, i+1)
			} else {
				f.free[i] = block{b.offset + size, b.size - size}
			}
			return block{b.offset, size}
		}
	}
	b := block{f.top, size}
	// Grow a free block that ends at the top rather than leave it behind.
	if n := len(f.free); n > 0 && f.free[n-1].offset+f.free[n-1].size == f.top {
		b.offset = f.free[n-1].offset
		f.free = f.free[:n-1]
	}
	f.top = b.offset + size
	return b
}

func (f *freeList) release(b block) {
	i, _ := slices.BinarySearchFunc(f.free, b.offset, func(x block, off int) int { return x.offset - off })
	f.free = slices.Insert(f.free, i, b)
	if i+1 < len(f.free) && b.offset+b.size == f.free[i+1].offset {
		f.free[i].size += f.free[i+1].size
		f.free = slices.Delete(f.free, i+1, i+2)
	}
	if i > 0 && f.free[i-1].offset+f.free[i-1].size == f.free[i].offset {
		f.free[i-1].size += f.free[i].size
		f.free = slices.Delete(f.free, i, i+1)
	}
}

// hazards is the memory touched since the last barrier.
type hazards struct {
	reads, writes []device.Slice
}

func (h *hazards) add(s device.Step) {
	h.reads = append(h.reads, s.In...)
	h.writes = append(h.writes, s.Out)
}

// conflict reports whether s must wait: it reads what was written, or writes what was read or written.
func (h *hazards) conflict(s device.Step) bool {
	for _, w := range h.writes {
		if overlap(w, s.Out) {
			return true
		}
		for _, r := range s.In {
			if overlap(w, r) {
				return true
			}
		}
	}
	return slices.ContainsFunc(h.reads, func(r device.Slice) bool { return overlap(r, s.Out) })
}

func overlap(a, b device.Slice) bool {
	return a.Buffer == b.Buffer && a.Offset < b.Offset+b.Type.Bytes() && b.Offset < a.Offset+a.Type.Bytes()
}
