//go:build darwin || fakemetal

package answers_test

import (
	"fmt"
	"slices"
	"testing"

	"sightglass/engine/device"
	"sightglass/engine/graph"
	"sightglass/engine/op"
	"sightglass/engine/tensor"
)

// weights lists the inputs of ops that models have as Params, which keep their types: the others are activations.
var weights = map[string][]int{
	"angles": {1}, "cache_write": {0}, "cache_write_rope": {0, 2}, "dequantize": {0, 1, 2}, "embedding": {1}, "layernorm": {1, 2}, "linear": {1, 2}, "lora": {2, 3},
	"qembedding": {1, 2, 3}, "qlinear": {1, 2, 3, 4}, "qlinear_add": {2, 3, 4}, "qlinear_silu_mul": {1, 2, 3, 4, 5, 6}, "rmsnorm": {1}, "rope": {2},
}

// tolerance is the mean square error of results, relative to their mean square.
var tolerance = map[tensor.DType]float64{tensor.F32: 1e-10, tensor.F16: 2e-6, tensor.BF16: 1e-4}

var _ = op.Add // the ops enter the catalogue

// Every op computes on Metal what its definition says.
func TestCasesOfAllOps(t *testing.T) {
	for _, d := range []tensor.DType{tensor.F32, tensor.F16, tensor.BF16} {
		dev := open(t, d)
		for _, e := range graph.Catalogue() {
			name := e.Op.Name()
			if name == "cast" && d != tensor.F32 {
				continue // its cases name their types
			}
			for i, c := range e.Cases {
				if c.Bench {
					continue
				}
				t.Run(fmt.Sprintf("%s %s %d %s", name, d, i, c.In), func(t *testing.T) { judge(t, dev, d, name, c) })
			}
		}
	}
}

func judge(t *testing.T, dev device.Device, d tensor.DType, name string, c graph.Case) {
	in, feeds := c.Inputs(1)
	for i, n := range in {
		a := feeds[n]
		switch {
		case a.DType == tensor.I32:
		case a.DType != tensor.F32 || slices.Contains(weights[name], i):
			*n = *graph.Param(n.Name, a.DType, a.Shape...)
			b, err := dev.Alloc(a.Bytes())
			if err != nil {
				t.Fatal(err)
			}
			defer b.Free()
			copy(b.Bytes(), a.Data)
			n.Bind(device.Slice{Buffer: b, Type: a.Type})
		default:
			rounded := tensor.NewArray(d, a.Shape...)
			rounded.Store(a.F32())
			copy(a.F32(), rounded.Floats())
		}
	}
	y := c.Build(in)
	given := map[*graph.Node]tensor.Array{}
	for n, a := range feeds {
		given[n] = tensor.Array{Type: a.Type, Data: slices.Clone(a.Data)}
	}
	want := graph.Eval(given, y)[0]
	var scratch graph.Scratch
	defer scratch.Free()
	p, err := graph.Plan(dev, &scratch, y)
	if err != nil {
		t.Fatal(err)
	}
	for n, a := range feeds {
		if p.Has(n) && !n.Bound() {
			copy(p.Array(n).Data, a.Data)
		}
	}
	if err := p.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := p.Array(y)
	if !got.DType.Float() {
		if !slices.Equal(got.Data, want.Data) {
			t.Errorf("got %v, want %v", got.I32(), want.I32())
		}
		return
	}
	if e := distance(got, want); !(e <= tolerance[d]) {
		t.Errorf("got a relative mean square error of %.2g, want at most %.2g", e, tolerance[d])
	}
}

// distance is the mean square error of got, relative to the mean square of want.
func distance(got, want tensor.Array) float64 {
	var off, size float64
	w := want.Floats()
	for i, g := range got.Floats() {
		off += float64(g-w[i]) * float64(g-w[i])
		size += float64(w[i]) * float64(w[i])
	}
	return off / max(size, 1e-20)
}
