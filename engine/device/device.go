// Package device says what a backend is: memory, and programs that run lists of kernel launches over it.
package device

import (
	"context"

	"sightglass/engine/tensor"
)

// Device is one place to compute. Its methods may be called from any goroutine. A device that keeps results in another type than f32 says so
// by a method Activations() tensor.DType; the host sees f32 all the same. One whose launches of up to some number of rows give each row to the bit
// what it would get alone says so by a method Alone() int.
type Device interface {
	Name() string
	// Alloc returns zeroed memory. Pages that are never touched need not exist.
	Alloc(bytes int) (Buffer, error)
	// Wrap makes memory of the host, such as a mapped file, readable by kernels without copying it. The bytes must outlive the buffer.
	Wrap(b []byte) (Buffer, error)
	// Compile prepares a list of steps to be run many times.
	Compile(steps []Step) (Program, error)
	Close() error
}

// Readier is a device that takes its time to make kernels ready.
type Readier interface {
	// Ready begins to, in the background, for steps like these, whose buffers need not be there yet. What fails is told by Compile.
	Ready(steps []Step)
}

// Buffer is memory of a device. The host sees it too: every device here has unified memory.
type Buffer interface {
	Bytes() []byte
	Free() // a second time does nothing
}

// Program is a compiled list of steps. A device runs one program at a time.
type Program interface {
	// Run returns when all steps are done, or within one step of the end of ctx with its cause.
	Run(ctx context.Context) error
}

// Slice is a tensor in a buffer, Offset bytes from its beginning.
type Slice struct {
	Buffer Buffer
	Offset int
	Type   tensor.Type
}

// Array views the tensor from the host.
func (s Slice) Array() tensor.Array {
	return tensor.Array{Type: s.Type, Data: s.Buffer.Bytes()[s.Offset:][:s.Type.Bytes()]}
}

// Launch says how to run one kernel. Its buffers are always the inputs in order, the output, and then Args.
type Launch struct {
	Kernel  string // such as "rmsnorm" or "linear_f16": op and, where it matters, the type of the weights
	Grid    [3]int // threadgroups
	Group   [3]int // threads in a threadgroup
	Args    any    // a struct of 32-bit fields, laid out as the kernel's
	Variant string // the form of the kernel that Grid and Group are for, where a GPU has several; the CPU has one of each
}

// Step is one launch of a program.
type Step struct {
	Launch
	In  []Slice
	Out Slice
	// Ref computes Out on the host, for a device that has no such kernel.
	Ref func(out tensor.Array, in []tensor.Array)
	// Barrier is set where the step must wait for the ones before it: it touches memory that they write, or writes memory that they read.
	Barrier bool
}

// PerRow launches one threadgroup for each innermost row of y.
func PerRow(kernel string, args any, y tensor.Type) Launch {
	return Launch{Kernel: kernel, Grid: [3]int{y.Shape.Rows(), 1, 1}, Group: [3]int{rowThreads(y.Shape.Last()), 1, 1}, Args: args}
}

// PerElement launches one thread for each element of y.
func PerElement(kernel string, args any, y tensor.Type) Launch {
	const group = 256
	return Launch{Kernel: kernel, Grid: [3]int{(y.Shape.Size() + group - 1) / group, 1, 1}, Group: [3]int{group, 1, 1}, Args: args}
}

// PerTile launches one threadgroup for each tile of rows x cols of the matrix that y is.
func PerTile(kernel string, args any, y tensor.Type, rows, cols int) Launch {
	ceil := func(n, d int) int { return (n + d - 1) / d }
	return Launch{Kernel: kernel, Grid: [3]int{ceil(y.Shape.Last(), cols), ceil(y.Shape.Rows(), rows), 1}, Group: [3]int{128, 1, 1}, Args: args}
}

// rowThreads keeps a threadgroup between one simdgroup of 32 and 256 threads, with at least four elements a thread.
func rowThreads(n int) int {
	t := 32
	for t < 256 && t*4 < n {
		t *= 2
	}
	return t
}
