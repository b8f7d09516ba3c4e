package kernels

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"unsafe"
)

// isas are all names use may accept.
var isas = []string{"amx", "avx512", "avxvnni", "avx2", "dotprod", "neon"}

// eachISA runs f once for every instruction set of this machine.
func eachISA(t *testing.T, f func(t *testing.T)) {
	best := ISA()
	if best == "none" {
		t.Skip("no C kernels for this architecture")
	}
	defer use(best)
	for _, isa := range isas {
		if use(isa) {
			t.Run(isa, f)
		}
	}
}

// args packs an argument struct: ints and booleans become uint32, float32 stays.
func args(values ...any) []uint32 {
	out := make([]uint32, len(values))
	for i, v := range values {
		switch v := v.(type) {
		case int:
			out[i] = uint32(v)
		case float32:
			out[i] = math.Float32bits(v)
		default:
			panic(fmt.Sprintf("argument %d is a %T", i, v))
		}
	}
	return out
}

// pointer is the address of a slice's first value.
func pointer(slice any) unsafe.Pointer {
	switch s := slice.(type) {
	case []float32:
		return unsafe.Pointer(unsafe.SliceData(s))
	case []uint16:
		return unsafe.Pointer(unsafe.SliceData(s))
	case []int32:
		return unsafe.Pointer(unsafe.SliceData(s))
	case []uint32:
		return unsafe.Pointer(unsafe.SliceData(s))
	case []byte:
		return unsafe.Pointer(unsafe.SliceData(s))
	}
	panic(fmt.Sprintf("buffer is a %T", slice))
}

// launcher collects launches over pinned Go memory.
type launcher struct {
	pin      runtime.Pinner
	launches []Launch
	names    []string // of their kernels
}

func (l *launcher) add(tb testing.TB, name string, barrier bool, args []uint32, buffers ...any) {
	tb.Helper()
	k, ok := Find(name)
	if !ok {
		tb.Fatalf("no kernel %q", name)
	}
	launch := Launch{Kernel: k, Args: pointer(args), Barrier: barrier}
	l.pin.Pin(launch.Args)
	for _, b := range buffers {
		p := pointer(b)
		l.pin.Pin(p)
		launch.Buffers = append(launch.Buffers, p)
	}
	l.launches, l.names = append(l.launches, launch), append(l.names, name)
}

func (l *launcher) list(tb testing.TB) *List {
	tb.Helper()
	list, err := NewList(l.launches)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		list.Free()
		l.pin.Unpin()
	})
	return list
}

func newPool(tb testing.TB, threads int) *Pool {
	tb.Helper()
	p, err := NewPool(threads)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(p.Close)
	return p
}

// call runs one kernel on that many threads. The buffers are inputs, then the output.
func call(t *testing.T, threads int, name string, args []uint32, buffers ...any) {
	t.Helper()
	var l launcher
	l.add(t, name, false, args, buffers...)
	if err := newPool(t, threads).Run(l.list(t), nil); err != nil {
		t.Fatal(err)
	}
}

// guarded is a tensor of n values full of NaN, with more behind it that a kernel must leave alone.
type guarded struct {
	values, guard []float32
}

const guardValue = 12345

func newGuarded(n int) guarded {
	all := make([]float32, n+64)
	for i := range all {
		all[i] = guardValue
		if i < n {
			all[i] = float32(math.NaN())
		}
	}
	return guarded{all[:n:n], all[n:]}
}

// near fails unless got is within tolerance of want, relative to the largest value of want, and the guard is whole.
func near(t *testing.T, got guarded, want []float64, tolerance float64) {
	t.Helper()
	most := 1e-6
	for _, v := range want {
		most = max(most, math.Abs(v))
	}
	for i, v := range want {
		if d := math.Abs(float64(got.values[i]) - v); !(d <= tolerance*most) {
			t.Fatalf("value %d of %d: got %g, want %g", i, len(want), got.values[i], v)
		}
	}
	for i, v := range got.guard {
		if v != guardValue {
			t.Fatalf("wrote %g behind the output, at %d+%d", v, len(want), i)
		}
	}
}

func random(r *rand.Rand, n int) []float32 {
	out := make([]float32, n)
	for i := range out {
		out[i] = float32(r.NormFloat64())
	}
	return out
}

// stored is a tensor in a dtype, and the values that dtype keeps.
type stored struct {
	buffer any
	values []float32
}

var dtypes = []string{"f32", "f16", "bf16"}

func store(dtype string, values []float32) stored {
	if dtype == "f32" {
		return stored{values, values}
	}
	bits, kept := make([]uint16, len(values)), make([]float32, len(values))
	for i, v := range values {
		if dtype == "bf16" {
			bits[i] = uint16(math.Float32bits(v) >> 16)
			kept[i] = math.Float32frombits(uint32(bits[i]) << 16)
		} else {
			bits[i] = toF16(v)
			kept[i] = fromF16(bits[i])
		}
	}
	return stored{bits, kept}
}

// toF16 rounds a normal number of f16 towards zero, and a smaller one to zero.
func toF16(v float32) uint16 {
	b := math.Float32bits(v)
	exp := int(b>>23&255) - 127 + 15
	if exp <= 0 {
		return uint16(b >> 16 & 0x8000)
	}
	return uint16(b>>16&0x8000) | uint16(exp<<10) | uint16(b>>13&0x3ff)
}

func fromF16(h uint16) float32 {
	sign, exp, frac := float32(1), int(h>>10&31), float64(h&0x3ff)
	if h&0x8000 != 0 {
		sign = -1
	}
	if exp == 0 {
		return sign * float32(math.Ldexp(frac, -24))
	}
	return sign * float32(math.Ldexp(1024+frac, exp-25))
}

// storeRows is rows of d values in i8, each with its scale at the end, rounded towards zero.
func storeRows(values []float32, d int) stored {
	var bytes []byte
	kept := make([]float32, 0, len(values))
	for row := range slices.Chunk(values, d) {
		most := 0.0
		for _, v := range row {
			most = max(most, math.Abs(float64(v)))
		}
		scale := float32(most / 120)
		for _, v := range row {
			q := int8(v / scale)
			bytes, kept = append(bytes, byte(q)), append(kept, scale*float32(q))
		}
		bytes = binary.NativeEndian.AppendUint32(bytes, math.Float32bits(scale))
	}
	return stored{bytes, kept}
}

func TestPoolRunsEveryLaunchInOrder(t *testing.T) {
	if ISA() == "none" {
		t.Skip("no C kernels for this architecture")
	}
	for _, threads := range []int{1, 2, 3, 7, 16, 64} {
		t.Run(fmt.Sprintf("%d threads", threads), func(t *testing.T) {
			const n, steps = 1000, 300
			x, one := make([]float32, n), []float32{1}
			var l launcher
			for range steps { // each adds a shifted view, so that order and barriers matter
				l.add(t, "add", true, args(n, 1), x, one, x)
			}
			list, pool := l.list(t), newPool(t, threads)
			for range 3 {
				if err := pool.Run(list, nil); err != nil {
					t.Fatal(err)
				}
			}
			for i, v := range x {
				if v != 3*steps {
					t.Fatalf("x[%d]: got %g, want %d", i, v, 3*steps)
				}
			}
		})
	}
}

func TestBarrierSeparatesThreads(t *testing.T) {
	if ISA() == "none" {
		t.Skip("no C kernels for this architecture")
	}
	// A permutation that reverses halves makes every part read what another part wrote.
	const rows, cols = 64, 96
	a, b := random(rand.New(rand.NewPCG(1, 2)), rows*cols), make([]float32, rows*cols)
	want := append([]float32(nil), a...)
	for _, threads := range []int{2, 5} {
		var l launcher
		for range 100 {
			l.add(t, "permute", true, args(2, rows, cols, 0, 0, 0, 1, 0, 0, 0, 0), a, b)
			l.add(t, "permute", true, args(2, cols, rows, 0, 0, 0, 1, 0, 0, 0, 0), b, a)
		}
		if err := newPool(t, threads).Run(l.list(t), nil); err != nil {
			t.Fatal(err)
		}
		for i := range want {
			if a[i] != want[i] {
				t.Fatalf("%d threads: value %d: got %g, want %g", threads, i, a[i], want[i])
			}
		}
	}
}

func TestRunStopsWhereItIsCancelled(t *testing.T) {
	if ISA() == "none" {
		t.Skip("no C kernels for this architecture")
	}
	for _, threads := range []int{1, 2, 4} {
		x, one := make([]float32, 100000), []float32{1}
		var l launcher
		for range 100000 {
			l.add(t, "add", true, args(len(x), 1), x, one, x)
		}
		list, pool := l.list(t), newPool(t, threads)
		cancel := int32(1)
		if err := pool.Run(list, &cancel); !errors.Is(err, ErrCancelled) {
			t.Fatalf("cancelled before: got %v, want %v", err, ErrCancelled)
		}
		if x[0] != 0 {
			t.Fatalf("cancelled before: %g launches ran, want 0", x[0])
		}
		cancel = 0
		var done sync.WaitGroup
		done.Go(func() { atomic.StoreInt32(&cancel, 1) })
		if err := pool.Run(list, &cancel); !errors.Is(err, ErrCancelled) {
			t.Fatalf("cancelled during: got %v, want %v", err, ErrCancelled)
		}
		done.Wait()
		first := x[0]
		for i, v := range x { // all parts stop at the same launch
			if v != first {
				t.Fatalf("x[%d]: %g launches ran, want %g as for x[0]", i, v, first)
			}
		}
	}
}

func TestConcurrentRunsTakeTurns(t *testing.T) {
	if ISA() == "none" {
		t.Skip("no C kernels for this architecture")
	}
	pool := newPool(t, 3)
	x, one := make([]float32, 999), []float32{1}
	var l launcher
	l.add(t, "add", true, args(len(x), 1), x, one, x)
	list := l.list(t)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				if err := pool.Run(list, nil); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if x[0] != 400 || x[998] != 400 {
		t.Fatalf("got %g and %g runs, want 400", x[0], x[998])
	}
}

func TestFindOfAnUnknownNameIsNone(t *testing.T) {
	if _, ok := Find("linear_f64"); ok {
		t.Fatal("found a kernel that does not exist")
	}
	if _, err := NewList([]Launch{{}}); err == nil {
		t.Fatal("a launch without a kernel was accepted")
	}
}

// words reads bytes as little-end 32-bit words.
func words(b []byte) []uint32 {
	out := make([]uint32, len(b)/4)
	for i := range out {
		out[i] = binary.LittleEndian.Uint32(b[4*i:])
	}
	return out
}
