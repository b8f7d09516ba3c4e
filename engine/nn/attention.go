package nn

import (
	"fmt"
	"math"

	"sightglass/engine/device"
	"sightglass/engine/graph"
	"sightglass/engine/op"
	"sightglass/engine/tensor"
)

// Rows says which sequence each row of a step belongs to and where it stands there. Rows of several sequences may follow in any order:
// one token of each when many answers are written at once, or a stretch of one prompt.
type Rows struct {
	Seq *graph.Node // i32[N]: slot of the cache, -1 for a row of padding
	Pos *graph.Node // i32[N]: position in the sequence
	Len *graph.Node // i32[N]: how many positions the row sees, from the first
	At  *graph.Node // i32[N, A]: rotary position on each axis; Pos itself where there is one axis
	// Near is i32[2, N]: Len, and the first position that the row sees in layers that look Window positions back; nil where none does.
	Near   *graph.Node
	Window int
}

// NewRows returns the inputs of a step of n rows whose rotary positions have so many axes, for a decoder some of whose layers see no further back
// than window positions, the row's own among them; 0 where all see all.
func NewRows(n, axes, window int) Rows {
	r := Rows{Window: window, Seq: graph.Input("seq", tensor.I32, n), Pos: graph.Input("pos", tensor.I32, n), Len: graph.Input("len", tensor.I32, n)}
	r.At = r.Pos
	if axes > 1 {
		r.At = graph.Input("at", tensor.I32, n, axes)
	}
	if window > 0 {
		r.Near = graph.Input("near", tensor.I32, 2, n)
	}
	return r
}

// Fill places row i of a step: at position pos of sequence seq, seeing length positions. One of padding is at -1, 0 and 0.
func (r Rows) Fill(p *graph.Program, i, seq, pos, length int) {
	set := func(n *graph.Node, i, v int) {
		if n != nil && p.Has(n) { // not all are read where all layers are alike, or nothing is cached
			p.Array(n).I32()[i] = int32(v)
		}
	}
	set(r.Seq, i, seq)
	set(r.Pos, i, pos)
	set(r.Len, i, length)
	set(r.Near, i, length)
	set(r.Near, r.Seq.Dim(0)+i, max(0, pos+1-r.Window))
}

// Rotary is a table of rotary frequencies, in radians a position, for positions of one or several axes.
type Rotary struct {
	Axes        int
	Frequencies []float32 // [Axes, R/2]; a frequency is 0 on the axes that it does not follow
}

// NewRotary is the table of one axis: theta^(-2i/d) for the d/2 pairs of a head.
func NewRotary(theta float64, d int) Rotary {
	f := make([]float32, d/2)
	for i := range f {
		f[i] = float32(1 / math.Pow(theta, float64(2*i)/float64(d)))
	}
	return Rotary{1, f}
}

// OnAxes spreads a table of one axis over several: frequency i follows axis of(i).
func (r Rotary) OnAxes(axes int, of func(i int) int) Rotary {
	half := len(r.Frequencies)
	f := make([]float32, axes*half)
	for i, v := range r.Frequencies {
		f[of(i)*half+i] = v
	}
	return Rotary{axes, f}
}

// Shape is that of the frequencies as Angles takes them.
func (r Rotary) Shape() tensor.Shape {
	if r.Axes == 1 {
		return tensor.Shape{len(r.Frequencies)}
	}
	return tensor.Shape{r.Axes, len(r.Frequencies) / r.Axes}
}

// Attend lets each query q [N, H, D] look at the first length[i] keys and values [S, M, Hkv, D] of sequence seq[i], with scores scaled by 1/√D.
func Attend(q, keys, values, seq, length *graph.Node) *graph.Node {
	return op.Attention(q, keys, values, seq, length, Scale(q.Dim(-1)))
}

// Scale is that of scores of queries of d numbers: 1/√d.
func Scale(d int) float32 { return float32(1 / math.Sqrt(float64(d))) }

// Cache holds the keys and values of several sequences.
type Cache struct {
	Keys, Values []*graph.Node // by layer, [S, M, Hkv, D], as op.CacheWrite has them
	Slots, Len   int
	buffers      []device.Buffer
}

// CacheShape is what a decoder needs cached for each position.
type CacheShape struct {
	Layers, KVHeads, HeadDim int
}

// Bytes is the size of a cache of positions in all, keys and values of type d.
func (c CacheShape) Bytes(positions int, d tensor.DType) int {
	return 2 * c.Layers * positions * c.KVHeads * op.CacheRow(c.HeadDim, d) * d.Size()
}

// NewCache makes room for slots sequences of up to length positions.
func NewCache(dev device.Device, c CacheShape, slots, length int, d tensor.DType) (*Cache, error) {
	cache := &Cache{Slots: slots, Len: length}
	for l := range c.Layers {
		for _, list := range []*[]*graph.Node{&cache.Keys, &cache.Values} {
			n := graph.Param(fmt.Sprintf("cache.%d", l), d, slots, length, c.KVHeads, op.CacheRow(c.HeadDim, d))
			b, err := dev.Alloc(n.Type.Bytes())
			if err != nil {
				cache.Free()
				return nil, fmt.Errorf("nn: cache: want %d bytes for %d sequences of %d positions: %w", c.Bytes(slots*length, d), slots, length, err)
			}
			cache.buffers = append(cache.buffers, b)
			n.Bind(device.Slice{Buffer: b, Type: n.Type})
			*list = append(*list, n)
		}
	}
	return cache, nil
}

// Free gives the memory back.
func (c *Cache) Free() {
	for _, b := range c.buffers {
		b.Free()
	}
	c.buffers = nil
}

// Step is one run of a decoder: its rows, their rotary angles, and the cache that it reads and extends.
type Step struct {
	Rows
	Angles []*graph.Node // [N, R] of each of the model's rotary tables, shared by the layers
	Cache  *Cache
	// Deep is added to the rows after each of the first layers: f32[N, C], 0 but for rows of pictures. A step without pictures has none.
	Deep []*graph.Node
	// Sequences is how many whole sequences of one length the rows are, one after the other, where nothing is cached: in training.
	Sequences int
}

// Attend adds k and v [N, Hkv, D] to the cache of a layer and lets q [N, H, D] look at it, with scores scaled by scale: at all of it, or, where
// near is set, at the window.
func (s *Step) Attend(layer int, q, k, v *graph.Node, scale float32, near bool) *graph.Node {
	span := s.Len
	if near {
		span = s.Near
	}
	if s.Cache == nil {
		whole := func(x *graph.Node) *graph.Node {
			return op.Reshape(x, s.Sequences, x.Dim(0)/s.Sequences, x.Dim(1), x.Dim(2))
		}
		return op.Attention(q, whole(k), whole(v), s.Seq, span, scale)
	}
	keys := op.CacheWrite(s.Cache.Keys[layer], k, s.Seq, s.Pos)
	values := op.CacheWrite(s.Cache.Values[layer], v, s.Seq, s.Pos)
	return op.Attention(q, keys, values, s.Seq, span, scale)
}
