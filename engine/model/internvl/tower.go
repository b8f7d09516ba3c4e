package internvl

import (
	"fmt"

	"sightglass/engine/graph"
	"sightglass/engine/model"
	"sightglass/engine/model/clip"
	"sightglass/engine/model/siglip"
	"sightglass/engine/nn"
	"sightglass/engine/op"
	"sightglass/engine/tensor"
)

// VisionConfig is vision_config of config.json.
type VisionConfig struct {
	siglip.Config
	ImageSize     edge   `json:"image_size"`
	PatchSize     edge   `json:"patch_size"`
	AttentionBias bool   `json:"attention_bias"`
	NormType      string `json:"norm_type"`
	QKNorm        bool   `json:"use_qk_norm"`
	MeanPooling   bool   `json:"use_mean_pooling"`
	Positions     bool   `json:"use_absolute_position_embeddings"`
}

// defaultVision is what transformers' InternVLVisionConfig takes for a field that config.json leaves out.
func defaultVision() VisionConfig {
	return VisionConfig{Config: siglip.Config{HiddenSize: 1024, IntermediateSize: 4096, Layers: 24, Heads: 16, Channels: 3, LayerNormEps: 1e-6,
		HiddenAct: "gelu"}, ImageSize: 448, PatchSize: 14, NormType: "layer_norm", MeanPooling: true, Positions: true}
}

func (c *VisionConfig) check() error {
	c.Config.ImageSize, c.Config.PatchSize = int(c.ImageSize), int(c.PatchSize)
	if c.NormType != "layer_norm" || c.QKNorm || !c.MeanPooling || !c.Positions {
		return fmt.Errorf("internvl: %w: config.json: vision_config: want layer_norm, no use_qk_norm, use_mean_pooling and positions, found %q, %v, %v, %v",
			model.ErrUnsupported, c.NormType, c.QKNorm, c.MeanPooling, c.Positions)
	}
	return c.Check()
}

// Tower is InternViT: that of CLIP with a weight for each channel of what a layer adds.
type Tower struct {
	Class    *graph.Node `weight:"embeddings.cls_token"`
	Position *graph.Node `weight:"embeddings.position_embeddings"`
	Patch    *nn.Patches `weight:"embeddings.patch_embeddings.projection"`
	Layers   []*Layer    `weight:"encoder.layer"`
}

// Layer is one block of the tower.
type Layer struct {
	Norm1  *nn.LayerNorm `weight:"layernorm_before"`
	Query  *nn.Linear    `weight:"attention.q_proj"`
	Key    *nn.Linear    `weight:"attention.k_proj"`
	Value  *nn.Linear    `weight:"attention.v_proj"`
	Out    *nn.Linear    `weight:"attention.projection_layer"`
	Scale1 *graph.Node   `weight:"lambda_1"`
	Norm2  *nn.LayerNorm `weight:"layernorm_after"`
	Up     *nn.Linear    `weight:"mlp.fc1"`
	Down   *nn.Linear    `weight:"mlp.fc2"`
	Scale2 *graph.Node   `weight:"lambda_2"`

	heads int
	act   func(*graph.Node) *graph.Node
}

func newTower(c VisionConfig) *Tower {
	t := &Tower{
		Class:    graph.Param("", tensor.F32, 1, 1, c.HiddenSize),
		Position: graph.Param("", tensor.F32, 1, c.Grid()*c.Grid()+1, c.HiddenSize),
		Patch:    nn.NewPatches(c.Channels, c.Config.PatchSize, c.HiddenSize),
	}
	act, _ := nn.Activation(c.HiddenAct) // checked
	for range c.Layers {
		t.Layers = append(t.Layers, &Layer{
			Norm1:  nn.NewLayerNorm(c.HiddenSize, c.LayerNormEps),
			Query:  nn.NewLinear(c.HiddenSize, c.HiddenSize, c.AttentionBias),
			Key:    nn.NewLinear(c.HiddenSize, c.HiddenSize, c.AttentionBias),
			Value:  nn.NewLinear(c.HiddenSize, c.HiddenSize, c.AttentionBias),
			Out:    nn.NewLinear(c.HiddenSize, c.HiddenSize, true),
			Scale1: graph.Param("", tensor.F32, c.HiddenSize),
			Norm2:  nn.NewLayerNorm(c.HiddenSize, c.LayerNormEps),
			Up:     nn.NewLinear(c.HiddenSize, c.IntermediateSize, true),
			Down:   nn.NewLinear(c.IntermediateSize, c.HiddenSize, true),
			Scale2: graph.Param("", tensor.F32, c.HiddenSize),
			heads:  c.Heads, act: act,
		})
	}
	return t
}

// forward returns the hidden states [1+P, C], the class token's first. That after each layer goes to taps, unless it is nil.
func (t *Tower) forward(in clip.Inputs, taps *[]*graph.Node) *graph.Node {
	n, c := in.Seq.Dim(0), t.Class.Dim(2)
	x := op.Merge(op.Embedding(in.Seq, op.Reshape(t.Class, 1, c)), t.Patch.Forward(in.Patches), in.Rows)
	x = op.Add(x, op.Reshape(t.Position, n, c))
	for _, l := range t.Layers {
		x = l.forward(x, in)
		if taps != nil {
			*taps = append(*taps, x)
		}
	}
	return x
}

func (l *Layer) forward(x *graph.Node, in clip.Inputs) *graph.Node {
	n, c := x.Dim(0), x.Dim(1)
	h := l.Norm1.Forward(x)
	q := op.Reshape(l.Query.Forward(h), n, l.heads, c/l.heads)
	k := op.Reshape(l.Key.Forward(h), 1, n, l.heads, c/l.heads)
	v := op.Reshape(l.Value.Forward(h), 1, n, l.heads, c/l.heads)
	a := l.Out.Forward(op.Reshape(nn.Attend(q, k, v, in.Seq, in.Len), n, c))
	x = op.Add(x, op.Mul(a, l.Scale1))
	return op.Add(x, op.Mul(l.Down.Forward(l.act(l.Up.Forward(l.Norm2.Forward(x)))), l.Scale2))
}
