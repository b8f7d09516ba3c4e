//go:build linux

// Package cuda runs the Metal kernels on an NVIDIA GPU, compiled to PTX, by the same planned programs: a proof of their values on hardware
// with thousands of threads, and of how near they come to its limits. It is no device of the product.
package cuda

/*
#cgo CFLAGS: -std=c11 -O2 -Wall
#cgo LDFLAGS: -ldl
#include <stdlib.h>
#include "driver.h"
*/
import "C"

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"sync"
	"unsafe"

	"sightglass/engine/tensor"
)

// ErrUnavailable is what Open returns where there is no CUDA driver or no GPU.
var ErrUnavailable = errors.New("cuda: no NVIDIA GPU that can be used")

// Options are how the device is opened.
type Options struct {
	Library     string // the driver; "": libcuda.so.1
	Kernels     fs.FS  // STEM.cubin and STEM.ptx of every kernel file
	Activations tensor.DType
	Careful     bool // wait for each kernel, to name the one that fails
	Serial      bool // one kernel after the other, also where none waits for another
}

// Device is the first GPU. A process opens one driver, whatever the options say later.
type Device struct {
	Options
	Info Info

	mu      sync.Mutex
	modules map[string]unsafe.Pointer // by stem
	stems   []string
	last    *Program
}

// Info is what the driver says of the GPU.
type Info struct {
	Name            string
	Driver          int // 13000 is 13.0
	Multiprocessors int
	L2              int // bytes
	ClockMHz        int
	Free, Total     int // bytes
}

var driver struct {
	sync.Once
	info Info
	err  error
}

func open(library string) (Info, error) {
	if library == "" {
		library = "libcuda.so.1"
	}
	name := C.CString(library)
	defer C.free(unsafe.Pointer(name))
	var c C.sgc_info
	var e C.sgc_error
	if C.sgc_open(name, &c, &e) != 0 {
		return Info{}, fmt.Errorf("%w: %w", ErrUnavailable, failed(&e))
	}
	return Info{Name: C.GoString(&c.name[0]), Driver: int(c.version), Multiprocessors: int(c.multiprocessors), L2: int(c.l2),
		ClockMHz: int(c.clock_khz) / 1000, Free: int(c.free), Total: int(c.total)}, nil
}

// Open finds the GPU. Kernels are loaded as programs need them.
func Open(opts Options) (*Device, error) {
	if !opts.Activations.Float() {
		return nil, fmt.Errorf("cuda: open: want activations in f32, f16 or bf16, found %v", opts.Activations)
	}
	driver.Do(func() { driver.info, driver.err = open(opts.Library) })
	if driver.err != nil {
		return nil, driver.err
	}
	d := &Device{Options: opts, Info: driver.info, modules: map[string]unsafe.Pointer{}}
	for _, pattern := range []string{"*.cubin", "*.ptx"} {
		names, err := fs.Glob(opts.Kernels, pattern)
		if err != nil {
			return nil, err
		}
		for _, n := range names {
			d.stems = append(d.stems, strings.TrimSuffix(n, path.Ext(n)))
		}
	}
	if len(d.stems) == 0 {
		return nil, errors.New("cuda: open: want kernels compiled by build/gpu/build.sh, found none")
	}
	return d, nil
}

// Name implements device.Device.
func (d *Device) Name() string { return "cuda (" + d.Info.Name + ")" }

// Activations is the type of results between kernels.
func (d *Device) Activations() tensor.DType { return d.Options.Activations }

// Close implements device.Device. What the process holds of the GPU it gives back when it ends.
func (d *Device) Close() error { return nil }

// Last is the program that was compiled last.
func (d *Device) Last() *Program { return d.last }

// function finds the kernel that a step runs by, in the file with the longest name that the kernel's begins with.
func (d *Device) function(kernel, name string) (unsafe.Pointer, error) {
	stem := ""
	for _, s := range d.stems {
		if len(s) > len(stem) && (kernel == s || strings.HasPrefix(kernel, s+"_")) {
			stem = s
		}
	}
	if stem == "" {
		return nil, fmt.Errorf("cuda: compile: no kernel file has %q", kernel)
	}
	module, err := d.module(stem)
	if err != nil {
		return nil, err
	}
	symbol := C.CString("sgp_" + name)
	defer C.free(unsafe.Pointer(symbol))
	var f unsafe.Pointer
	var e C.sgc_error
	if C.sgc_function(module, symbol, &f, &e) != 0 {
		return nil, fmt.Errorf("cuda: compile: %s: no kernel %q: %w", stem, name, failed(&e))
	}
	return f, nil
}

// module loads a kernel file: machine code where the driver takes it, else PTX.
func (d *Device) module(stem string) (unsafe.Pointer, error) {
	if m := d.modules[stem]; m != nil {
		return m, nil
	}
	var errs []error
	for _, ext := range []string{".cubin", ".ptx"} {
		image, err := fs.ReadFile(d.Kernels, stem+ext)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		image = append(image, 0)
		var m unsafe.Pointer
		var e C.sgc_error
		if C.sgc_module(unsafe.Pointer(&image[0]), &m, &e) == 0 {
			d.modules[stem] = m
			return m, nil
		}
		errs = append(errs, fmt.Errorf("%s%s: %w", stem, ext, failed(&e)))
	}
	return nil, fmt.Errorf("cuda: compile: %w", errors.Join(errs...))
}

func failed(e *C.sgc_error) error { return errors.New(C.GoString(&e.text[0])) }
