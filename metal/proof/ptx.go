package proof

import (
	"context"
	"regexp"
	"strings"
)

// ptxTarget is what all compilations for NVIDIA GPUs share: Hopper, with arithmetic as fast as Metal's.
var ptxTarget = strings.Fields(`--target=nvptx64-nvidia-cuda -march=sm_90 -Xclang -target-feature -Xclang +ptx80 -nogpulib -Wno-override-module
	-O3 -ffast-math`)

// unroll makes clang unroll what Apple's compiler would: registers cannot be numbered at run time, so that arrays of them would go to memory.
var unroll = strings.Fields("-mllvm -unroll-threshold=4000 -mllvm -unroll-max-iteration-count-to-analyze=64")

// constantSpace is Metal's constant memory, which NVIDIA has as ordinary memory: its own constant memory is small.
var constantSpace = regexp.MustCompile(`\baddrspace\(2\)`)

// PTX compiles the kernels in files, which are read as one text, for NVIDIA GPUs. They are entered under their pipelines' names with twelve
// pointers, of which the first are their buffers. libdevice is the path of NVIDIA's mathematical functions.
func (t *Toolchain) PTX(ctx context.Context, libdevice string, files ...File) ([]byte, error) {
	s, err := t.preprocess(ctx, files)
	if err != nil {
		return nil, err
	}
	ir, err := t.run(ctx, t.shim, []byte(translate(s)), append(append([]string{}, ptxTarget...), frontend...)...)
	if err != nil {
		return nil, err
	}
	ir = constantSpace.ReplaceAll(ir, []byte("addrspace(1)"))
	args := append(append([]string{}, ptxTarget...), unroll...)
	args = append(args, "-x", "ir", "-", "-Xclang", "-mlink-builtin-bitcode", "-Xclang", libdevice, "-S", "-o", "-")
	return t.run(ctx, t.shim, ir, args...)
}
