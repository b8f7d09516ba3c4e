// Package siglip is the SigLIP vision tower: patches in, one feature row for each patch out. Its layers are those of CLIP, too.
package siglip

import (
	"fmt"

	"sightglass/engine/graph"
	"sightglass/engine/model"
	"sightglass/engine/nn"
	"sightglass/engine/op"
	"sightglass/engine/tensor"
)

// Config is vision_config of config.json.
type Config struct {
	HiddenSize       int     `json:"hidden_size"`
	IntermediateSize int     `json:"intermediate_size"`
	Layers           int     `json:"num_hidden_layers"`
	Heads            int     `json:"num_attention_heads"`
	Channels         int     `json:"num_channels"`
	ImageSize        int     `json:"image_size"` // pixels
	PatchSize        int     `json:"patch_size"` // pixels
	LayerNormEps     float32 `json:"layer_norm_eps"`
	HiddenAct        string  `json:"hidden_act"`
}

// Standard is what transformers' SiglipVisionConfig takes for a field that config.json leaves out.
func Standard() Config {
	return Config{HiddenSize: 768, IntermediateSize: 3072, Layers: 12, Heads: 12, Channels: 3, ImageSize: 224, PatchSize: 16,
		LayerNormEps: 1e-6, HiddenAct: "gelu_pytorch_tanh"}
}

// Default is what Idefics3VisionConfig takes for it.
func Default() Config {
	return Config{HiddenSize: 1152, IntermediateSize: 3072, Layers: 12, Heads: 16, Channels: 3, ImageSize: 224, PatchSize: 32,
		LayerNormEps: 1e-6, HiddenAct: "gelu_pytorch_tanh"}
}

// Grid is the number of patches along a side of a whole tile.
func (c Config) Grid() int { return c.ImageSize / c.PatchSize }

// PatchLen is the number of values in a flattened patch.
func (c Config) PatchLen() int { return c.Channels * c.PatchSize * c.PatchSize }

// Check returns an error unless the engine can run such a tower.
func (c Config) Check() error {
	err := model.Positive(1<<16, model.Number{Name: "hidden_size", Value: c.HiddenSize},
		model.Number{Name: "intermediate_size", Value: c.IntermediateSize}, model.Number{Name: "num_hidden_layers", Value: c.Layers},
		model.Number{Name: "num_attention_heads", Value: c.Heads}, model.Number{Name: "image_size", Value: c.ImageSize},
		model.Number{Name: "patch_size", Value: c.PatchSize})
	if err != nil {
		return fmt.Errorf("siglip: %w", err)
	}
	switch {
	case c.Layers > 1024:
		return fmt.Errorf("siglip: config: \"num_hidden_layers\": want at most 1024, found %d", c.Layers)
	case c.Channels != 3:
		return fmt.Errorf("siglip: config: \"num_channels\": want 3, found %d", c.Channels)
	case c.HiddenSize%c.Heads != 0:
		return fmt.Errorf("siglip: config: want heads that divide %d, found %d", c.HiddenSize, c.Heads)
	case c.PatchSize > c.ImageSize || c.Grid() > 256:
		return fmt.Errorf("siglip: config: want 1 to 256 patches a side, found %d pixels in patches of %d", c.ImageSize, c.PatchSize)
	}
	if _, err := nn.Activation(c.HiddenAct); err != nil {
		return fmt.Errorf("siglip: %w", err)
	}
	return nil
}

// Tower is the vision tower.
type Tower struct {
	Patch    *nn.Patches   `weight:"embeddings.patch_embedding"`
	Position *nn.Embedding `weight:"embeddings.position_embedding"`
	Layers   []*Layer      `weight:"encoder.layers"`
	PostNorm *nn.LayerNorm `weight:"post_layernorm"`
}

// Layer is one block of the tower.
type Layer struct {
	Norm1 *nn.LayerNorm `weight:"layer_norm1"`
	Query *nn.Linear    `weight:"self_attn.q_proj"`
	Key   *nn.Linear    `weight:"self_attn.k_proj"`
	Value *nn.Linear    `weight:"self_attn.v_proj"`
	Out   *nn.Linear    `weight:"self_attn.out_proj"`
	Norm2 *nn.LayerNorm `weight:"layer_norm2"`
	Up    *nn.Linear    `weight:"mlp.fc1"`
	Down  *nn.Linear    `weight:"mlp.fc2"`

	heads int
	act   func(*graph.Node) *graph.Node
}

// New returns a tower without numbers.
func New(c Config) *Tower {
	t := &Tower{
		Patch:    nn.NewPatches(c.Channels, c.PatchSize, c.HiddenSize),
		Position: nn.NewEmbedding(c.Grid()*c.Grid(), c.HiddenSize),
		PostNorm: nn.NewLayerNorm(c.HiddenSize, c.LayerNormEps),
	}
	for range c.Layers {
		t.Layers = append(t.Layers, NewLayer(c))
	}
	return t
}

// NewLayer returns a layer without numbers. c must be checked.
func NewLayer(c Config) *Layer {
	act, _ := nn.Activation(c.HiddenAct)
	return &Layer{
		Norm1: nn.NewLayerNorm(c.HiddenSize, c.LayerNormEps),
		Query: nn.NewLinear(c.HiddenSize, c.HiddenSize, true),
		Key:   nn.NewLinear(c.HiddenSize, c.HiddenSize, true),
		Value: nn.NewLinear(c.HiddenSize, c.HiddenSize, true),
		Out:   nn.NewLinear(c.HiddenSize, c.HiddenSize, true),
		Norm2: nn.NewLayerNorm(c.HiddenSize, c.LayerNormEps),
		Up:    nn.NewLinear(c.HiddenSize, c.IntermediateSize, true),
		Down:  nn.NewLinear(c.IntermediateSize, c.HiddenSize, true),
		heads: c.Heads, act: act,
	}
}

// Inputs are the patches of one tile, in any order in which those that hold picture come before those that are padding: every patch looks
// at the first Len of them.
type Inputs struct {
	Patches *graph.Node // f32[P, channels·size·size]
	Places  *graph.Node // i32[P]: row of the position table
	Seq     *graph.Node // i32[P]: 0
	Len     *graph.Node // i32[P]: how many patches hold picture
}

// NewInputs returns the inputs for p patches.
func NewInputs(c Config, p int) Inputs {
	return Inputs{graph.Input("patches", tensor.F32, p, c.PatchLen()), graph.Input("places", tensor.I32, p), graph.Input("seq", tensor.I32, p),
		graph.Input("len", tensor.I32, p)}
}

// List is the inputs in the order of Values.
func (in Inputs) List() []*graph.Node { return []*graph.Node{in.Patches, in.Places, in.Seq, in.Len} }

// Values are what the inputs hold for patches f32[P, channels·size·size] that all hold picture, at places i32[P].
func Values(patches tensor.Array, places []int32) []tensor.Array {
	n := len(places)
	seq, length := make([]int32, n), make([]int32, n)
	for i := range length {
		length[i] = int32(n)
	}
	return []tensor.Array{patches, tensor.OfInts(places, n), tensor.OfInts(seq, n), tensor.OfInts(length, n)}
}

// Forward returns the features [P, C] of the patches, in their order. The hidden state after each layer goes to taps, unless it is nil.
func (t *Tower) Forward(in Inputs, taps *[]*graph.Node) *graph.Node {
	return t.PostNorm.Forward(t.Hidden(in, len(t.Layers), taps))
}

// Hidden returns the hidden states [P, C] after the given number of layers: 0 is before the first. That after each goes to taps, unless it is nil.
func (t *Tower) Hidden(in Inputs, layers int, taps *[]*graph.Node) *graph.Node {
	x := op.Add(t.Patch.Forward(in.Patches), t.Position.Forward(in.Places))
	for _, l := range t.Layers[:layers] {
		x = l.Forward(x, in)
		if taps != nil {
			*taps = append(*taps, x)
		}
	}
	return x
}

// Forward carries rows x [P, C] through the layer.
func (l *Layer) Forward(x *graph.Node, in Inputs) *graph.Node {
	p, c := x.Dim(0), x.Dim(1)
	h := l.Norm1.Forward(x)
	q := op.Reshape(l.Query.Forward(h), p, l.heads, c/l.heads)
	k := op.Reshape(l.Key.Forward(h), 1, p, l.heads, c/l.heads)
	v := op.Reshape(l.Value.Forward(h), 1, p, l.heads, c/l.heads)
	x = op.Add(x, l.Out.Forward(op.Reshape(nn.Attend(q, k, v, in.Seq, in.Len), p, c)))
	return op.Add(x, l.Down.Forward(l.act(l.Up.Forward(l.Norm2.Forward(x)))))
}
