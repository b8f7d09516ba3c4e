//go:build linux

// Command gpucheck runs the Metal kernels, compiled for an NVIDIA GPU, there: values, the built-in model, and speed. metal/proof/cuda/run.sh
// calls it; build/gpu/build.sh builds it.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"sightglass/engine/tensor"
	"sightglass/metal/proof/cuda"
)

type options struct {
	kernels, library, out, screens, model string
	peak                                  float64 // FLOP/s
	careful                               bool
	from                                  int // item that a worker begins with
}

var opts options

func main() {
	exe, _ := os.Executable()
	flag.StringVar(&opts.kernels, "kernels", filepath.Join(filepath.Dir(exe), "kernels"), "folder of compiled kernels")
	flag.StringVar(&opts.library, "libcuda", "", "path of the CUDA driver")
	flag.StringVar(&opts.out, "out", "", "folder for NAME.md and NAME.json")
	flag.StringVar(&opts.model, "model", "engine/builtin", "folder of the built-in model: model, adapter and sample.png")
	flag.StringVar(&opts.screens, "screens", "engine/builtin/testdata/screens", "folder of the golden answers and their pictures")
	flag.Float64Var(&opts.peak, "peak", 0, "FLOP/s of f16 matrix products on this GPU, as another library reaches them")
	flag.BoolVar(&opts.careful, "careful", false, "wait for each kernel, to name the one that fails")
	flag.IntVar(&opts.from, "from", -1, "run items from this one on, as a worker")
	flag.Parse()
	suites := map[string]func() suite{"info": infoSuite, "cases": casesSuite, "builtin": builtinSuite, "bench": benchSuite, "whole": wholeSuite}
	make, ok := suites[flag.Arg(0)]
	if !ok || flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "usage: gpucheck [flags] info | cases | builtin | bench | whole")
		flag.PrintDefaults()
		os.Exit(2)
	}
	s := make()
	if opts.from >= 0 {
		os.Exit(s.work(opts.from))
	}
	if _, err := device(tensor.F16, false); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(s.supervise())
}

// device opens the GPU once for each type of activations.
func device(d tensor.DType, serial bool) (*cuda.Device, error) {
	type key struct {
		d      tensor.DType
		serial bool
	}
	if dev := opened[key{d, serial}]; dev != nil {
		return dev, nil
	}
	dev, err := cuda.Open(cuda.Options{Library: opts.library, Kernels: os.DirFS(opts.kernels), Activations: d, Careful: opts.careful, Serial: serial})
	if err == nil {
		opened[key{d, serial}] = dev
	}
	return dev, err
}

var opened = map[any]*cuda.Device{}
