package graph

// Replace returns nodes as they would be with to in from's place: what depends on from is copied, all else is shared.
func Replace(from, to *Node, nodes ...*Node) []*Node {
	now := map[*Node]*Node{}
	for _, n := range order(nodes) {
		now[n] = n
		if n == from {
			now[n] = to
			continue
		}
		for i, x := range n.In {
			if now[x] == x {
				continue
			}
			if now[n] == n {
				m := *n
				m.In = append([]*Node{}, n.In...)
				now[n] = &m
			}
			now[n].In[i] = now[x]
		}
	}
	out := make([]*Node, len(nodes))
	for i, n := range nodes {
		out[i] = now[n]
	}
	return out
}
