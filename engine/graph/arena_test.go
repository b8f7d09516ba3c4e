package graph

import (
	"math/rand/v2"
	"testing"

	"sightglass/engine/device"
	"sightglass/engine/tensor"
)

func TestFreeListNeverHandsOutAByteTwice(t *testing.T) {
	for seed := range uint64(50) {
		r := rand.New(rand.NewPCG(seed, 0))
		var f freeList
		var held []block
		used := map[int]bool{} // by unit of align
		mark := func(b block, to bool) {
			for at := b.offset; at < b.offset+b.size; at += align {
				if used[at] == to {
					t.Fatalf("seed %d: block %v: got byte %d in the state it should come to", seed, b, at)
				}
				used[at] = to
			}
		}
		most, now := 0, 0
		for range 300 {
			if len(held) == 0 || r.IntN(2) == 0 {
				size := r.IntN(10 * align)
				b := f.alloc(size)
				if b.size < max(size, 1) || b.offset%align != 0 || b.size%align != 0 || b.offset+b.size > f.top {
					t.Fatalf("seed %d: got %v for %d bytes below %d", seed, b, size, f.top)
				}
				mark(b, true)
				held = append(held, b)
				now += b.size
				most = max(most, now)
			} else {
				i := r.IntN(len(held))
				mark(held[i], false)
				f.release(held[i])
				now -= held[i].size
				held = append(held[:i], held[i+1:]...)
			}
		}
		for _, b := range held {
			f.release(b)
		}
		if len(f.free) != 1 || f.free[0] != (block{0, f.top}) {
			t.Errorf("seed %d: got free blocks %v, want one of all %d bytes", seed, f.free, f.top)
		}
		if f.top < most || f.top > 3*most {
			t.Errorf("seed %d: got an arena of %d bytes for at most %d at once", seed, f.top, most)
		}
	}
}

func TestFreeListGrowsTheLastFreeBlock(t *testing.T) {
	var f freeList
	f.alloc(align)
	last := f.alloc(align)
	f.release(last)
	if b := f.alloc(3 * align); b.offset != last.offset || f.top != 4*align {
		t.Errorf("got %v of %d bytes, want it to begin at %d and end at %d", b, f.top, last.offset, 4*align)
	}
}

func TestFreeListTakesTheFirstBlockThatFits(t *testing.T) {
	var f freeList
	a, _, c, _ := f.alloc(align), f.alloc(align), f.alloc(2*align), f.alloc(align)
	f.release(a)
	f.release(c)
	if b := f.alloc(2 * align); b != c {
		t.Errorf("got %v, want %v", b, c)
	}
	if b := f.alloc(1); b != a {
		t.Errorf("got %v, want %v", b, a)
	}
}

func TestConflicts(t *testing.T) {
	buf, other := hold(make([]byte, 64)), hold(make([]byte, 64))
	at := func(b device.Buffer, offset, elements int) device.Slice {
		return device.Slice{Buffer: b, Offset: offset, Type: tensor.Type{DType: tensor.F32, Shape: tensor.Shape{elements}}}
	}
	var h hazards
	h.add(device.Step{In: []device.Slice{at(buf, 0, 4)}, Out: at(buf, 16, 4)})
	free := at(buf, 48, 4)
	for _, c := range []struct {
		name string
		step device.Step
		want bool
	}{
		{"reading what is read", device.Step{In: []device.Slice{at(buf, 0, 4)}, Out: free}, false},
		{"reading the last element that is written", device.Step{In: []device.Slice{at(buf, 28, 4)}, Out: free}, true},
		{"reading right behind what is written", device.Step{In: []device.Slice{at(buf, 32, 4)}, Out: free}, false},
		{"writing the last element that is read", device.Step{Out: at(buf, 12, 1)}, true},
		{"writing what is written", device.Step{Out: at(buf, 20, 1)}, true},
		{"writing right behind what is written", device.Step{Out: at(buf, 32, 4)}, false},
		{"the same places of another buffer", device.Step{In: []device.Slice{at(other, 16, 4)}, Out: at(other, 0, 4)}, false},
	} {
		if got := h.conflict(c.step); got != c.want {
			t.Errorf("%s: got conflict %v, want %v", c.name, got, c.want)
		}
	}
}
