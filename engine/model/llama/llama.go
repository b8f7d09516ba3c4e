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
	SlidingWindow    *int    `json:"sliding_window"` // positions; of Mistral
	RopeScaling      *Rope   `json:"rope_scaling"`
	RopeParameters   Rope    `json:"rope_parameters"` // where transformers 5 keeps the rotary numbers
	// QKVBias gives queries, keys and values biases, where AttentionBias gives the output one too; QKNorm normalises queries and keys. They are
	// no fields of config.json: Qwen2 and Qwen3 have them always.
	QKVBias bool `json:"-"`
	QKNorm  bool `json:"-"`
	// What Gemma does otherwise: NormShift is added to the weights of norms, EmbedScale multiplies embedded tokens (0: nothing does), OutNorms
	// normalises what attention and MLP give, too, Score scales scores (0: 1/√HeadDim), Local layers see a window, and Wide hidden states may
	// outgrow f16.
	NormShift  float32 `json:"-"`
	EmbedScale float32 `json:"-"`
	OutNorms   bool    `json:"-"`
	Score      float32 `json:"-"`
	Local      *Local  `json:"-"`
	Wide       bool    `json:"-"`
}

// Local are the layers that see no further back than a window, and have rotary numbers of their own.
type Local struct {
	Layers []bool // by number
	Window int    // positions, a row's own among them
	Rope   Rope
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
	case c.HiddenAct != "silu" && c.HiddenAct != "gelu_pytorch_tanh":
		return fmt.Errorf("llama: config: \"hidden_act\": want \"silu\" or \"gelu_pytorch_tanh\", found %q", c.HiddenAct)
	}
	if c.Score == 0 {
		c.Score = nn.Scale(c.HeadDim)
		if r := c.rope(); r.Type == "yarn" {
			a := r.yarn().Attention
			c.Score *= float32(a * a)
		}
	}
	for _, r := range c.ropes() {
		if err := r.check(c.HeadDim); err != nil {
			return err
		}
	}
	return nil
}

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
	QueryNorm *nn.RMSNorm `weight:"self_attn.q_norm"` // nil without QKNorm
	KeyNorm   *nn.RMSNorm `weight:"self_attn.k_norm"`
	Out       *nn.Linear  `weight:"self_attn.o_proj"`
	PostNorm  *nn.RMSNorm `weight:"post_attention_layernorm"`  // before the MLP; with OutNorms after attention
	PreMLP    *nn.RMSNorm `weight:"pre_feedforward_layernorm"` // nil without OutNorms
	PostMLP   *nn.RMSNorm `weight:"post_feedforward_layernorm"`
	Gate      *nn.Linear  `weight:"mlp.gate_proj"`
	Up        *nn.Linear  `weight:"mlp.up_proj"`
	Down      *nn.Linear  `weight:"mlp.down_proj"`

	headDim int
	score   float32
	gelu    bool
	local   bool
}

// New returns a decoder without numbers. c must be filled.
func New(c Config) *Decoder {
	norm := func(width int) *nn.RMSNorm {
		n := nn.NewRMSNorm(width, c.RMSNormEps)
		n.Shift = c.NormShift
		return n
	}
	d := &Decoder{Embed: nn.NewEmbedding(c.VocabSize, c.HiddenSize), Norm: norm(c.HiddenSize)}
	d.Embed.Scale = c.EmbedScale
	q, kv := c.Heads*c.HeadDim, c.KVHeads*c.HeadDim
	qkvBias := c.AttentionBias || c.QKVBias
	for i := range c.NumLayers {
		l := &Layer{
			InputNorm: norm(c.HiddenSize),
			Query:     nn.NewLinear(c.HiddenSize, q, qkvBias),
			Key:       nn.NewLinear(c.HiddenSize, kv, qkvBias),
			Value:     nn.NewLinear(c.HiddenSize, kv, qkvBias),
			Out:       nn.NewLinear(q, c.HiddenSize, c.AttentionBias),
			PostNorm:  norm(c.HiddenSize),
			Gate:      nn.NewLinear(c.HiddenSize, c.IntermediateSize, c.MLPBias),
			Up:        nn.NewLinear(c.HiddenSize, c.IntermediateSize, c.MLPBias),
			Down:      nn.NewLinear(c.IntermediateSize, c.HiddenSize, c.MLPBias),
			headDim:   c.HeadDim,
			score:     c.Score,
			gelu:      c.HiddenAct != "silu",
			local:     c.Local != nil && c.Local.Layers[i],
		}
		if c.QKNorm {
			l.QueryNorm, l.KeyNorm = norm(c.HeadDim), norm(c.HeadDim)
		}
		if c.OutNorms {
			l.PreMLP, l.PostMLP = norm(c.HiddenSize), norm(c.HiddenSize)
		}
		d.Layers = append(d.Layers, l)
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
	heads := func(p *nn.Linear, norm *nn.RMSNorm, h *graph.Node) *graph.Node {
		y := p.Forward(h)
		y = op.Reshape(y, n, y.Dim(-1)/l.headDim, l.headDim)
		if norm != nil {
			y = norm.Forward(y)
		}
		return y
	}
	angles := s.Angles[0]
	if l.local {
		angles = s.Angles[1]
	}
	h := l.InputNorm.Forward(x)
	q := op.Rope(heads(l.Query, l.QueryNorm, h), angles, false)
	k := op.Rope(heads(l.Key, l.KeyNorm, h), angles, false)
	a := s.Attend(i, q, k, heads(l.Value, nil, h), l.score, l.local)
	a = l.Out.Forward(op.Reshape(a, n, a.Dim(1)*a.Dim(2)))
	if l.PreMLP == nil {
		x = op.Add(x, a)
		return op.Add(x, l.mlp(l.PostNorm.Forward(x)))
	}
	x = op.Add(x, l.PostNorm.Forward(a))
	return op.Add(x, l.PostMLP.Forward(l.mlp(l.PreMLP.Forward(x))))
}

func (l *Layer) mlp(h *graph.Node) *graph.Node {
	gate, up := l.Gate.Forward(h), l.Up.Forward(h)
	if l.gelu {
		return l.Down.Forward(op.Mul(op.GELUTanh(gate), up))
	}
	return l.Down.Forward(op.SiLUMul(gate, up))
}
