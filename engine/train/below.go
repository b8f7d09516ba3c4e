package train

import (
	"context"

	"sightglass/engine/graph"
	"sightglass/engine/tensor"
)

// maxKept is how much memory the hidden states below the first trained layer may take, in bytes; those of further examples are computed anew.
const maxKept = 1 << 30

// cut splits a step at the last hidden state that nothing trained lies below: it is the same in every step, and so is computed once for each
// example and kept. It returns the hidden states above and the last one, h, as they follow from an input.
func (t *Trainer) cut(p *program, taps []*graph.Node, h *graph.Node) ([]*graph.Node, *graph.Node) {
	low := t.frontier(taps)
	if low < 0 {
		return taps, h
	}
	p.below, p.hidden = taps[low], graph.Input("hidden", tensor.F32, taps[low].Shape()...)
	above := graph.Replace(p.below, p.hidden, append(taps[low+1:len(taps):len(taps)], h)...)
	return above[:len(above)-1], above[len(above)-1]
}

// frontier is the index of the last hidden state that depends on nothing trained, or -1.
func (t *Trainer) frontier(taps []*graph.Node) int {
	moves := map[*graph.Node]bool{}
	for _, p := range t.params {
		for _, n := range p.Nodes {
			moves[n] = true
		}
	}
	for _, n := range graph.Reached(taps...) {
		for _, x := range n.In {
			moves[n] = moves[n] || moves[x]
		}
	}
	low := -1
	for i, n := range taps {
		if !moves[n] {
			low = i
		}
	}
	return low
}

// fillBelow gives a step the hidden states that it begins from.
func (t *Trainer) fillBelow(ctx context.Context, p *program, e *Example) error {
	if p.hidden == nil {
		return nil
	}
	rows := t.kept[e]
	if rows == nil {
		p.fillInputs(p.lower, t, e)
		if err := p.lower.Run(ctx); err != nil {
			return err
		}
		rows = append(rows, p.lower.Array(p.below).F32()[:len(e.IDs)*t.info.Hidden]...)
		if size := 4 * len(rows); t.keptBytes+size <= maxKept {
			t.kept[e] = rows
			t.keptBytes += size
		}
	}
	into := p.Array(p.hidden).F32()
	clear(into[copy(into, rows):])
	return nil
}
