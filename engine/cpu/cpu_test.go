package cpu_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"reflect"
	"testing"

	"sightglass/engine/cpu"
	"sightglass/engine/graph"
	"sightglass/engine/op"
	"sightglass/engine/tensor"
)

func open(t testing.TB, o cpu.Options) *cpu.Device {
	t.Helper()
	dev, err := cpu.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { dev.Close() })
	return dev
}

// run plans y on dev, feeds it and returns a copy of its values.
func run(t *testing.T, dev *cpu.Device, y *graph.Node, feeds map[*graph.Node]tensor.Array) tensor.Array {
	t.Helper()
	p, err := graph.Plan(dev, nil, y)
	if err != nil {
		t.Fatal(err)
	}
	for n, a := range feeds {
		if p.Has(n) {
			copy(p.Array(n).Data, a.Data)
		}
	}
	if err := p.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	out := tensor.NewArray(y.Type.DType, y.Type.Shape...)
	copy(out.Data, p.Array(y).Data)
	return out
}

// TestKernelsAgreeWithTheDefinitions runs every case of every op with C kernels and by its definition.
func TestKernelsAgreeWithTheDefinitions(t *testing.T) {
	for _, threads := range []int{1, 3} {
		c, definition := open(t, cpu.Options{Threads: threads}), open(t, cpu.Options{Threads: 1, GoOnly: true})
		for _, e := range graph.Catalogue() {
			for i, cs := range e.Cases {
				if cs.Bench {
					continue
				}
				t.Run(fmt.Sprintf("%s/%d on %d threads/%s", e.Op.Name(), i, threads, cs.In), func(t *testing.T) {
					in, feeds := cs.Inputs(uint64(i))
					y := cs.Build(in)
					got, want := run(t, c, y, feeds), run(t, definition, y, feeds)
					if d := distance(got, want); !(d <= 1e-4) && !(d <= 2e-2 && rounds(y.Op)) {
						t.Errorf("relative distance: got %g", d)
					}
				})
			}
		}
	}
}

// rounds reports whether an op may round its activations to 8 bits.
func rounds(o graph.Op) bool {
	exact := reflect.ValueOf(o).FieldByName("Exact")
	return exact.IsValid() && exact.Uint() == 0
}

// distance is |got - want| over |want|, as vectors; infinite for integers that differ.
func distance(got, want tensor.Array) float64 {
	if !got.DType.Float() {
		for i, b := range got.Data {
			if b != want.Data[i] {
				return math.Inf(1)
			}
		}
		return 0
	}
	var diff, norm float64
	w := want.Floats()
	for i, g := range got.Floats() {
		diff += float64(g-w[i]) * float64(g-w[i])
		norm += float64(w[i]) * float64(w[i])
	}
	return math.Sqrt(diff / max(norm, 1e-30))
}

func TestCancelStopsARun(t *testing.T) {
	dev := open(t, cpu.Options{Threads: 2})
	x := graph.Input("x", tensor.F32, 64, 64)
	y := x
	for range 200 {
		y = op.Softmax(y)
	}
	p, err := graph.Plan(dev, nil, y)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("enough")
	cancel(stop)
	if err := p.Run(ctx); !errors.Is(err, stop) {
		t.Errorf("got %v, want the cause", err)
	}
	if err := p.Run(t.Context()); err != nil {
		t.Errorf("after a cancelled run: %v", err)
	}
}

func TestMemoryOutOfBoundsIsRefused(t *testing.T) {
	dev := open(t, cpu.Options{Threads: 1})
	for _, bytes := range []int{-1, 1 << 50} {
		if _, err := dev.Alloc(bytes); err == nil {
			t.Errorf("%d bytes were given", bytes)
		}
	}
	if _, err := dev.Wrap(nil); err == nil {
		t.Error("nothing was wrapped")
	}
}
