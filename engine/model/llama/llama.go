// Package llama is the decoder of Llama and of the models that share its layers: RMS norm, rotary positions, grouped heads, gated MLP.
package llama

import (
	"fmt"

	"sightglass/engine/graph"
	"sightglass/engine/model"
	"sightglass/engine/nn"
	"sightglass/engine/op"
)

// Config is config.json of a Llama, or text_config of a model that contains one.
type Config struct {
	HiddenSize       int     `json:"hidden_size"`
	IntermediateSize int     `json:"intermediate_size"`
	NumLayers        int     `json:"num_hidden_layers"`
	Heads            int     `json:"num_attention_heads"`
	KVHeads          int     `json:"num_key_value_heads"`
	HeadDim          int     `json:"head_dim"`
	VocabSize        int     `json:"vocab_size"`
	MaxPositions     int     `json:"max_position_embeddings"`
	RMSNormEps       float32 `json:"rms_norm_eps"`
	RopeTheta        float64 `json:"rope_theta"`
	AttentionBias    bool    `json:"attention_bias"`
	MLPBias          bool    `json:"mlp_bias"`
	HiddenAct        string  `json:"hidden_act"`
	TieEmbeddings    *bool   `json:"tie_word_embeddings"`
	RopeScaling      any     `json:"rope_scaling"`
	SlidingWindow    *int    `json:"sliding_window"` // positions; of Mistral
	// transformers 5 keeps the rotary numbers here.
	RopeParameters struct {
		Theta float64 `json:"rope_theta"`
		Type  string  `json:"rope_type"`
	} `json:"rope_parameters"`
}

// Default is what transformers' LlamaConfig takes for a field that config.json leaves out.
func Default() Config {
	return Config{HiddenSize: 4096, IntermediateSize: 11008, NumLayers: 32, Heads: 32, VocabSize: 32000, MaxPositions: 2048,
		RMSNormEps: 1e-6, RopeTheta: 10000, HiddenAct: "silu"}
}

// DefaultOf is what transformers takes for a text_config of that model_type.
func DefaultOf(modelType string) (Config, error) {
	c := Default()
	switch modelType {
	case "", "llama":
	case "mistral":
		window := 4096
		c.IntermediateSize, c.KVHeads, c.MaxPositions, c.SlidingWindow = 14336, 8, 4096*32, &window
	default:
		return c, fmt.Errorf("llama: %w: config.json: \"model_type\" of text_config: want \"llama\" or \"mistral\", found %q", model.ErrUnsupported, modelType)
	}
	return c, nil
}

// Fill completes the fields that follow from others and checks that the engine can run such a decoder.
func (c *Config) Fill() error {
	if c.KVHeads == 0 {
		c.KVHeads = c.Heads
	}
	if c.HeadDim == 0 && c.Heads > 0 {
		c.HeadDim = c.HiddenSize / c.Heads
	}
	if c.RopeParameters.Theta != 0 {
		c.RopeTheta = c.RopeParameters.Theta
	}
	if w := c.SlidingWindow; w != nil && *w > 0 && *w < c.MaxPositions {
		c.MaxPositions = *w // up to there the window hides nothing
	}
	err := model.Positive(1<<24, model.Number{Name: "hidden_size", Value: c.HiddenSize},
		model.Number{Name: "intermediate_size", Value: c.IntermediateSize}, model.Number{Name: "num_hidden_layers", Value: c.NumLayers},
		model.Number{Name: "num_attention_heads", Value: c.Heads}, model.Number{Name: "num_key_value_heads", Value: c.KVHeads},
		model.Number{Name: "head_dim", Value: c.HeadDim}, model.Number{Name: "vocab_size", Value: c.VocabSize},
		model.Number{Name: "max_position_embeddings", Value: c.MaxPositions})
	if err != nil {
		return fmt.Errorf("llama: %w", err)
	}
	switch {
	case c.NumLayers > 1024:
		return fmt.Errorf("llama: config: \"num_hidden_layers\": want at most 1024, found %d", c.NumLayers)
	case c.Heads%c.KVHeads != 0:
		return fmt.Errorf("llama: config: want heads that divide into groups, found %d heads and %d key-value heads", c.Heads, c.KVHeads)
	case c.HeadDim%2 != 0:
		return fmt.Errorf("llama: config: \"head_dim\": want an even number, found %d", c.HeadDim)
	case c.HiddenAct != "silu":
		return fmt.Errorf("llama: config: \"hidden_act\": want \"silu\", found %q", c.HiddenAct)
	case c.RopeScaling != nil || (c.RopeParameters.Type != "" && c.RopeParameters.Type != "default"):
		return fmt.Errorf("llama: config: rotary scaling: want none, found %v%s", c.RopeScaling, c.RopeParameters.Type)
	case c.RopeTheta <= 0:
		return fmt.Errorf("llama: config: \"rope_theta\": want a positive number, found %g", c.RopeTheta)
	}
	return nil
}

// Rotary is the table of rotary frequencies.
func (c *Config) Rotary() nn.Rotary { return nn.NewRotary(c.RopeTheta, c.HeadDim) }

// Cache is what the decoder keeps for each position.
func (c *Config) Cache() nn.CacheShape {
	return nn.CacheShape{Layers: c.NumLayers, KVHeads: c.KVHeads, HeadDim: c.HeadDim}
}

// Decoder is the stack of layers with its embedding and final norm.
type Decoder struct {
	Embed  *nn.Embedding `weight:"embed_tokens"`
	Layers []*Layer      `weight:"layers"`
	Norm   *nn.RMSNorm   `weight:"norm"`
}

// Layer is one block of the decoder.
type Layer struct {
	InputNorm *nn.RMSNorm `weight:"input_layernorm"`
	Query     *nn.Linear  `weight:"self_attn.q_proj"`
	Key       *nn.Linear  `weight:"self_attn.k_proj"`
	Value     *nn.Linear  `weight:"self_attn.v_proj"`
	Out       *nn.Linear  `weight:"self_attn.o_proj"`
	PostNorm  *nn.RMSNorm `weight:"post_attention_layernorm"`
	Gate      *nn.Linear  `weight:"mlp.gate_proj"`
	Up        *nn.Linear  `weight:"mlp.up_proj"`
	Down      *nn.Linear  `weight:"mlp.down_proj"`

	headDim int
}

// New returns a decoder without numbers. c must be filled.
func New(c Config) *Decoder {
	d := &Decoder{Embed: nn.NewEmbedding(c.VocabSize, c.HiddenSize), Norm: nn.NewRMSNorm(c.HiddenSize, c.RMSNormEps)}
	q, kv := c.Heads*c.HeadDim, c.KVHeads*c.HeadDim
	for range c.NumLayers {
		d.Layers = append(d.Layers, &Layer{
			InputNorm: nn.NewRMSNorm(c.HiddenSize, c.RMSNormEps),
			Query:     nn.NewLinear(c.HiddenSize, q, c.AttentionBias),
			Key:       nn.NewLinear(c.HiddenSize, kv, c.AttentionBias),
			Value:     nn.NewLinear(c.HiddenSize, kv, c.AttentionBias),
			Out:       nn.NewLinear(q, c.HiddenSize, c.AttentionBias),
			PostNorm:  nn.NewRMSNorm(c.HiddenSize, c.RMSNormEps),
			Gate:      nn.NewLinear(c.HiddenSize, c.IntermediateSize, c.MLPBias),
			Up:        nn.NewLinear(c.HiddenSize, c.IntermediateSize, c.MLPBias),
			Down:      nn.NewLinear(c.IntermediateSize, c.HiddenSize, c.MLPBias),
			headDim:   c.HeadDim,
		})
	}
	return d
}

// Forward carries rows x [N, C] through the layers and the final norm. The hidden state after each layer goes to taps, unless it is nil.
func (d *Decoder) Forward(x *graph.Node, s *nn.Step, taps *[]*graph.Node) *graph.Node {
	for i, l := range d.Layers {
		x = l.forward(i, x, s)
		if taps != nil {
			*taps = append(*taps, x)
		}
		if i < len(s.Deep) {
			x = op.Add(x, s.Deep[i])
		}
	}
	return d.Norm.Forward(x)
}

func (l *Layer) forward(i int, x *graph.Node, s *nn.Step) *graph.Node {
	n := x.Dim(0)
	heads := func(p *nn.Linear, h *graph.Node) *graph.Node {
		y := p.Forward(h)
		return op.Reshape(y, n, y.Dim(-1)/l.headDim, l.headDim)
	}
	h := l.InputNorm.Forward(x)
	q := op.Rope(heads(l.Query, h), s.Angles[0], false)
	k := op.Rope(heads(l.Key, h), s.Angles[0], false)
	a := s.Attend(i, q, k, heads(l.Value, h))
	x = op.Add(x, l.Out.Forward(op.Reshape(a, n, a.Dim(1)*a.Dim(2))))
	h = l.PostNorm.Forward(x)
	return op.Add(x, l.Down.Forward(op.SiLUMul(l.Gate.Forward(h), l.Up.Forward(h))))
}
