package qwen

import (
	"fmt"
	"math"

	"sightglass/engine/graph"
	"sightglass/engine/model"
	"sightglass/engine/nn"
	"sightglass/engine/op"
)

// Tower is the vision tower: patches of a picture of any size in, in squares of Merge patches a side, and one row of features for each square
// out. Families differ in what its config says.
type Tower struct {
	Patch    *nn.Patches   `weight:"patch_embed.proj"`
	Position *nn.Embedding `weight:"pos_embed"` // nil where rotary positions are all
	Blocks   []*Block      `weight:"blocks"`
	Merger   *Merger       `weight:"merger"`
	Deep     []*Merger     `weight:"deepstack_merger_list"`

	config TowerConfig
}

// TowerConfig is vision_config of config.json, brought to the same terms for all families.
type TowerConfig struct {
	Width, Inner, Depth, Heads, Out int
	Channels, Frames, PatchSize     int
	Merge                           int   // patches along a side of a square
	Window                          int   // patches along a side of a window; 0: every layer sees the whole picture
	Whole                           []int // layers that see the whole picture in spite of windows
	Deep                            []int // layers whose features go to the decoder's first layers
	Side                            int   // of the learned table of positions; 0 without one
	RMS, Gated, PatchBias           bool
	Act                             func(*graph.Node) *graph.Node
}

// PatchLen is the number of values in a flattened patch.
func (c TowerConfig) PatchLen() int { return c.Channels * c.Frames * c.PatchSize * c.PatchSize }

// Check returns an error unless the engine can run such a tower.
func (c TowerConfig) Check() error {
	err := model.Positive(1<<16, model.Number{Name: "hidden_size", Value: c.Width}, model.Number{Name: "intermediate_size", Value: c.Inner},
		model.Number{Name: "depth", Value: c.Depth}, model.Number{Name: "num_heads", Value: c.Heads}, model.Number{Name: "out_hidden_size", Value: c.Out},
		model.Number{Name: "temporal_patch_size", Value: c.Frames}, model.Number{Name: "patch_size", Value: c.PatchSize},
		model.Number{Name: "spatial_merge_size", Value: c.Merge})
	if err != nil {
		return fmt.Errorf("qwen: vision_config of %w", err)
	}
	wrong := func(name, want string, found any) error {
		return fmt.Errorf("qwen: vision_config: %q: want %s, found %v", name, want, found)
	}
	switch {
	case c.Depth > 1024:
		return wrong("depth", "at most 1024", c.Depth)
	case c.Channels != 3:
		return wrong("in_channels", "3", c.Channels)
	case c.Frames > 8 || c.PatchSize > 256 || c.Merge > 16:
		return wrong("patch_size", "patches of at most 256 pixels in 8 frames, merged by at most 16", c)
	case c.Width%c.Heads != 0 || c.Width/c.Heads%4 != 0:
		return wrong("num_heads", "heads of a multiple of 4 values", fmt.Sprintf("%d of %d", c.Heads, c.Width))
	case c.Window%c.Merge != 0 || c.Window < 0 || c.Window > 1024:
		return wrong("window_size", "a multiple of merged patches", c.Window)
	case c.Side < 0 || c.Side > 1024:
		return wrong("num_position_embeddings", "a square of at most 1024 a side", c.Side)
	}
	for i, l := range c.Deep {
		if l < 0 || l >= c.Depth || (i > 0 && l <= c.Deep[i-1]) {
			return wrong("deepstack_visual_indexes", "layers in order", c.Deep)
		}
	}
	return nil
}

// Block is one layer of the tower.
type Block struct {
	Norm1 norm       `weight:"norm1"`
	QKV   *nn.Linear `weight:"attn.qkv"`
	Out   *nn.Linear `weight:"attn.proj"`
	Norm2 norm       `weight:"norm2"`
	Gate  *nn.Linear `weight:"mlp.gate_proj"` // nil where the MLP has no gate
	Up    *nn.Linear `weight:"mlp.up_proj"`
	Down  *nn.Linear `weight:"mlp.down_proj"`
}

// norm is nn.LayerNorm or nn.RMSNorm.
type norm interface {
	Forward(x *graph.Node) *graph.Node
}

// eps is that of all norms of the tower, a constant in transformers.
const eps = 1e-6

func (c TowerConfig) norm(width int) norm {
	if c.RMS {
		return nn.NewRMSNorm(width, eps)
	}
	return nn.NewLayerNorm(width, eps)
}

// NewTower returns a tower without numbers. c must be checked.
func NewTower(c TowerConfig) *Tower {
	t := &Tower{Patch: nn.NewVideoPatches(c.Channels, c.Frames, c.PatchSize, c.Width, c.PatchBias), Merger: newMerger(c, false), config: c}
	if c.Side > 0 {
		t.Position = nn.NewEmbedding(c.Side*c.Side, c.Width)
	}
	for range c.Depth {
		b := &Block{
			Norm1: c.norm(c.Width), QKV: nn.NewLinear(c.Width, 3*c.Width, true), Out: nn.NewLinear(c.Width, c.Width, true),
			Norm2: c.norm(c.Width), Up: nn.NewLinear(c.Width, c.Inner, true), Down: nn.NewLinear(c.Inner, c.Width, true),
		}
		if c.Gated {
			b.Gate = nn.NewLinear(c.Width, c.Inner, true)
		}
		t.Blocks = append(t.Blocks, b)
	}
	for range c.Deep {
		t.Deep = append(t.Deep, newMerger(c, true))
	}
	return t
}

// Merger makes one row for the decoder of the patches of a square.
type Merger struct {
	Norm norm       `weight:"ln_q"`
	Up   *nn.Linear `weight:"mlp.0"`
	Down *nn.Linear `weight:"mlp.2"`
	wide bool       // the norm is of the joined row
}

func newMerger(c TowerConfig, wide bool) *Merger {
	joined := c.Width * c.Merge * c.Merge
	m := &Merger{Norm: c.norm(c.Width), Up: nn.NewLinear(joined, joined, true), Down: nn.NewLinear(joined, c.Out, true), wide: wide}
	if wide {
		m.Norm = c.norm(joined)
	}
	return m
}

func (m *Merger) forward(x *graph.Node) *graph.Node {
	if !m.wide {
		x = m.Norm.Forward(x)
	}
	x = op.Reshape(x, x.Dim(0)*x.Dim(1)/m.Up.In(), m.Up.In())
	if m.wide {
		x = m.Norm.Forward(x)
	}
	return m.Down.Forward(op.GELUErf(m.Up.Forward(x)))
}

// Forward returns the features of a picture, and those of the layers that Deep names. The hidden state after each layer goes to taps, unless
// it is nil.
func (t *Tower) Forward(in *Inputs, taps *[]*graph.Node) (features *graph.Node, deep []*graph.Node) {
	x := t.Patch.Forward(in.patches)
	for i, place := range in.places {
		x = op.Add(x, op.MulRows(t.Position.Forward(place), in.weights[i]))
	}
	angles := op.Angles(in.at, in.freqs)
	for i, b := range t.Blocks {
		x = b.forward(x, angles, in, t.config.windowed(i), t.config)
		if taps != nil {
			*taps = append(*taps, x)
		}
		for j, layer := range t.config.Deep {
			if layer == i {
				deep = append(deep, t.Deep[j].forward(x))
			}
		}
	}
	features = t.Merger.forward(x)
	if in.order != nil {
		features = op.Embedding(in.order, features)
	}
	return features, deep
}

// windowed reports whether a layer sees windows.
func (c TowerConfig) windowed(layer int) bool {
	if c.Window == 0 {
		return false
	}
	for _, l := range c.Whole {
		if l == layer {
			return false
		}
	}
	return true
}

func (b *Block) forward(x, angles *graph.Node, in *Inputs, windowed bool, c TowerConfig) *graph.Node {
	n, width, d := x.Dim(0), c.Width, c.Width/c.Heads
	qkv := b.QKV.Forward(b.Norm1.Forward(x))
	part := func(i int) *graph.Node { return op.Reshape(op.Slice(qkv, i*width, width), n, c.Heads, d) }
	q, k, v := op.Rope(part(0), angles, false), op.Rope(part(1), angles, false), part(2)
	var a *graph.Node
	if windowed {
		// Each window is a sequence of its own, with what it lacks of a whole one at its end.
		gather := func(x *graph.Node) *graph.Node {
			return op.Reshape(op.Embedding(in.gather, op.Reshape(x, n, width)), in.windows, c.Window*c.Window, c.Heads, d)
		}
		a = nn.Attend(q, gather(k), gather(v), in.window, in.inWindow)
	} else {
		a = nn.Attend(q, op.Reshape(k, 1, n, c.Heads, d), op.Reshape(v, 1, n, c.Heads, d), in.seq, in.length)
	}
	x = op.Add(x, b.Out.Forward(op.Reshape(a, n, width)))
	h := b.Norm2.Forward(x)
	up := b.Up.Forward(h)
	if b.Gate != nil {
		return op.Add(x, b.Down.Forward(op.SiLUMul(b.Gate.Forward(h), up)))
	}
	return op.Add(x, b.Down.Forward(c.Act(up)))
}

// frequencies is the table of rotary frequencies on two axes: the first half of the pairs follows the rows, the other half the columns.
func (c TowerConfig) frequencies() []float32 {
	quarter := c.Width / c.Heads / 4
	f := make([]float32, 4*quarter)
	for i := range quarter {
		f[i] = float32(1 / math.Pow(10000, float64(i)/float64(quarter)))
		f[3*quarter+i] = f[i]
	}
	return f
}
