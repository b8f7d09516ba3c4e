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
}

// NewRows returns the inputs of a step of n rows.
func NewRows(n int) Rows {
	return Rows{graph.Input("seq", tensor.I32, n), graph.Input("pos", tensor.I32, n), graph.Input("len", tensor.I32, n)}
}

// Attend lets each query q [N, H, D] look at the first length[i] keys and values [S, M, Hkv, D] of sequence seq[i], with scores scaled by 1/√D.
func Attend(q, keys, values, seq, length *graph.Node) *graph.Node {
	return op.Attention(q, keys, values, seq, length, float32(1/math.Sqrt(float64(q.Dim(-1)))), 0)
}

// Cache holds the keys and values of several sequences.
type Cache struct {
	Keys, Values []*graph.Node // by layer, [S, M, Hkv, D]
	Slots, Len   int
	buffers      []device.Buffer
}

// CacheShape is what a decoder needs cached for each position.
type CacheShape struct {
	Layers, KVHeads, HeadDim int
}

// Bytes is the size of a cache of positions in all, keys and values of type d.
func (c CacheShape) Bytes(positions int, d tensor.DType) int {
	return 2 * c.Layers * positions * c.KVHeads * c.HeadDim * d.Size()
}

// NewCache makes room for slots sequences of up to length positions.
func NewCache(dev device.Device, c CacheShape, slots, length int, d tensor.DType) (*Cache, error) {
	cache := &Cache{Slots: slots, Len: length}
	for l := range c.Layers {
		for _, list := range []*[]*graph.Node{&cache.Keys, &cache.Values} {
			n := graph.Param(fmt.Sprintf("cache.%d", l), d, slots, length, c.KVHeads, c.HeadDim)
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
	Angles *graph.Node // [N, R], shared by the layers
	Cache  *Cache
}

// Attend adds k and v [N, Hkv, D] to the cache of a layer and lets q [N, H, D] look at it.
func (s *Step) Attend(layer int, q, k, v *graph.Node) *graph.Node {
	keys := op.CacheWrite(s.Cache.Keys[layer], k, s.Seq, s.Pos)
	values := op.CacheWrite(s.Cache.Values[layer], v, s.Seq, s.Pos)
	return Attend(q, keys, values, s.Seq, s.Len)
}
