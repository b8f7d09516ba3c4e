// Package op is the catalogue of operations, one file each: what an op means, its gradient, how a device runs it, and the cases that alone
// drive its tests and benchmarks. To add an op, add a file.
package op

import (
	"fmt"
	"math"

	"sightglass/engine/device"
	"sightglass/engine/graph"
	"sightglass/engine/tensor"
)

// want is the error for inputs that an op cannot take.
func want(format string, a ...any) (tensor.Type, error) {
	return tensor.Type{}, fmt.Errorf("want "+format, a...)
}

// floats reports whether all the inputs are f32, the type of activations.
func floats(in ...tensor.Type) bool {
	for _, t := range in {
		if t.DType != tensor.F32 {
			return false
		}
	}
	return true
}

func u32(n int) uint32 { return uint32(n) }

// dim is the extent of dimension i of x, or 0 where there is none, which no op takes: the op's Shape says so.
func dim(x *graph.Node, i int) uint32 {
	if i < 0 || i >= len(x.Shape()) {
		return 0
	}
	return u32(x.Shape()[i])
}

// perFour launches a thread for each four numbers of n rows of c: the last of a row may have fewer.
func perFour(kernel string, args any, n, c uint32) device.Launch {
	const group = 256
	threads := int(n) * int((c+3)/4)
	return device.Launch{Kernel: kernel, Grid: [3]int{(threads + group - 1) / group, 1, 1}, Group: [3]int{group, 1, 1}, Args: args}
}

// suffixed names the kernel for numbers of type d, where they can be of another type than usual.
func suffixed(stem string, usual, d tensor.DType) string {
	if d == usual {
		return stem
	}
	return stem + "_" + d.String()
}

func sqrt(x float64) float32 { return float32(math.Sqrt(x)) }

// Gradients returns the gradients of the sum of y·dy with respect to the nodes of wrt, nil where there is none.
func Gradients(y, dy *graph.Node, wrt ...*graph.Node) []*graph.Node {
	return graph.Gradients(Add, y, dy, wrt...)
}
