package op

import (
	"sightglass/engine/device"
	"sightglass/engine/graph"
	"sightglass/engine/tensor"
)

// Detach is x as a constant: no gradient flows through it.
func Detach(x *graph.Node) *graph.Node { return graph.Apply(detach{}, x) }

type detach struct{}

var _ = graph.Define(detach{}, graph.Cases(func(in []*graph.Node) *graph.Node {
	return Detach(in[0])
}, "3x64", "1"))

func (detach) Name() string { return "detach" }

func (detach) Shape(in []tensor.Type) (tensor.Type, error) {
	if !floats(in[0]) {
		return want("x f32")
	}
	return in[0], nil
}

func (detach) View() {}

func (detach) Ref(y tensor.Array, in []tensor.Array) { copy(y.Data, in[0].Data) }

func (detach) Launch(tensor.Type, []tensor.Type) device.Launch { return device.Launch{} }

func (detach) Grad(_, _ *graph.Node, _ []*graph.Node) []*graph.Node { return graph.NoGrad() }
