package graph

// Gradients returns the gradient of the sum of y times dy with respect to each node of wrt, nil where y does not depend on it. add makes
// the op that sums two nodes.
func Gradients(add func(a, b *Node) *Node, y, dy *Node, wrt ...*Node) []*Node {
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
	for i := len(nodes) - 1; i >= 0; i-- {
		n := nodes[i]
		g := grads[n]
		if g == nil || n.Op == nil || !needed[n] {
			continue
		}
		for j, d := range n.Op.Grad(n, g, n.In) {
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
