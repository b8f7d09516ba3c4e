package qwen

import (
	"sightglass/engine/graph"
	"sightglass/engine/model"
	"sightglass/engine/tensor"
)

// Inputs are what the tower's graph takes for a picture of down x across patches.
type Inputs struct {
	patches         *graph.Node   // f32[P, PatchLen]
	at, freqs       *graph.Node   // i32[P, 2], f32[2, D/2]: rotary
	seq, length     *graph.Node   // i32[P]: attention to the whole picture
	places, weights []*graph.Node // i32[P], f32[P, 1]: four neighbours in the learned table of positions
	// Where the tower has windows: squares of patches stand window after window.
	windows          int
	window, inWindow *graph.Node // i32[P]: window of a patch, and how many patches that has
	gather           *graph.Node // i32[windows·Window²]: patch at each place of each window
	order            *graph.Node // i32[P/Merge²]: where the features of each square are, row by row
}

// List is all of them, in the order of Values.
func (in *Inputs) List() []*graph.Node {
	list := []*graph.Node{in.patches, in.at, in.freqs, in.seq, in.length}
	for i := range in.places {
		list = append(list, in.places[i], in.weights[i])
	}
	if in.window != nil {
		list = append(list, in.window, in.inWindow, in.gather, in.order)
	}
	return list
}

// Inputs returns the inputs of the tower for pictures of that many patches down and across.
func (t *Tower) Inputs(g model.Geometry) *Inputs {
	c, n := t.config, g[0]*g[1]
	ints := func(name string, shape ...int) *graph.Node { return graph.Input(name, tensor.I32, shape...) }
	in := &Inputs{patches: graph.Input("patches", tensor.F32, n, c.PatchLen()), at: ints("at", n, 2), seq: ints("seq", n), length: ints("length", n),
		freqs: graph.WideInput("freqs", 2, c.Width/c.Heads/2)}
	if c.Side > 0 {
		for range 4 {
			in.places, in.weights = append(in.places, ints("place", n)), append(in.weights, graph.Input("weight", tensor.F32, n, 1))
		}
	}
	if c.Window > 0 {
		in.windows = ceil(g[0], c.Window) * ceil(g[1], c.Window)
		in.window, in.inWindow = ints("window", n), ints("inWindow", n)
		in.gather, in.order = ints("gather", in.windows*c.Window*c.Window), ints("order", n/(c.Merge*c.Merge))
	}
	return in
}

func ceil(n, d int) int { return (n + d - 1) / d }

// Values are what Inputs take for a picture whose flattened patches follow each other square by square, row by row.
func (t *Tower) Values(patches []float32, g model.Geometry) []tensor.Array {
	c, n := t.config, g[0]*g[1]
	l := c.layout(g)
	at, zeros, all := make([]int32, 0, 2*n), make([]int32, n), make([]int32, n)
	for i, p := range l.patches {
		at, all[i] = append(at, int32(p.y), int32(p.x)), int32(n)
	}
	if c.Window > 0 {
		patches = l.reorder(patches, c.PatchLen()*c.Merge*c.Merge)
	}
	values := []tensor.Array{tensor.Of(patches, n, c.PatchLen()), tensor.OfInts(at, n, 2), tensor.Of(c.frequencies(), 2, c.Width/c.Heads/2),
		tensor.OfInts(zeros, n), tensor.OfInts(all, n)}
	if c.Side > 0 {
		values = append(values, c.neighbours(l, g)...)
	}
	if c.Window > 0 {
		values = append(values, l.windows(c)...)
	}
	return values
}

// neighbours are the four entries of the learned table around each patch, and their weights: the table is stretched over the picture so that
// the corners meet. The arithmetic is float32, as in transformers.
func (c TowerConfig) neighbours(l layout, g model.Geometry) []tensor.Array {
	n := len(l.patches)
	var places [4][]int32
	var weights [4][]float32
	axis := func(i, size int) (low, high int, weight float32) {
		at := float32(i) * float32(c.Side-1) / float32(max(size-1, 1))
		low = int(at)
		return low, min(low+1, c.Side-1), at - float32(low)
	}
	for _, p := range l.patches {
		y0, y1, wy := axis(p.y, g[0])
		x0, x1, wx := axis(p.x, g[1])
		for i, y := range []int{y0, y1} {
			for j, x := range []int{x0, x1} {
				w := [2][2]float32{{(1 - wy) * (1 - wx), (1 - wy) * wx}, {wy * (1 - wx), wy * wx}}[i][j]
				places[2*i+j], weights[2*i+j] = append(places[2*i+j], int32(y*c.Side+x)), append(weights[2*i+j], w)
			}
		}
	}
	var values []tensor.Array
	for i := range places {
		values = append(values, tensor.OfInts(places[i], n), tensor.Of(weights[i], n, 1))
	}
	return values
}

// layout is the order in which patches stand: those of a square together, the squares row by row or window by window.
type layout struct {
	patches []patch
	squares []int // number of each square, counted row by row
}

type patch struct{ y, x int }

func (c TowerConfig) layout(g model.Geometry) layout {
	var l layout
	down, across := g[0]/c.Merge, g[1]/c.Merge // squares
	window := c.Window / c.Merge
	if window == 0 {
		window = max(down, across)
	}
	for top := 0; top < down; top += window {
		for left := 0; left < across; left += window {
			for y := top; y < min(top+window, down); y++ {
				for x := left; x < min(left+window, across); x++ {
					l.squares = append(l.squares, y*across+x)
					for i := range c.Merge * c.Merge {
						l.patches = append(l.patches, patch{y*c.Merge + i/c.Merge, x*c.Merge + i%c.Merge})
					}
				}
			}
		}
	}
	return l
}

// reorder brings rows of so many values a square into the layout's order.
func (l layout) reorder(values []float32, length int) []float32 {
	out := make([]float32, 0, len(values))
	for _, s := range l.squares {
		out = append(out, values[s*length:][:length]...)
	}
	return out
}

// windows are the inputs about windows.
func (l layout) windows(c TowerConfig) []tensor.Array {
	n, size := len(l.patches), c.Window*c.Window
	window, count, gather := make([]int32, n), make([]int32, n), []int32{}
	for from, number := 0, int32(0); from < n; number++ {
		to := from
		for to < n && l.patches[to].y/c.Window == l.patches[from].y/c.Window && l.patches[to].x/c.Window == l.patches[from].x/c.Window {
			to++
		}
		for i := from; i < to; i++ {
			window[i], count[i] = number, int32(to-from)
			gather = append(gather, int32(i))
		}
		gather = append(gather, make([]int32, size-(to-from))...)
		from = to
	}
	order := make([]int32, len(l.squares))
	for i, s := range l.squares {
		order[s] = int32(i)
	}
	return []tensor.Array{tensor.OfInts(window, n), tensor.OfInts(count, n), tensor.OfInts(gather, len(gather)), tensor.OfInts(order, len(order))}
}
