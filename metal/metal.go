// Package metal is the device of Apple's GPUs. It runs the kernels of kernels/ by name; objects are made through darwinkit, and lists of
// dispatches run in one native call.
package metal

import (
	"errors"
	"strings"

	"sightglass/engine/device"
	"sightglass/engine/tensor"
)

// ErrUnavailable is what Open returns where there is no Metal, or no GPU that it may use.
var ErrUnavailable = errors.New("metal: not available on this machine")

// Options are how the device is opened.
type Options struct {
	// Activations is the type in which results stay between kernels: F16 reads and writes half of what F32 does.
	Activations tensor.DType
	// Note is told, in a sentence, what is slower or larger than it need be, and why. It may be nil, and is called from any goroutine.
	Note func(string)
}

// PipelineName is the name of the kernel that runs a step: that of the launch, the type of its activations, and the form of the kernel, such
// as "linear_bf16_f16_mv".
func PipelineName(s device.Step) string {
	name := s.Kernel + "_" + activation(s).String()
	if s.Variant != "" {
		name += "_" + s.Variant
	}
	return name
}

// activation is the type of the first floating input that is data, or of the result where none is: rows are taken by number from a table.
func activation(s device.Step) tensor.DType {
	in := s.In
	if len(in) > 1 && strings.HasPrefix(s.Kernel, "cache_write_") {
		in = in[1:] // the first is the cache, which has a type of its own
	}
	if len(in) > 0 && in[0].Type.DType.Float() {
		return in[0].Type.DType
	}
	return s.Out.Type.DType
}
