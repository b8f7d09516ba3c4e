//go:build fakemetal && !darwin

package metal

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"golang.org/x/sys/unix"

	"sightglass/engine/device"
	"sightglass/engine/tensor"
	"sightglass/metal/fake"
)

// probes has a kernel file for each op of these tests; the fake has the kernels "probe_add_f32" and "probe_sub_f32".
var probes = fstest.MapFS{
	"kernels/prelude.metal": {Data: []byte("// prelude\n")},
	"kernels/probe.metal":   {Data: []byte("// probe\n")},
	"kernels/broken.metal":  {Data: []byte("#error planted: no such type\n")},
}

// openFake opens a device over the fake, and checks at the end that Metal was used by its rules and every object was released.
func openFake(t *testing.T, files fs.FS) *Device {
	t.Helper()
	fake.Reset()
	fake.UseProbes()
	before := fake.Live()
	d, err := open(Options{}, files)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		d.Close()
		for range 500 { // lists are freed by the collector
			if runtime.GC(); fake.Live() == before {
				break
			}
			time.Sleep(time.Millisecond)
		}
		if n := fake.Live() - before; n != 0 {
			t.Errorf("%d objects of Metal leak", n)
		}
		if m := fake.Misuse(); m != "" {
			t.Error("misuse of Metal:", m)
		}
	})
	return d
}

const vector = 512 // elements

// alloc makes memory for n vectors.
func alloc(t *testing.T, d *Device, n int) device.Buffer {
	t.Helper()
	b, err := d.Alloc(n * vector * 4)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Free)
	return b
}

// at is vector i of b.
func at(b device.Buffer, i int) device.Slice {
	return device.Slice{Buffer: b, Offset: i * vector * 4, Type: tensor.Type{Shape: tensor.Shape{vector}}}
}

type addArgs struct{ Plus float32 }

// add is y = a + b + 1.
func add(y, a, b device.Slice, barrier bool) device.Step {
	l := device.Launch{Kernel: "probe_add", Grid: [3]int{vector / 64, 1, 1}, Group: [3]int{64, 1, 1}, Args: addArgs{1}}
	return device.Step{Launch: l, In: []device.Slice{a, b}, Out: y, Barrier: barrier}
}

func compile(t *testing.T, d *Device, steps ...device.Step) device.Program {
	t.Helper()
	p, err := d.Compile(steps)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// chain is n steps over n+2 vectors, each of which needs the one before: sums and, every third time, a difference.
func chain(b device.Buffer, n int) []device.Step {
	var steps []device.Step
	for i := range n {
		s := add(at(b, i+2), at(b, i), at(b, i+1), true)
		s.Args = addArgs{float32(i)}
		if i%3 == 2 {
			s.Kernel = "probe_sub"
		}
		steps = append(steps, s)
	}
	return steps
}

// wantChain is an element of the last vector of a chain, given those of the first two.
func wantChain(first, second float32, n int) float32 {
	for i := range n {
		sign := float32(1)
		if i%3 == 2 {
			sign = -1
		}
		first, second = second, first+sign*second+float32(i)
	}
	return second
}

func TestAListOfDispatchesComputes(t *testing.T) {
	for _, order := range []uint32{fake.InOrder, fake.Reversed, 7} {
		t.Run(fmt.Sprint("order ", order), func(t *testing.T) {
			d := openFake(t, probes)
			fake.Order(order)
			const n = 20 // more than one command buffer at first
			b := alloc(t, d, n+2)
			p := compile(t, d, chain(b, n)...)
			for run := range 5 {
				x, y := at(b, 0).Array().F32(), at(b, 1).Array().F32()
				for i := range x {
					x[i], y[i] = float32(i%7), float32(run)
				}
				if err := p.Run(t.Context()); err != nil {
					t.Fatal(err)
				}
				for i, got := range at(b, n+1).Array().F32() {
					if want := wantChain(float32(i%7), float32(run), n); got != want {
						t.Fatalf("run %d: element %d: got %v, want %v", run, i, got, want)
					}
				}
			}
		})
	}
}

func TestAMissingBarrierIsSeen(t *testing.T) {
	d := openFake(t, probes)
	b := alloc(t, d, 4)
	steps := chain(b, 2)
	steps[1].Barrier = false
	p := compile(t, d, steps...)
	at(b, 0).Array().F32()[0] = 5
	fake.Order(fake.Reversed)
	if err := p.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, want := at(b, 3).Array().F32()[0], wantChain(5, 0, 2); got == want {
		t.Errorf("got %v, as with the barrier", got)
	}
}

func TestTheNextRunIsEncodedWhileOneRuns(t *testing.T) {
	d := openFake(t, probes)
	b := alloc(t, d, 4)
	at(b, 0).Array().F32()[0] = 5
	p, other := compile(t, d, chain(b, 2)...), compile(t, d, add(at(b, 2), at(b, 0), at(b, 0), false))
	for i, c := range []struct {
		program     device.Program
		steps, want int // the last vector that it writes
		spare       int
	}{{p, 2, 6, 0}, {p, 2, 6, 1}, {p, 2, 6, 1}, {other, 1, 11, 0}, {other, 1, 11, 1}, {p, 2, 6, 0}} {
		last := at(b, c.steps+1).Array().F32()
		last[0] = -1
		if err := c.program.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		if last[0] != float32(c.want) {
			t.Errorf("run %d: got %v, want %d", i, last[0], c.want)
		}
		if got := fake.Spare(); got != c.spare {
			t.Errorf("after run %d: got %d spare command buffers, want %d", i, got, c.spare)
		}
	}
}

func TestCommandBuffersGrowWhileTheyAreQuick(t *testing.T) {
	d := openFake(t, probes)
	b := alloc(t, d, 102)
	p := compile(t, d, chain(b, 100)...)
	var got []int
	for before := 0; len(got) < 6; {
		if err := p.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		got = append(got, fake.Committed()-before)
		before = fake.Committed()
	}
	// 8, 16, 32, 64, then all; one that was encoded ahead is as long as those of its time.
	if want := "[13 7 4 3 2 1]"; fmt.Sprint(got) != want {
		t.Errorf("got %v command buffers a run, want %v", got, want)
	}
}

func TestRunsCanBeCancelled(t *testing.T) {
	d := openFake(t, probes)
	b := alloc(t, d, 102)
	p := compile(t, d, chain(b, 100)...)
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("enough")
	cancel(stop)
	if err := p.Run(ctx); !errors.Is(err, stop) || fake.Committed() != 0 {
		t.Errorf("got %v after %d command buffers, want the cause and none", err, fake.Committed())
	}
	if err := p.Run(t.Context()); err != nil {
		t.Errorf("after a cancelled run: %v", err)
	}
	soon := &lateContext{Context: t.Context(), calls: 4}
	fake.Reset()
	if err := p.Run(soon); !errors.Is(err, context.Canceled) || fake.Committed() > 5 {
		t.Errorf("got %v after %d command buffers, want context.Canceled within two", err, fake.Committed())
	}
}

// lateContext ends when it was asked a number of times.
type lateContext struct {
	context.Context
	calls int
}

func (c *lateContext) Err() error {
	if c.calls--; c.calls > 0 {
		return nil
	}
	return context.Canceled
}

func TestErrorsOfCommandBuffersHaveNumbers(t *testing.T) {
	d := openFake(t, probes)
	b := alloc(t, d, 32)
	p := compile(t, d, chain(b, 30)...)
	for code, name := range map[int]string{2: "timeout", 8: "out of memory", 99: "fault"} {
		fake.Fail(code)
		err := p.Run(t.Context())
		want := fmt.Sprintf("metal: run: %s in dispatches 0 to 7 of 30, probe_add_f32 to probe_add_f32: error %d", name, code)
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	if err := p.Run(t.Context()); err != nil {
		t.Errorf("after failed runs: %v", err)
	}
}

func TestProgramsThatCannotRunAreRefused(t *testing.T) {
	d := openFake(t, probes)
	b := alloc(t, d, 3)
	good := add(at(b, 2), at(b, 0), at(b, 1), false)
	change := func(f func(*device.Step)) device.Step {
		s := good
		s.In = append([]device.Slice{}, good.In...)
		f(&s)
		return s
	}
	gone, _ := d.Alloc(vector * 4)
	gone.Free()
	for name, c := range map[string]struct {
		step device.Step
		want string
	}{
		"an offset past the end": {change(func(s *device.Step) { s.Out = at(b, 3) }), "probe_add_f32: want 2048 bytes at 6144 in one Metal buffer, found 6144 bytes"},
		"a negative offset":      {change(func(s *device.Step) { s.In[0] = at(b, -1) }), "want 2048 bytes at -2048"},
		"an odd offset":          {change(func(s *device.Step) { s.Out.Offset -= 4 }), "want an offset that is a multiple of 8, found 4092"},
		"too many threads":       {change(func(s *device.Step) { s.Group[0] = 257 }), "want 1 to 256 threads in a threadgroup and a grid that is not empty, found 257 and 8x1x1"},
		"an empty grid":          {change(func(s *device.Step) { s.Grid[1] = 0 }), "found 64 and 8x0x1"},
		"long arguments":         {change(func(s *device.Step) { s.Args = [1025]uint32{} }), "at most 30 buffers and 4096 bytes of arguments, found 3 and 4100"},
		"memory that was freed":  {change(func(s *device.Step) { s.In[1] = at(gone, 0) }), "found a buffer that was freed"},
		"a form of none":         {change(func(s *device.Step) { s.Variant = "mv" }), `metal: probe.metal: kernel "probe_add_f32_mv": no such kernel in the file`},
		"a file that is broken":  {change(func(s *device.Step) { s.Kernel = "broken_f16" }), "metal: broken.metal does not compile: error 3: #error planted: no such type"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := d.Compile([]device.Step{good, c.step}); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestPipelinesAreMadeInTheBackground(t *testing.T) {
	d := openFake(t, probes)
	b := alloc(t, d, 5)
	steps := chain(b, 3) // two kernels
	unplaced := slices.Clone(steps)
	for i := range unplaced {
		unplaced[i].In, unplaced[i].Out = []device.Slice{{Type: at(b, 0).Type}, {Type: at(b, 0).Type}}, device.Slice{Type: at(b, 0).Type}
	}
	d.pipelines.working.Wait() // the libraries
	before := fake.Live()
	d.Ready(append(unplaced, device.Step{Launch: device.Launch{Kernel: "broken"}, In: unplaced[0].In, Out: unplaced[0].Out}))
	d.pipelines.working.Wait()
	if got := fake.Live() - before; got != 2 {
		t.Errorf("%d pipelines are there before the program, want 2", got)
	}
	compile(t, d, steps...)
	if got := fake.Live() - before; got != 2 {
		t.Errorf("%d pipelines are there with the program, want the same 2", got)
	}
}

func TestMemoryThatWasFreedIsNotUsed(t *testing.T) {
	d := openFake(t, probes)
	b := alloc(t, d, 3)
	p := compile(t, d, add(at(b, 2), at(b, 0), at(b, 1), false))
	b.Free()
	if err := p.Run(t.Context()); !errors.Is(err, errFreed) {
		t.Errorf("got %v, want %v", err, errFreed)
	}
}

func TestStepsWithoutAKernelRunByTheirDefinition(t *testing.T) {
	d := openFake(t, probes)
	var notes []string
	d.note = func(s string) { notes = append(notes, s) }
	b := alloc(t, d, 5)
	double := device.Step{Launch: device.Launch{Kernel: "double"}, In: []device.Slice{at(b, 2)}, Out: at(b, 3), Barrier: true,
		Ref: func(out tensor.Array, in []tensor.Array) {
			for i, v := range in[0].F32() {
				out.F32()[i] = 2 * v
			}
		}}
	p := compile(t, d, add(at(b, 2), at(b, 0), at(b, 1), false), double, add(at(b, 4), at(b, 3), at(b, 3), true))
	if err := p.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, want := at(b, 4).Array().F32()[0], float32(5); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
	if want := "[double has no Metal kernel: it runs on the processor]"; fmt.Sprint(notes) != want {
		t.Errorf("got %v, want %v", notes, want)
	}
}

func TestMemoryIsBounded(t *testing.T) {
	page := os.Getpagesize()
	d := openFake(t, probes)
	d.limits = limits{buffer: 4 * page, workingSet: 6 * page}
	for _, bytes := range []int{-1, 4*page + 1, 1 << 50} {
		if _, err := d.Alloc(bytes); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("want 0 to %d bytes", 4*page)) {
			t.Errorf("%d bytes: got %v, want a refusal with the limit", bytes, err)
		}
	}
	a, err := d.Alloc(4 * page)
	if err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf("metal: alloc: out of memory: want %d bytes, with %d in use of the %d that fake recommends", 3*page, 4*page, 6*page)
	if _, err := d.Alloc(3 * page); err == nil || err.Error() != want {
		t.Errorf("got %v, want %q", err, want)
	}
	a.Free()
	a.Free() // twice is once
	b, err := d.Alloc(3 * page)
	if err != nil {
		t.Fatalf("after freeing: %v", err)
	}
	fake.Refuse(1)
	if _, err := d.Alloc(1); err == nil || !strings.Contains(err.Error(), "refused a buffer") {
		t.Errorf("got %v, want that Metal refused", err)
	}
	b.Free()
	if got := d.used.Load(); got != 0 {
		t.Errorf("%d bytes are counted as used when none is", got)
	}
	if _, err := d.Wrap(nil); err == nil {
		t.Error("nothing was wrapped")
	}
}

// mapped is a file of n vectors after odd bytes, mapped as weights are: element i of vector v is v + i/1000.
func mapped(t *testing.T, odd, n int) []byte {
	t.Helper()
	a := tensor.NewArray(tensor.F32, n, vector)
	for v, row := range a.Rows() {
		for i := range row {
			row[i] = float32(v) + float32(i)/1000
		}
	}
	path := filepath.Join(t.TempDir(), "weights")
	if err := os.WriteFile(path, append(make([]byte, odd), a.Data...), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	data, err := unix.Mmap(int(f.Fd()), 0, odd+len(a.Data), unix.PROT_READ, unix.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Munmap(data) })
	return data
}

func TestWrappedFilesAreReadWhereTheyAre(t *testing.T) {
	page := os.Getpagesize()
	for _, c := range []struct {
		name    string
		odd     int // where in the mapping the vectors begin
		from    int // and the wrapped bytes
		longest int // buffer, in pages
		refuse  int
		views   int
		copied  bool
	}{
		{"whole", 96, 0, 1 << 10, 0, 1, false},
		{"from the middle of a page", 96, 96, 1 << 10, 0, 1, false},
		{"through several buffers", 96, 0, 4, 0, 8, false},
		{"through several buffers from the middle of a page", 96, 96, 4, 0, 8, false},
		{"copied where Metal refuses", 96, 96, 1 << 10, 1, 1, true},
		{"copied where kernels may not read", 100, 8, 1 << 10, 0, 1, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := openFake(t, probes)
			var notes []string
			d.note = func(s string) { notes = append(notes, s) }
			d.limits.buffer = c.longest * page
			const n = 32 // 16 pages of 4096 bytes, and a little
			data := mapped(t, c.odd, n)
			fake.Refuse(c.refuse)
			w, err := d.Wrap(data[c.from:])
			if err != nil {
				t.Fatal(err)
			}
			defer w.Free()
			y := alloc(t, d, 1)
			for v := range n {
				x := device.Slice{Buffer: w, Offset: c.odd - c.from + v*vector*4, Type: at(y, 0).Type}
				if err := compile(t, d, add(at(y, 0), x, x, false)).Run(t.Context()); err != nil {
					t.Fatal(err)
				}
				if got, want := at(y, 0).Array().F32()[7], 2*(float32(v)+float32(7)/1000)+1; got != want {
					t.Errorf("vector %d: got %v, want %v", v, got, want)
				}
			}
			if got := len(w.(*buffer).views); got != c.views || (len(notes) > 0) != c.copied {
				t.Errorf("got %d buffers and %q, want %d and copied %v", got, notes, c.views, c.copied)
			}
		})
	}
}

func TestOpenRefusesIntegers(t *testing.T) {
	if _, err := open(Options{Activations: tensor.I32}, probes); err == nil {
		t.Error("results are never integers")
	}
}
