package proof

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// ptxTarget is what all compilations for NVIDIA GPUs share: Hopper, with arithmetic as fast as Metal's.
var ptxTarget = strings.Fields(`--target=nvptx64-nvidia-cuda -march=sm_90 -Xclang -target-feature -Xclang +ptx80 -nogpulib -Wno-override-module
	-O3 -ffast-math`)

// unroll makes clang inline and unroll what compilers for GPUs do: registers have no addresses, so that arrays of them would go to memory.
var unroll = strings.Fields("-mllvm -inline-threshold=100000 -mllvm -unroll-threshold=4000 -mllvm -unroll-max-iteration-count-to-analyze=64")

// constantSpace is Metal's constant memory, which NVIDIA has as ordinary memory: its own constant memory is small.
var constantSpace = regexp.MustCompile(`\baddrspace\(2\)`)

// ptxas spares registers for more threads than a multiprocessor gets, and puts off reads for it until each waits alone. Products of one row are
// told that 512 threads do.
var oneRow = regexp.MustCompile(`(?s)(\.entry sgp_q?linear_\w*_mv(?:_\w+)?\([^)]*\))`)

// PTX compiles the kernels in files, which are read as one text, for NVIDIA GPUs. They are entered under their pipelines' names with twelve
// pointers, of which the first are their buffers. libdevice is the path of NVIDIA's mathematical functions.
func (t *Toolchain) PTX(ctx context.Context, libdevice string, files ...File) ([]byte, error) {
	h := sha256.New()
	fmt.Fprintf(h, "%s %q %q %q %s\n", t.hash, ptxTarget, unroll, oneRow, libdevice)
	for _, f := range files {
		fmt.Fprintf(h, "%q %q\n", f.Name, f.Text)
	}
	kept := filepath.Join(t.shim, hex.EncodeToString(h.Sum(nil))[:24]+".ptx")
	if ptx, err := os.ReadFile(kept); err == nil {
		return ptx, nil
	}
	ptx, err := t.ptx(ctx, libdevice, files)
	if err != nil {
		return nil, err
	}
	return ptx, os.WriteFile(kept, ptx, 0o644)
}

func (t *Toolchain) ptx(ctx context.Context, libdevice string, files []File) ([]byte, error) {
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
	ptx, err := t.run(ctx, t.shim, ir, args...)
	return oneRow.ReplaceAll(ptx, []byte("$1\n.maxntid 128, 1, 1\n.minnctapersm 4")), err
}
