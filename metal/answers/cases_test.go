//go:build darwin || fakemetal

package answers_test

import (
	"fmt"
	"slices"
	"testing"

	"sightglass/engine/graph"
	"sightglass/engine/tensor"
	"sightglass/metal/cases"
)

// tolerance is the mean square error of results, relative to their mean square.
var tolerance = map[tensor.DType]float64{tensor.F32: 1e-10, tensor.F16: 2e-6, tensor.BF16: 1e-4}

// Every op computes on Metal what its definition says, also when it runs again.
func TestCasesOfAllOps(t *testing.T) {
	for _, d := range []tensor.DType{tensor.F32, tensor.F16, tensor.BF16} {
		dev := open(t, d)
		for _, e := range graph.Catalogue() {
			if !slices.Contains(cases.Activations(e.Op.Name()), d) {
				continue
			}
			for i, c := range cases.All(e, d) {
				t.Run(fmt.Sprint(i, " ", c.Name()), func(t *testing.T) {
					got, want, err := c.Run(t.Context(), dev, 2)
					if err == nil {
						err = cases.Compare(got, want, tolerance[d])
					}
					if err != nil {
						t.Error(err)
					}
				})
			}
		}
	}
}
