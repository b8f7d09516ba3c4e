//go:build linux

package cuda_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"sightglass/engine/device"
	"sightglass/engine/graph"
	"sightglass/engine/op"
	"sightglass/engine/tensor"
	"sightglass/metal/proof/cuda"
)

// fake builds the driver of testdata, which the whole process then uses.
var fake = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "libcuda")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "libcuda.so")
	out, err := exec.Command("cc", "-shared", "-fPIC", "-O1", "-o", path, "testdata/libcuda.c").CombinedOutput()
	if err != nil {
		err = &exec.Error{Name: string(out), Err: err}
	}
	return path, err
})

// kernels is PTX as far as the fake reads it.
var kernels = fstest.MapFS{
	"scale.ptx": {Data: []byte(".entry sgp_scale_f32( .entry sgp_scale_f16(")}, "add.ptx": {Data: []byte(".entry sgp_add_f32(")},
	"cast.ptx": {Data: []byte(".entry sgp_cast_f32_f16_f32( .entry sgp_cast_f16_f32_f16(")},
}

// open returns a device whose launches are written to the file at the path returned.
func open(t *testing.T, o cuda.Options) (*cuda.Device, string) {
	t.Helper()
	library, err := fake()
	if err != nil {
		t.Fatal(err)
	}
	log := filepath.Join(t.TempDir(), "log")
	t.Setenv("FAKE_CUDA_LOG", log)
	o.Library, o.Kernels = library, kernels
	d, err := cuda.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	return d, log
}

func plan(t *testing.T, d device.Device, outputs ...*graph.Node) *graph.Program {
	t.Helper()
	p, err := graph.Plan(d, nil, outputs...)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func run(t *testing.T, p *graph.Program) {
	t.Helper()
	if err := p.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
}

func TestLaunchesWaitForWhatTheyRead(t *testing.T) {
	for _, c := range []struct {
		name   string
		serial bool
		want   []string
	}{
		{"those that read the same wait for none", false, []string{"sgp_scale_f32 after", "sgp_scale_f32 after", "sgp_add_f32 after 0 1", "sgp_scale_f32 after 2"}},
		{"one after the other where asked", true, []string{"sgp_scale_f32 after", "sgp_scale_f32 after 0", "sgp_add_f32 after 1", "sgp_scale_f32 after 2"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, log := open(t, cuda.Options{Activations: tensor.F32, Serial: c.serial})
			x := graph.Input("x", tensor.F32, 8)
			run(t, plan(t, d, op.Scale(op.Add(op.Scale(x, 2), op.Scale(x, 3)), 4)))
			text, err := os.ReadFile(log)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for l := range strings.Lines(string(text)) {
				kernel, rest, _ := strings.Cut(strings.TrimSpace(l), " ")
				_, after, _ := strings.Cut(rest, "after")
				got = append(got, kernel+" after"+after)
			}
			if strings.Join(got, "\n") != strings.Join(c.want, "\n") {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestTheHostSeesResultsAndKernelsSeeInputs(t *testing.T) {
	d, _ := open(t, cuda.Options{Activations: tensor.F32})
	x := graph.Input("x", tensor.F32, 4)
	y := op.Scale(x, 2)
	p := plan(t, d, y)
	for _, v := range []float32{1.5, -7} {
		p.Array(x).F32()[0] = v
		run(t, p)
		if got := p.Array(y).F32()[0]; got != v {
			t.Errorf("got %v, want %v, which the fake kernel copies", got, v)
		}
	}
}

func TestWrappedMemoryIsCopiedOnce(t *testing.T) {
	d, _ := open(t, cuda.Options{Activations: tensor.F32})
	a := tensor.Of([]float32{3, 4}, 2)
	b, err := d.Wrap(a.Data)
	if err != nil {
		t.Fatal(err)
	}
	w := graph.Param("w", tensor.F32, 2)
	w.Bind(device.Slice{Buffer: b, Type: a.Type})
	y := op.Scale(w, 1)
	p := plan(t, d, y)
	run(t, p)
	a.F32()[0] = 5 // behind the device's back
	run(t, p)
	if got := p.Array(y).F32()[0]; got != 3 {
		t.Errorf("got %v, want 3, of the first copy", got)
	}
	w.Array().F32()[0] = 6
	run(t, p)
	if got := p.Array(y).F32()[0]; got != 6 {
		t.Errorf("got %v, want 6, written through the buffer", got)
	}
}

func TestResultsAreLowered(t *testing.T) {
	d, log := open(t, cuda.Options{Activations: tensor.F16})
	run(t, plan(t, d, op.Scale(graph.Input("x", tensor.F32, 4), 2)))
	text, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	if got := string(text); !strings.Contains(got, "sgp_cast_f32_f16_f32 ") || !strings.Contains(got, "sgp_scale_f16 ") {
		t.Errorf("got %s, want casts around scale_f16", got)
	}
}

func TestSelectKeepsTheStepsAsked(t *testing.T) {
	d, _ := open(t, cuda.Options{Activations: tensor.F32})
	x := graph.Input("x", tensor.F32, 8)
	plan(t, d, op.Add(op.Scale(x, 2), op.Scale(x, 3)))
	q, err := d.Last().Select(func(s device.Step) bool { return s.Kernel == "scale" })
	if err != nil {
		t.Fatal(err)
	}
	if len(q.Steps) != 2 {
		t.Errorf("got %d steps, want 2", len(q.Steps))
	}
	if s, err := q.Time(10); err != nil || s != 0.005 {
		t.Errorf("got %v s, %v; want a tenth of the 50 ms that the fake says", s, err)
	}
}

func TestAMissingKernelIsNamed(t *testing.T) {
	d, _ := open(t, cuda.Options{Activations: tensor.BF16})
	_, err := graph.Plan(d, nil, op.Scale(graph.Param("w", tensor.F32, 4), 2))
	if err == nil {
		t.Fatal("want an error for an unbound param")
	}
	_, err = graph.Plan(d, nil, op.Exp(graph.Input("x", tensor.F32, 4)))
	if err == nil || !strings.Contains(err.Error(), "cast_f32_bf16_f32") {
		t.Errorf("got %v, want the name of the kernel that is not there", err)
	}
}

// It comes last: like a real one, the fake driver answers nothing after a fault.
func TestZAKernelThatFailsIsNamed(t *testing.T) {
	d, _ := open(t, cuda.Options{Activations: tensor.F32, Careful: true})
	x := graph.Input("x", tensor.F32, 8)
	p := plan(t, d, op.Add(op.Scale(x, 2), x))
	t.Setenv("FAKE_CUDA_FAIL", "sgp_add")
	err := p.Run(context.Background())
	if err == nil || !strings.Contains(err.Error(), "add_f32") || !strings.Contains(err.Error(), "ILLEGAL_ADDRESS") {
		t.Errorf("got %v, want the kernel and the fault", err)
	}
}
