// Package clip is the CLIP vision tower: a class token before the patches, a norm before the layers, and the layers of SigLIP.
package clip

import (
	"sightglass/engine/graph"
	"sightglass/engine/model/siglip"
	"sightglass/engine/nn"
	"sightglass/engine/op"
	"sightglass/engine/tensor"
)

// Config is vision_config of config.json.
type Config = siglip.Config

// Default is what transformers' CLIPVisionConfig takes for a field that config.json leaves out.
func Default() Config {
	return Config{HiddenSize: 768, IntermediateSize: 3072, Layers: 12, Heads: 12, Channels: 3, ImageSize: 224, PatchSize: 32,
		LayerNormEps: 1e-5, HiddenAct: "quick_gelu"}
}

// Tower is the vision tower.
type Tower struct {
	Class    *graph.Node     `weight:"embeddings.class_embedding"`
	Patch    *nn.Patches     `weight:"embeddings.patch_embedding"`
	Position *nn.Embedding   `weight:"embeddings.position_embedding"`
	PreNorm  *nn.LayerNorm   `weight:"pre_layrnorm"` // as published
	Layers   []*siglip.Layer `weight:"encoder.layers"`
	PostNorm *nn.LayerNorm   `weight:"post_layernorm"` // of the class token only
}

// New returns a tower without numbers. c must be checked.
func New(c Config) *Tower {
	t := &Tower{
		Class:    graph.Param("", tensor.F32, c.HiddenSize),
		Patch:    nn.NewPatches(c.Channels, c.PatchSize, c.HiddenSize),
		Position: nn.NewEmbedding(c.Grid()*c.Grid()+1, c.HiddenSize),
		PreNorm:  nn.NewLayerNorm(c.HiddenSize, c.LayerNormEps),
		PostNorm: nn.NewLayerNorm(c.HiddenSize, c.LayerNormEps),
	}
	t.Patch.Bias = nil
	for range c.Layers {
		t.Layers = append(t.Layers, siglip.NewLayer(c))
	}
	return t
}

// Inputs are the patches of one picture and what the graph needs to place them.
type Inputs struct {
	Patches *graph.Node // f32[P, channels·size·size], row by row
	Places  *graph.Node // i32[1+P]: row of the position table, 0 that of the class token
	Rows    *graph.Node // i32[1+P]: -1 for the class token, then the patches
	Seq     *graph.Node // i32[1+P]: 0
	Len     *graph.Node // i32[1+P]: 1+P
}

// NewInputs returns the inputs for p patches.
func NewInputs(c Config, p int) Inputs {
	return Inputs{
		graph.Input("patches", tensor.F32, p, c.PatchLen()), graph.Input("places", tensor.I32, p+1), graph.Input("rows", tensor.I32, p+1),
		graph.Input("seq", tensor.I32, p+1), graph.Input("len", tensor.I32, p+1),
	}
}

// List is the inputs in the order of Values.
func (in Inputs) List() []*graph.Node {
	return []*graph.Node{in.Patches, in.Places, in.Rows, in.Seq, in.Len}
}

// Values are what the inputs hold for patches f32[P, channels·size·size].
func Values(patches tensor.Array) []tensor.Array {
	n := patches.Shape[0] + 1
	places, rows, seq, length := make([]int32, n), make([]int32, n), make([]int32, n), make([]int32, n)
	for i := range n {
		places[i], rows[i], length[i] = int32(i), int32(i-1), int32(n)
	}
	return []tensor.Array{patches, tensor.OfInts(places, n), tensor.OfInts(rows, n), tensor.OfInts(seq, n), tensor.OfInts(length, n)}
}

// Forward returns the hidden states [1+P, C], the class token's first, after the given number of layers: 0 is before the first. That after
// each layer goes to taps, unless it is nil.
func (t *Tower) Forward(in Inputs, layers int, taps *[]*graph.Node) *graph.Node {
	class := op.Embedding(in.Seq, op.Reshape(t.Class, 1, t.Class.Dim(0)))
	x := op.Merge(class, t.Patch.Forward(in.Patches), in.Rows)
	x = t.PreNorm.Forward(op.Add(x, t.Position.Forward(in.Places)))
	around := siglip.Inputs{Seq: in.Seq, Len: in.Len}
	for _, l := range t.Layers[:layers] {
		x = l.Forward(x, around)
		if taps != nil {
			*taps = append(*taps, x)
		}
	}
	return x
}
