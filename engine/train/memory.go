package train

import (
	"fmt"

	"sightglass/engine/graph"
	"sightglass/engine/nn"
)

// Estimate is what a training takes, in bytes.
type Estimate struct {
	Model      int  // the weights that stay as they are
	Trained    int  // what is trained, its gradients and the means of AdamW
	Activation int  // results of the longest example
	Kept       int  // results that are computed once for each example
	Recompute  bool // whether results of layers are computed twice rather than kept
}

// Total is the sum.
func (e Estimate) Total() int { return e.Model + e.Trained + e.Activation + e.Kept }

// Fit measures the training on the longest of examples, before any of it runs, and lets layers be computed twice where memory asks for it.
// It returns ErrMemory with the numbers where even that is too much.
func (t *Trainer) Fit(examples []*Example) (Estimate, error) {
	var e Estimate
	if len(examples) == 0 {
		return e, fmt.Errorf("train: want examples, found none")
	}
	longest := examples[0]
	for _, x := range examples {
		if len(x.IDs)+x.Answers() > len(longest.IDs)+longest.Answers() {
			longest = x
		}
	}
	trained := map[*graph.Node]bool{}
	for _, p := range t.params {
		e.Trained += 5 * p.Nodes[0].Type.Bytes() // numbers, gradients on the device and summed, two means
		for _, n := range p.Nodes {
			trained[n] = true
		}
	}
	nn.EachWeight(t.model, func(_ string, n *graph.Node) {
		if n.Bound() && !trained[n] {
			e.Model += n.Type.Bytes()
		}
	})
	for _, e.Recompute = range []bool{false, true} {
		t.recompute = e.Recompute
		if err := t.measure(&e, longest, examples); err != nil {
			return e, err
		}
		if t.Memory <= 0 || e.Total() <= t.Memory {
			return e, nil
		}
	}
	const mb = 1e6
	return e, fmt.Errorf("%w: want %.0f MB (%.0f for the model, %.0f for what is trained, %.0f for examples of %d tokens), there are %.0f; fewer tokens, "+
		"a smaller rank or a quantized model take less", ErrMemory, float64(e.Total())/mb, float64(e.Model)/mb, float64(e.Trained)/mb,
		float64(e.Activation+e.Kept)/mb, len(longest.IDs), float64(t.Memory)/mb)
}

// measure plans a step without taking its memory.
func (t *Trainer) measure(e *Estimate, longest *Example, examples []*Example) error {
	p, outputs, err := t.build(shapeOf(longest, true))
	if err != nil {
		return err
	}
	if e.Activation, err = graph.Peak(t.dev, outputs...); err != nil || p.below == nil {
		return err
	}
	lower, err := graph.Peak(t.dev, p.below)
	e.Activation, e.Kept = max(e.Activation, lower), 0
	for _, x := range examples {
		e.Kept = min(maxKept, e.Kept+4*len(x.IDs)*t.info.Hidden)
	}
	return err
}

// Recompute says whether results of layers are computed twice rather than kept. Fit decides it otherwise.
func (t *Trainer) Recompute(twice bool) {
	t.recompute = twice
	clear(t.programs)
}
