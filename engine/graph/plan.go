package graph

import (
	"context"
	"fmt"
	"slices"

	"sightglass/engine/device"
	"sightglass/engine/tensor"
)

// align is the alignment of tensors in the arena, in bytes: a cache line pair, and what Metal asks of constant buffers.
const align = 256

// Program is a planned graph on a device: run it as often as you like, changing only the inputs.
type Program struct {
	program device.Program
	arena   device.Buffer
	places  map[*Node]device.Slice
	steps   int
}

// Plan makes a program that computes outputs. All intermediate results share one arena, which the program owns unless scratch is given;
// programs that never run at the same time may share scratch if none reads the other's outputs after running.
func Plan(dev device.Device, scratch *Scratch, outputs ...*Node) (*Program, error) {
	p, node, err := layout(dev, outputs)
	if err != nil {
		return nil, err
	}
	arena, err := scratch.take(dev, p.free.top)
	if err != nil {
		return nil, fmt.Errorf("graph: plan: want %d bytes for intermediate results: %w", p.free.top, err)
	}
	steps := p.steps(arena)
	prog, err := dev.Compile(steps)
	if err != nil {
		return nil, err
	}
	for _, n := range outputs {
		p.places[n] = p.places[node(n)]
	}
	return &Program{program: prog, arena: arena, places: p.places, steps: len(steps)}, nil
}

// Peak is how many bytes a program of these outputs takes beside its Params, without taking them.
func Peak(dev device.Device, outputs ...*Node) (int, error) {
	p, _, err := layout(dev, outputs)
	if err != nil {
		return 0, err
	}
	return p.free.top, nil
}

// Ready tells a device of a program that it will soon be asked for, if it wants to know. It allocates nothing.
func Ready(dev device.Device, outputs func() []*Node) error {
	r, ok := dev.(device.Readier)
	if !ok {
		return nil
	}
	var list []*Node
	if err := Build(func() { list = outputs() }); err != nil {
		return err
	}
	p, _, err := layout(dev, list)
	if err == nil {
		r.Ready(p.steps(nil))
	}
	return err
}

// layout gives every node that a device computes a place in the arena. node leads from the nodes asked for to those computed in their stead.
func layout(dev device.Device, outputs []*Node) (p *planner, node func(*Node) *Node, err error) {
	node = func(n *Node) *Node { return n }
	if d := activations(dev); d != tensor.F32 {
		low := lower(outputs, d)
		node = func(n *Node) *Node { return low[n] }
	}
	computed := make([]*Node, len(outputs))
	for i, n := range outputs {
		computed[i] = node(n)
	}
	p = &planner{places: map[*Node]device.Slice{}, root: map[*Node]*Node{}, sharing: map[*Node][]*Node{}, last: map[*Node]int{}, block: map[*Node]block{}, group: map[*Node]bool{}}
	return p, node, p.lay(computed)
}

// activations is the type in which a device keeps results: f32 unless it says otherwise.
func activations(dev device.Device) tensor.DType {
	if d, ok := dev.(interface{ Activations() tensor.DType }); ok {
		return d.Activations()
	}
	return tensor.F32
}

// Run computes the outputs from the inputs.
func (p *Program) Run(ctx context.Context) error { return p.program.Run(ctx) }

// Array views an input or output of the program.
func (p *Program) Array(n *Node) tensor.Array { return p.places[n].Array() }

// Has reports whether the program reads or computes n.
func (p *Program) Has(n *Node) bool { _, ok := p.places[n]; return ok }

// Steps is the number of launches in one run.
func (p *Program) Steps() int { return p.steps }

// Scratch is memory that several programs use in turn. It grows to the largest of them. A nil Scratch gives each program its own.
type Scratch struct {
	buffers []device.Buffer
}

func (s *Scratch) take(dev device.Device, bytes int) (device.Buffer, error) {
	if s == nil {
		return dev.Alloc(bytes)
	}
	for _, b := range s.buffers {
		if len(b.Bytes()) >= bytes {
			return b, nil
		}
	}
	b, err := dev.Alloc(bytes)
	if err == nil {
		s.buffers = append(s.buffers, b)
	}
	return b, err
}

// Free releases the memory; no program that used it may run again.
func (s *Scratch) Free() {
	for _, b := range s.buffers {
		b.Free()
	}
	s.buffers = nil
}

// planner gives every node a place. Nodes that share memory (views, in-place results) have a common root, and the root has the block.
type planner struct {
	nodes []*Node
	root  map[*Node]*Node
	// sharing lists the other nodes of each root.
	sharing map[*Node][]*Node
	last    map[*Node]int // by root: the last step that reads it
	block   map[*Node]block
	places  map[*Node]device.Slice
	free    freeList
	group   map[*Node]bool // results of the steps since the last that had to wait, and views of them
	dead    []block        // what those steps were the last to read
}

// block is a range of the arena, in bytes.
type block struct{ offset, size int }

func (p *planner) lay(outputs []*Node) error {
	p.nodes = schedule(order(outputs))
	for i, n := range p.nodes {
		if n.kind == kindParam && !n.Bound() {
			return fmt.Errorf("graph: plan: param %q: want memory bound to it, found none", n.Name)
		}
		p.root[n] = n
		switch op := n.Op.(type) {
		case Viewer:
			p.root[n] = p.root[n.In[0]]
		case Writer:
			p.root[n] = p.root[n.In[op.Writes()]]
		}
		if r := p.root[n]; r != n {
			p.sharing[r] = append(p.sharing[r], n)
		}
		for _, x := range n.In {
			p.last[p.root[x]] = i
		}
	}
	for _, n := range outputs {
		p.last[p.root[n]] = len(p.nodes)
	}
	// Inputs are written by the host before the first step, so they live from the beginning.
	for _, n := range p.nodes {
		if n.kind == kindInput {
			p.block[n] = p.free.alloc(n.Type.Bytes())
			p.last[n] = len(p.nodes) // and stay, so that a replay needs to change only some of them
		}
	}
	for i, n := range p.nodes {
		p.settle(n)
		p.place(i, n)
	}
	return nil
}

// place gives the result of step i its memory and takes back what no later step reads.
func (p *planner) place(i int, n *Node) {
	if n.kind == kindOp && p.root[n] == n {
		if op, ok := n.Op.(InPlacer); ok {
			x := n.In[op.InPlace()]
			r := p.root[x]
			_, inArena := p.block[r]
			if inArena && p.last[r] == i && n.Type.Bytes() == x.Type.Bytes() && !p.readElsewhere(n, op.InPlace()) {
				p.root[n] = r
				p.last[r] = max(i, p.last[n])
				for _, m := range p.sharing[n] { // later views of n now belong to r
					p.root[m] = r
				}
				p.sharing[r] = append(append(p.sharing[r], n), p.sharing[n]...)
			}
		}
		if p.root[n] == n {
			p.block[n] = p.free.alloc(n.Type.Bytes())
		}
	}
	done := map[*Node]bool{}
	for _, x := range append(slices.Clip(n.In), n) {
		if r := p.root[x]; p.last[r] <= i && !done[r] {
			done[r] = true
			if b, ok := p.block[r]; ok {
				p.dead = append(p.dead, b)
			}
		}
	}
}

// settle frees the memory that earlier steps were done with, if step n has to wait for them anyway. To reuse it before would make steps wait
// that need not.
func (p *planner) settle(n *Node) {
	waits := slices.ContainsFunc(n.In, func(x *Node) bool { return p.group[x] })
	if _, view := n.Op.(Viewer); view {
		p.group[n] = waits
		return
	}
	if waits {
		for _, b := range p.dead {
			p.free.release(b)
		}
		p.dead = p.dead[:0]
		clear(p.group)
	}
	p.group[n] = n.Op != nil
}

// readElsewhere reports whether n reads the memory of its input k through another input too.
func (p *planner) readElsewhere(n *Node, k int) bool {
	for j, x := range n.In {
		if j != k && p.root[x] == p.root[n.In[k]] {
			return true
		}
	}
	return false
}

// steps returns the launches, with every node at its place in the arena or in its own memory.
func (p *planner) steps(arena device.Buffer) []device.Step {
	for _, n := range p.nodes {
		r := p.root[n]
		if r.kind == kindParam {
			p.places[n] = device.Slice{Buffer: r.memory.Buffer, Offset: r.memory.Offset, Type: n.Type}
		} else {
			p.places[n] = device.Slice{Buffer: arena, Offset: p.block[r].offset, Type: n.Type}
		}
	}
	var steps []device.Step
	var recent hazards
	for _, n := range p.nodes {
		if n.Op == nil {
			continue
		}
		if _, ok := n.Op.(Viewer); ok {
			continue
		}
		s := device.Step{Out: p.places[n], Ref: n.Op.Ref}
		types := make([]tensor.Type, len(n.In))
		for i, x := range n.In {
			types[i] = x.Type
			s.In = append(s.In, p.places[x])
		}
		s.Launch = n.Op.Launch(n.Type, types)
		s.Barrier = recent.conflict(s)
		if s.Barrier {
			recent = hazards{}
		}
		recent.add(s)
		steps = append(steps, s)
	}
	return steps
}
