package proof_test

import (
	"context"
	"fmt"
	"maps"
	"testing"
	"unsafe"

	"sightglass/engine/graph"
	"sightglass/engine/tensor"
	"sightglass/metal"
	"sightglass/metal/cases"
	"sightglass/metal/proof"
)

func address(b []byte) uintptr { return uintptr(unsafe.Pointer(unsafe.SliceData(b))) }

// tolerance is the mean square error of results, relative to their mean square: a few units in the last place of the type.
var tolerance = map[tensor.DType]float64{tensor.F32: 1e-11, tensor.F16: 1e-6, tensor.BF16: 3e-5}

// Every op, at every size in its cases and with weights of every type, computes what its definition says, in every schedule and both builds,
// and no check finds a fault.
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
			for _, d := range cases.Activations(op) {
				for i, c := range cases.All(e, d) {
					t.Run(fmt.Sprint(i, " ", c.Name()), func(t *testing.T) {
						v := &dev{t: t, activations: d, schedules: proof.Schedules, builds: []proof.Build{proof.Check, proof.Fast}}
						v.library = func(b proof.Build, op string) *proof.Library { return library(t, b, op) }
						if err := v.judge(c); err != nil {
							t.Error(err)
						}
					})
				}
			}
		})
	}
}

// No kernel is there that no case runs.
func TestEveryKernelIsRun(t *testing.T) {
	tools(t)
	run := map[string]bool{}
	for _, e := range graph.Catalogue() {
		for _, d := range cases.Activations(e.Op.Name()) {
			maps.Copy(run, kernelsOf(t, cases.All(e, d)))
		}
	}
	kernels := 0
	for _, op := range metal.Stems() {
		for _, kernel := range library(t, proof.Fast, op).Kernels() {
			kernels++
			if !run[kernel] {
				t.Errorf("%s: no case runs it", kernel)
			}
		}
	}
	t.Logf("%d kernels", kernels)
}

// judge runs a case and compares the result with the definition's.
func (d *dev) judge(c cases.Case) error {
	got, want, err := c.Run(context.Background(), d, 1)
	if err != nil {
		return err
	}
	return cases.Compare(got, want, tolerance[d.activations])
}
