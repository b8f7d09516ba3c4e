package graph

import (
	"slices"

	"sightglass/engine/tensor"
)

// Caster is the op of the catalogue that changes the type of numbers.
type Caster interface {
	Op
	// Casts returns the op that makes size numbers of type d.
	Casts(size int, d tensor.DType) Op
}

// Wide is an op whose result stays f32 where other results are lowered: a table of angles, a logarithm of a sum.
type Wide interface{ Wide() }

// Stager is an op that a device with its own type of results runs in several launches, where one would leave much of a GPU idle. Stages
// returns them, of inputs that are lowered already, or nil where one launch does.
type Stager interface {
	Stages(in []*Node) *Node
}

// Fuser is an op that such a device runs as one with those whose results it alone reads. Fuse returns the node that stands for them all, or nil.
// alone reports whether nothing else reads a node.
type Fuser interface {
	Fuse(in []*Node, alone func(*Node) bool) *Node
}

// lower rewrites a graph so that the results of ops which are f32 become d, the type in which a device computes. What the host reads and
// writes, and all Params, keep their types; casts stand between. It returns the new node of each old one: inputs and Params are their own.
func lower(outputs []*Node, d tensor.DType) map[*Node]*Node {
	l := lowering{to: d, node: map[*Node]*Node{}, casts: map[*Node]*Node{}, readers: map[*Node]int{}}
	nodes := order(outputs)
	for _, n := range append(slices.Clip(nodes), &Node{In: outputs}) {
		for _, x := range n.In {
			l.readers[x]++
		}
	}
	for _, n := range nodes {
		l.node[n] = l.lowered(n)
	}
	for _, n := range outputs {
		if m := l.node[n]; m.Type.DType != n.Type.DType {
			l.node[n] = newCast(m, n.Type.DType)
		}
	}
	return l.node
}

type lowering struct {
	to      tensor.DType
	node    map[*Node]*Node
	casts   map[*Node]*Node // of inputs
	readers map[*Node]int   // how many there are
}

func (l *lowering) lowered(n *Node) *Node {
	if n.Op == nil {
		return n
	}
	if f, ok := n.Op.(Fuser); ok {
		if y := f.Fuse(n.In, func(x *Node) bool { return l.readers[x] == 1 }); y != nil {
			n = y
		}
	}
	m := *n
	m.In = make([]*Node, len(n.In))
	for i, x := range n.In {
		m.In[i] = l.node[x]
		if x.kind == kindInput && x.Type.DType == tensor.F32 && !x.wide {
			m.In[i] = l.cast(x)
		}
	}
	if s, ok := n.Op.(Stager); ok {
		if y := s.Stages(m.In); y != nil {
			return y
		}
	}
	_, wide := n.Op.(Wide)
	_, view := n.Op.(Viewer)
	writer, writes := n.Op.(Writer)
	switch {
	case view:
		m.Type.DType = m.In[0].Type.DType
	case writes:
		m.Type.DType = m.In[writer.Writes()].Type.DType
	case m.Type.DType == tensor.F32 && !wide:
		m.Type.DType = l.to
	}
	return &m
}

// cast is the input x in the device's type, cast once.
func (l *lowering) cast(x *Node) *Node {
	if l.casts[x] == nil {
		l.casts[x] = newCast(x, l.to)
	}
	return l.casts[x]
}

func newCast(x *Node, d tensor.DType) *Node {
	i := slices.IndexFunc(catalogue, func(e Entry) bool { _, ok := e.Op.(Caster); return ok })
	if i < 0 {
		panic("graph: lower: want an op that casts in the catalogue, found none")
	}
	return Apply(catalogue[i].Op.(Caster).Casts(x.Type.Shape.Size(), d), x)
}
