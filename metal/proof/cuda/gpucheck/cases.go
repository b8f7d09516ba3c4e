//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	dev "sightglass/engine/device"
	"sightglass/engine/graph"
	_ "sightglass/engine/op"
	"sightglass/engine/tensor"
)

// weights lists the inputs that models have as Params, which keep their types: the others are activations.
var weights = map[string][]int{
	"angles": {1}, "cache_write": {0}, "cache_write_rope": {0, 2}, "dequantize": {0, 1, 2}, "embedding": {1}, "layernorm": {1, 2}, "linear": {1, 2}, "lora": {2, 3},
	"qembedding": {1, 2, 3}, "qlinear": {1, 2, 3, 4}, "qlinear_add": {2, 3, 4}, "qlinear_silu_mul": {1, 2, 3, 4, 5, 6}, "rmsnorm": {1}, "rope": {2},
}

// tolerance is the mean square error of results, relative to their mean square: a few units in the last place of the type. That of f32 leaves
// room for the GPU's fast division, exponential and square root.
var tolerance = map[tensor.DType]float64{tensor.F32: 1e-10, tensor.F16: 1e-6, tensor.BF16: 3e-5}

// casesSuite runs every case of every op, in each type of activations. An item is one case.
func casesSuite() suite {
	s := suite{name: "cases", columns: []string{"op", "type", "inputs", "error", "verdict"}, patient: 60e9}
	for _, e := range graph.Catalogue() {
		types := []tensor.DType{tensor.F32, tensor.F16, tensor.BF16}
		if e.Op.Name() == "cast" {
			types = types[:1] // its cases name their types
		}
		for _, d := range types {
			for _, c := range e.Cases {
				if c.Bench {
					continue
				}
				s.items = append(s.items, item{fmt.Sprintf("%s %s %s", e.Op.Name(), d, c.In), func() ([]row, error) {
					return judge(e.Op.Name(), d, c)
				}})
			}
		}
	}
	return s
}

// errWrong is for values: the GPU is well.
var errWrong = errors.New("wrong")

func judge(op string, d tensor.DType, c graph.Case) ([]row, error) {
	r := row{"op": op, "type": d.String(), "inputs": c.In, "verdict": "ok"}
	e, err := compareCase(op, d, c)
	r["error"] = e
	if errors.Is(err, errWrong) {
		fmt.Printf("%s %s %s: %v\n", op, d, c.In, err)
		r["verdict"], err = "FAIL", nil
	}
	if math.IsNaN(e) || math.IsInf(e, 0) {
		r["error"] = fmt.Sprint(e)
	}
	return []row{r}, err
}

// compareCase runs a case on the GPU and by its definition, and returns the relative mean square error.
func compareCase(op string, d tensor.DType, c graph.Case) (float64, error) {
	gpu, err := device(d, false)
	if err != nil {
		return 0, err
	}
	in, feeds := c.Inputs(1)
	for i, n := range in {
		a := feeds[n]
		weight := a.DType != tensor.F32 && a.DType != tensor.I32 || a.DType == tensor.F32 && slices.Contains(weights[op], i)
		if weight {
			b, err := gpu.Wrap(slices.Clone(a.Data))
			if err != nil {
				return 0, err
			}
			*n = *graph.Param(n.Name, a.DType, a.Shape...)
			n.Bind(dev.Slice{Buffer: b, Type: a.Type})
			continue
		}
		if a.DType == tensor.F32 {
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
	p, err := graph.Plan(gpu, nil, y)
	if err != nil {
		return 0, err
	}
	for n, a := range feeds {
		if p.Has(n) && !n.Bound() {
			copy(p.Array(n).Data, a.Data)
		}
	}
	for range 2 { // a graph runs more than once
		if err := p.Run(context.Background()); err != nil {
			return 0, err
		}
	}
	return compare(p.Array(y), want, tolerance[d])
}

func compare(got, want tensor.Array, tolerance float64) (float64, error) {
	if got.DType == tensor.I32 {
		if !slices.Equal(got.I32(), want.I32()) {
			return 1, fmt.Errorf("%w: got %v, want %v", errWrong, got.I32(), want.I32())
		}
		return 0, nil
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
	e := off / max(size, 1e-20)
	if !(e <= tolerance) {
		return e, fmt.Errorf("%w: relative mean square error %.2g, at most %.2g; worst at element %d of %v: got %g, want %g", errWrong, e, tolerance, at,
			want.Shape, g[at], w[at])
	}
	return e, nil
}
