package graph

import "slices"

// lookahead is how many launches the schedule may put off to reach others: enough for the parallel branches of a layer, few enough that
// results do not live much longer.
const lookahead = 8

// schedule reorders nodes so that those which do not depend on each other follow one another, and fewer steps need a barrier: the query,
// key and value projections of a layer, say. Every node stays after its inputs, and every Writer after the readers of what it changes.
func schedule(nodes []*Node) []*Node {
	before := readers(nodes)
	out := make([]*Node, 0, len(nodes))
	group := make(map[*Node]int, len(nodes)) // nodes of one group do not read each other
	var late []*Node                         // put off, in order
	for current := 1; len(nodes)+len(late) > 0; current++ {
		launches := 0
		take := func(n *Node) bool {
			newest := 0
			for _, x := range append(slices.Clip(n.In), before[n]...) {
				g, done := group[x]
				if !done {
					return false
				}
				newest = max(newest, g)
			}
			_, view := n.Op.(Viewer)
			switch {
			case n.Op == nil:
				group[n] = 0
			case view:
				group[n] = newest
			case newest == current:
				return false
			default:
				group[n] = current
				launches++
			}
			out = append(out, n)
			return true
		}
		var again []*Node
		for _, n := range late {
			if !take(n) {
				again = append(again, n)
			}
		}
		for len(nodes) > 0 && (len(again) < lookahead || launches == 0) {
			if !take(nodes[0]) {
				again = append(again, nodes[0])
			}
			nodes = nodes[1:]
		}
		late = again
	}
	return out
}

// readers lists for each Writer the nodes before it that read the memory which it changes.
func readers(nodes []*Node) map[*Node][]*Node {
	root, read, before := make(map[*Node]*Node, len(nodes)), map[*Node][]*Node{}, map[*Node][]*Node{}
	for _, n := range nodes {
		root[n] = n
		switch op := n.Op.(type) {
		case Viewer:
			root[n] = root[n.In[0]]
		case Writer:
			root[n] = root[n.In[op.Writes()]]
			before[n] = read[root[n]]
		}
		for _, x := range n.In {
			read[root[x]] = append(read[root[x]], n)
		}
	}
	return before
}
