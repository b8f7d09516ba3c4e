//go:build linux

package main

import (
	"context"
	"fmt"
	"math"

	"sightglass/engine/graph"
	"sightglass/engine/tensor"
	"sightglass/metal/cases"
)

// tolerance is the mean square error of results, relative to their mean square: a few units in the last place of the type. That of f32 leaves
// room for the GPU's fast division, exponential and square root.
var tolerance = map[tensor.DType]float64{tensor.F32: 1e-10, tensor.F16: 1e-6, tensor.BF16: 3e-5}

// casesSuite runs every case of every op, in each type of activations. An item is one case.
func casesSuite() suite {
	s := suite{name: "cases", columns: []string{"op", "type", "inputs", "error", "verdict"}, patient: 60e9}
	for _, e := range graph.Catalogue() {
		for _, d := range cases.Activations(e.Op.Name()) {
			for _, c := range cases.All(e, d) {
				s.items = append(s.items, item{c.Name(), func() ([]row, error) { return judge(c) }})
			}
		}
	}
	return s
}

// judge runs a case twice, as a graph runs more than once. A wrong value is no error: the GPU is well.
func judge(c cases.Case) ([]row, error) {
	r := row{"op": c.Op, "type": c.Activations.String(), "inputs": c.In, "verdict": "ok"}
	gpu, err := device(c.Activations, false)
	if err != nil {
		return nil, err
	}
	got, want, err := c.Run(context.Background(), gpu, 2)
	if err != nil {
		return nil, err
	}
	e := cases.Distance(got, want)
	r["error"] = e
	if math.IsNaN(e) || math.IsInf(e, 0) {
		r["error"] = fmt.Sprint(e)
	}
	if err := cases.Compare(got, want, tolerance[c.Activations]); err != nil {
		fmt.Printf("%s: %v\n", c.Name(), err)
		r["verdict"] = "FAIL"
	}
	return []row{r}, nil
}
