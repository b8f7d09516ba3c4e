package train

import (
	"fmt"
	"strings"

	"sightglass/engine/device"
	"sightglass/engine/graph"
	"sightglass/engine/nn"
	"sightglass/engine/tensor"
)

// thaw makes Params of the chosen layers' weights, and of the embedding and the norms where the language layers are chosen: each gets memory
// of its own in f32. Layers that share memory, as an embedding and the head that is tied to it, keep sharing.
func (t *Trainer) thaw(chosen []layer) error {
	parts := map[string]bool{}
	for _, c := range chosen {
		if c.Scales != nil {
			return fmt.Errorf("train: full: want weights that are not quantized, %q is; use qlora", c.name)
		}
		parts[strings.SplitAfterN(c.name, ".layers.", 2)[0]] = true
	}
	within := func(name string) bool {
		for p := range parts {
			if strings.HasPrefix(name, strings.TrimSuffix(p, "layers.")) {
				return true
			}
		}
		return false
	}
	whole := len(t.Targets) == 1 && t.Targets[0] == language && t.Layers == 0
	picked := map[*graph.Node]bool{}
	for _, c := range chosen {
		picked[c.Weight], picked[c.Bias] = true, true
	}
	shared := map[*byte]*Param{}
	var err error
	nn.EachWeight(t.model, func(name string, n *graph.Node) {
		if err != nil || !n.Bound() || !(picked[n] || whole && within(name)) && shared[&n.Array().Data[0]] == nil {
			return
		}
		old := n.Array()
		if p := shared[&old.Data[0]]; p != nil {
			n.Bind(device.Slice{Buffer: p.buffer, Type: p.Nodes[0].Type})
			p.Nodes = append(p.Nodes, n)
			return
		}
		p := &Param{Name: name, Nodes: []*graph.Node{n}, decay: len(old.Shape) > 1}
		typ := tensor.Type{DType: tensor.F32, Shape: old.Shape}
		if p.buffer, err = t.dev.Alloc(typ.Bytes()); err != nil {
			return
		}
		n.Bind(device.Slice{Buffer: p.buffer, Type: typ})
		old.Convert(n.Array().F32())
		shared[&old.Data[0]] = p
		t.params = append([]*Param{p}, t.params...)
	})
	return err
}
