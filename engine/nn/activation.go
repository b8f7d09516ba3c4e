package nn

import (
	"fmt"

	"sightglass/engine/graph"
	"sightglass/engine/op"
)

// Activation returns the function that config.json names.
func Activation(name string) (func(x *graph.Node) *graph.Node, error) {
	switch name {
	case "gelu":
		return op.GELUErf, nil
	case "gelu_pytorch_tanh":
		return op.GELUTanh, nil
	case "quick_gelu":
		return op.QuickGELU, nil
	case "silu":
		return op.SiLU, nil
	}
	return nil, fmt.Errorf("config.json: activation: want \"gelu\", \"gelu_pytorch_tanh\", \"quick_gelu\" or \"silu\", found %q", name)
}
