package graph

// Gradients returns the gradient of the sum of y times dy with respect to each node of wrt, nil where y does not depend on it. add makes
// the op that sums two nodes.
func Gradients(add func(a, b *Node) *Node, y, dy *Node, wrt ...*Node) []*Node {
	return GradientsRecomputed(add, nil, nil, y, dy, wrt...)
}

// GradientsRecomputed is Gradients with less memory: what lies between two taps is computed anew when the way back reaches it, rather than
// kept since the way forward. taps are nodes in order, through each of which alone the later ones depend on earlier results; after makes a
// view of its first argument that waits for its second.
func GradientsRecomputed(add, after func(a, b *Node) *Node, taps []*Node, y, dy *Node, wrt ...*Node) []*Node {
	nodes := order([]*Node{y})
	needed := map[*Node]bool{}
	for _, n := range wrt {
		needed[n] = true
	}
	for _, n := range nodes {
		for _, x := range n.In {
			needed[n] = needed[n] || needed[x]
		}
	}
	grads := map[*Node]*Node{y: dy}
	again := newRepeater(taps, needed, grads, after)
	for i := len(nodes) - 1; i >= 0; i-- {
		n := nodes[i]
		g := grads[n]
		if g == nil || n.Op == nil || !needed[n] {
			continue
		}
		value, in := again.node(n)
		for j, d := range n.Op.Grad(value, g, in) {
			x := n.In[j]
			switch {
			case d == nil || !needed[x]:
			case grads[x] == nil:
				grads[x] = d
			default:
				grads[x] = add(grads[x], d)
			}
		}
	}
	out := make([]*Node, len(wrt))
	for i, n := range wrt {
		out[i] = grads[n]
	}
	return out
}

// repeater repeats the ways forward between taps.
type repeater struct {
	segment map[*Node]int // of what lies between taps, the number of the later one
	taps    []*Node
	needed  map[*Node]bool
	grads   map[*Node]*Node
	after   func(a, b *Node) *Node
	copies  map[*Node]*Node
	inner   map[[2]*Node]*Node // views of a tap that wait, by tap and by the tap whose gradient they wait for
}

func newRepeater(taps []*Node, needed map[*Node]bool, grads map[*Node]*Node, after func(a, b *Node) *Node) *repeater {
	r := &repeater{map[*Node]int{}, taps, needed, grads, after, map[*Node]*Node{}, map[[2]*Node]*Node{}}
	for i, t := range taps {
		for _, n := range order([]*Node{t}) {
			if _, done := r.segment[n]; !done {
				r.segment[n] = i
			}
		}
	}
	return r
}

// node is what the gradient of n may read: n and its inputs, or what is computed again for them.
func (r *repeater) node(n *Node) (value *Node, in []*Node) {
	s, inside := r.segment[n]
	switch {
	case !inside || !r.needed[n]:
		return n, n.In
	case n == r.taps[s]: // it was kept, but not what it was made of
		return n, r.inputs(n, s)
	}
	m := r.repeat(n, s)
	return m, m.In
}

func (r *repeater) repeat(n *Node, s int) *Node {
	if m, ok := r.copies[n]; ok {
		return m
	}
	m := *n
	m.In = r.inputs(n, s)
	r.copies[n] = &m
	return &m
}

// inputs are those of a node in segment s, as they are there when it is computed again.
func (r *repeater) inputs(n *Node, s int) []*Node {
	in := make([]*Node, len(n.In))
	for i, x := range n.In {
		at, inside := r.segment[x]
		switch {
		case x.Op == nil || !inside || !r.needed[x]:
			in[i] = x
		case at == s && x != r.taps[s]:
			in[i] = r.repeat(x, s)
		default:
			key := [2]*Node{x, r.taps[s]}
			if r.inner[key] == nil {
				r.inner[key] = r.after(x, r.grads[r.taps[s]])
			}
			in[i] = r.inner[key]
		}
	}
	return in
}
