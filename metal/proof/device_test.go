package proof_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"sightglass/engine/device"
	"sightglass/engine/graph"
	"sightglass/engine/tensor"
	"sightglass/metal"
	"sightglass/metal/proof"
)

// toolchain is skipped where there is no compiler, but not where the tests must be whole.
var toolchain = sync.OnceValues(func() (*proof.Toolchain, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return nil, err
	}
	return proof.NewToolchain(filepath.Join(cache, "sightglass", "proof"))
})

func tools(t testing.TB) *proof.Toolchain {
	t.Helper()
	tool, err := toolchain()
	if errors.Is(err, proof.ErrNoCompiler) && os.Getenv("CI") != "true" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return tool
}

// sources are the files of an op's kernel, or nil where it has none.
func sources(t testing.TB, op string) []proof.File {
	t.Helper()
	var files []proof.File
	for _, p := range metal.Parts(op) {
		files = append(files, proof.File(p))
	}
	return files
}

// opened are the libraries of this test run, by build and op.
var opened sync.Map

func library(t testing.TB, build proof.Build, op string) *proof.Library {
	t.Helper()
	key := string(build) + " " + op
	once, _ := opened.LoadOrStore(key, sync.OnceValues(func() (*proof.Library, error) {
		files := sources(t, op)
		if files == nil {
			return nil, nil
		}
		path, err := tools(t).Compile(context.Background(), build, files...)
		if err != nil {
			return nil, err
		}
		return proof.Open(path)
	}))
	l, err := once.(func() (*proof.Library, error))()
	if err != nil {
		t.Fatal(err)
	}
	return l
}

var errNoKernel = errors.New("no kernel")

// stem is the op that a kernel belongs to.
func stem(kernel string) string {
	best := ""
	for _, e := range graph.Catalogue() {
		if n := e.Op.Name(); len(n) > len(best) && (kernel == n || strings.HasPrefix(kernel, n+"_")) {
			best = n
		}
	}
	return best
}

// dev runs programs by the kernels, one schedule or build after the other, and compares what they compute.
type dev struct {
	t           testing.TB
	activations tensor.DType
	library     func(build proof.Build, op string) *proof.Library
	schedules   []proof.Schedule
	builds      []proof.Build
	only        map[string]bool // where set: nothing runs, and the names of the pipelines are put here
}

func (d *dev) Name() string                                    { return "proof" }
func (d *dev) Activations() tensor.DType                       { return d.activations }
func (d *dev) Close() error                                    { return nil }
func (d *dev) Alloc(n int) (device.Buffer, error)              { return &host{make([]byte, n)}, nil }
func (d *dev) Wrap(b []byte) (device.Buffer, error)            { return &host{b}, nil }
func (d *dev) Compile(s []device.Step) (device.Program, error) { return &program{d, s}, nil }

type host struct{ b []byte }

func (h *host) Bytes() []byte { return h.b }
func (h *host) Free()         {}

type program struct {
	dev   *dev
	steps []device.Step
}

func (p *program) Run(context.Context) error {
	for _, s := range p.steps {
		if err := p.dev.step(s); err != nil {
			return err
		}
	}
	return nil
}

func (d *dev) step(s device.Step) error {
	op := stem(s.Kernel)
	if d.only != nil {
		d.only[metal.PipelineName(s)] = true
		return nil
	}
	var first []byte
	for _, build := range d.builds {
		l := d.library(build, op)
		name := metal.PipelineName(s)
		if l == nil || !l.Has(name) {
			return fmt.Errorf("%s.metal: %w %q", op, errNoKernel, name)
		}
		schedules := d.schedules
		if build == proof.Fast {
			schedules = schedules[:1]
		}
		for _, schedule := range schedules {
			out, err := run(l, name, s, schedule)
			if err != nil {
				return err
			}
			if build == proof.Check {
				if first != nil && !bytes.Equal(first, out) {
					return fmt.Errorf("%s, %s: another result than in the first schedule", name, schedule.Name)
				}
				first = out
			}
			if build == d.builds[len(d.builds)-1] && schedule == schedules[len(schedules)-1] {
				copy(s.Out.Array().Data, out)
			}
		}
	}
	return nil
}

// run gives a kernel copies of the buffers, far from each other and no more aligned than is promised: at multiples of 8 bytes.
func run(l *proof.Library, name string, s device.Step, schedule proof.Schedule) ([]byte, error) {
	const gap = 64 << 10
	args, err := binary.Append(nil, binary.NativeEndian, s.Args)
	if err != nil {
		return nil, err
	}
	arrays := []tensor.Array{}
	total := 2 * gap
	for _, x := range append(s.In[:len(s.In):len(s.In)], s.Out) {
		arrays = append(arrays, x.Array())
		total += x.Type.Bytes() + 2*gap
	}
	memory := bytes.Repeat([]byte{0xff}, total)
	at := gap + 8 - int(address(memory)%256)
	place := func(data []byte) []byte {
		b := memory[at : at+len(data) : at+len(data)]
		at += (len(data) + gap + 255) / 256 * 256
		copy(b, data)
		return b
	}
	launch := proof.Launch{Kernel: name, Grid: s.Grid, Group: s.Group, Schedule: schedule}
	out := len(arrays) - 1
	for i, a := range arrays {
		b := proof.Buffer{Access: proof.Read}
		if i == out {
			b.Access = proof.Write
			for k, x := range arrays[:out] {
				if len(a.Data) > 0 && len(x.Data) > 0 && &x.Data[0] == &a.Data[0] {
					b.Data = launch.Buffers[k].Data
				}
			}
		}
		if b.Data == nil {
			b.Data = place(a.Data)
			if i == out {
				copy(b.Data, bytes.Repeat([]byte{0xff}, len(b.Data)))
			}
		}
		launch.Buffers = append(launch.Buffers, b)
	}
	launch.Buffers = append(launch.Buffers, proof.Buffer{Data: place(args), Access: proof.Read})
	if err := l.Run(launch); err != nil {
		return nil, err
	}
	return launch.Buffers[out].Data, nil
}
