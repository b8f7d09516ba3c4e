package proof_test

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"sightglass/engine/graph"
	_ "sightglass/engine/op"
	"sightglass/engine/tensor"
	"sightglass/metal/proof"
)

func address(b []byte) uintptr { return uintptr(unsafe.Pointer(unsafe.SliceData(b))) }

// weights lists the inputs that models have as Params, which keep their types: the others are activations.
var weights = map[string][]int{
	"angles": {1}, "cache_write": {0}, "cache_write_rope": {0, 2}, "dequantize": {0, 1, 2}, "embedding": {1}, "layernorm": {1, 2}, "linear": {1, 2}, "lora": {2, 3},
	"qembedding": {1, 2, 3}, "qlinear": {1, 2, 3, 4}, "qlinear_add": {2, 3, 4}, "qlinear_silu_mul": {1, 2, 3, 4, 5, 6}, "rmsnorm": {1}, "rope": {2},
}

// tolerance is the mean square error of results, relative to their mean square: a few units in the last place of the type.
var tolerance = map[tensor.DType]float64{tensor.F32: 1e-11, tensor.F16: 1e-6, tensor.BF16: 3e-5}

// Every op, at every size in its cases, computes what its definition says, in every schedule and both builds, and no check finds a fault.
func TestCases(t *testing.T) {
	tools(t)
	for _, e := range graph.Catalogue() {
		op := e.Op.Name()
		if sources(t, op) == nil {
			continue
		}
		t.Run(op, func(t *testing.T) {
			t.Parallel()
			library(t, proof.Check, op)
			library(t, proof.Fast, op)
			for _, d := range typesOf(op) {
				for i, c := range casesOf(e) {
					t.Run(fmt.Sprintf("%s %d %s", d, i, c.In), func(t *testing.T) {
						v := &dev{t: t, activations: d, schedules: proof.Schedules, builds: []proof.Build{proof.Check, proof.Fast}, ran: map[string]bool{}}
						v.library = func(b proof.Build, op string) *proof.Library { return library(t, b, op) }
						if err := v.judge(op, c); err != nil {
							t.Error(err)
						}
					})
				}
			}
		})
	}
}

// typesOf are the types of activations that an op is tested with, the usual one first. The cases of cast name their types.
func typesOf(op string) []tensor.DType {
	if op == "cast" {
		return []tensor.DType{tensor.F32}
	}
	return []tensor.DType{tensor.F16, tensor.F32, tensor.BF16}
}

// casesOf are the op's cases but for those that are too large for its definition.
func casesOf(e graph.Entry) []graph.Case {
	var cases []graph.Case
	for _, c := range e.Cases {
		if !c.Bench {
			cases = append(cases, c)
		}
	}
	return cases
}

// judge runs a case and compares the result with the definition's.
func (d *dev) judge(op string, c graph.Case) error {
	in, feeds := c.Inputs(1)
	for i, n := range in {
		array := feeds[n]
		if array.DType != tensor.F32 {
			bind(n, array)
			continue
		}
		if slices.Contains(weights[op], i) {
			bind(n, array)
			continue
		}
		rounded := tensor.NewArray(d.activations, array.Shape...)
		rounded.Store(array.F32())
		copy(array.F32(), rounded.Floats())
	}
	y := c.Build(in)
	given := map[*graph.Node]tensor.Array{}
	for n, a := range feeds {
		given[n] = tensor.Array{Type: a.Type, Data: slices.Clone(a.Data)}
	}
	want := graph.Eval(given, y)[0]
	p, err := graph.Plan(d, nil, y)
	if err != nil {
		return err
	}
	for n, a := range feeds {
		if p.Has(n) && !n.Bound() {
			copy(p.Array(n).Data, a.Data)
		}
	}
	if err := p.Run(context.Background()); err != nil {
		return err
	}
	if !d.ran[op] {
		return fmt.Errorf("no step ran by %s.metal", op)
	}
	return compare(p.Array(y), want, tolerance[d.activations])
}

// bind makes an input a Param.
func bind(n *graph.Node, a tensor.Array) {
	if a.DType == tensor.I32 {
		return
	}
	*n = *graph.Param(n.Name, a.DType, a.Shape...)
	n.Bind(sliceOf(slices.Clone(a.Data), a.Type))
}

func compare(got, want tensor.Array, tolerance float64) error {
	if got.DType == tensor.I32 {
		if !slices.Equal(got.I32(), want.I32()) {
			return fmt.Errorf("got %v, want %v", got.I32(), want.I32())
		}
		return nil
	}
	g, w := got.Floats(), want.Floats()
	var off, size, worst float64
	at := 0
	for i := range w {
		diff := math.Abs(float64(g[i]) - float64(w[i]))
		if !(diff <= worst) {
			worst, at = diff, i
		}
		off += diff * diff
		size += float64(w[i]) * float64(w[i])
	}
	if err := off / max(size, 1e-20); !(err <= tolerance) {
		var list strings.Builder
		for i := max(0, at-2); i < min(len(w), at+3); i++ {
			fmt.Fprintf(&list, "\n  element %d of %v: got %g, want %g", i, want.Shape, g[i], w[i])
		}
		return fmt.Errorf("got a relative mean square error of %.2g, want at most %.2g; worst:%s", err, tolerance, list.String())
	}
	return nil
}
