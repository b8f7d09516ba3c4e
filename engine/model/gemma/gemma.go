// Package gemma is the text of Gemma: Llama's layers, with weights of norms around 0, GELU in the MLP, and scaled embeddings. Gemma 3 also
// normalises what layers give, and most of its layers see a window.
package gemma

import (
	"encoding/json"
	"fmt"
	"math"

	"sightglass/engine/model"
	"sightglass/engine/model/llama"
)

// Gemma3 is the text-only Gemma 3, such as that of a billion parameters.
var Gemma3 = model.Family{Architecture: "Gemma3ForCausalLM", New: newGemma3}

// config is config.json of a Gemma 3, or its text_config.
type config struct {
	llama.Config
	Activation     string   `json:"hidden_activation"`
	QueryScalar    float64  `json:"query_pre_attn_scalar"`
	LocalTheta     float64  `json:"rope_local_base_freq"`
	Pattern        int      `json:"sliding_window_pattern"` // each so many layers, the last sees all
	LayerTypes     []string `json:"layer_types"`
	AttentionCap   *float64 `json:"attn_logit_softcapping"`
	LogitsCap      *float64 `json:"final_logit_softcapping"`
	Bidirectional  bool     `json:"use_bidirectional_attention"`
	RopeParameters struct {
		Full  *llama.Rope `json:"full_attention"`
		Local *llama.Rope `json:"sliding_attention"`
	} `json:"rope_parameters"` // where transformers 5 keeps the rotary numbers
}

// as gives c what every Gemma has. It was trained in bf16, and its hidden states are large.
func as(c *llama.Config) {
	c.Wide, c.NormShift, c.EmbedScale = true, 1, float32(math.Sqrt(float64(c.HiddenSize)))
}

// ReadText reads the configuration of the decoder of Gemma 1. Fields that are left out have the defaults of transformers' GemmaConfig.
func ReadText(data []byte) (llama.Config, error) {
	c := struct {
		llama.Config
		ModelType string `json:"model_type"`
	}{llama.Config{HiddenSize: 3072, IntermediateSize: 24576, NumLayers: 28, Heads: 16, KVHeads: 16, HeadDim: 256, VocabSize: 256000,
		MaxPositions: 8192, RMSNormEps: 1e-6, RopeTheta: 10000, HiddenAct: "gelu_pytorch_tanh"}, "gemma"}
	if err := json.Unmarshal(data, &c); err != nil {
		return c.Config, fmt.Errorf("gemma: config.json: %w", err)
	}
	if c.ModelType != "gemma" {
		return c.Config, fmt.Errorf("gemma: %w: config.json: \"model_type\" of text_config: want \"gemma\", found %q", model.ErrUnsupported, c.ModelType)
	}
	as(&c.Config)
	return c.Config, c.Fill()
}

// ReadText3 reads the configuration of the decoder of Gemma 3. Fields that are left out have the defaults of transformers' Gemma3TextConfig.
func ReadText3(data []byte) (llama.Config, error) {
	window := 4096
	c := config{Config: llama.Config{HiddenSize: 2304, IntermediateSize: 9216, NumLayers: 26, Heads: 8, KVHeads: 4, HeadDim: 256, VocabSize: 262208,
		MaxPositions: 131072, RMSNormEps: 1e-6, RopeTheta: 1e6, SlidingWindow: &window},
		Activation: "gelu_pytorch_tanh", QueryScalar: 256, LocalTheta: 10000, Pattern: 6}
	if err := json.Unmarshal(data, &c); err != nil {
		return c.Config, fmt.Errorf("gemma: config.json: %w", err)
	}
	if c.AttentionCap != nil || c.LogitsCap != nil || c.Bidirectional {
		return c.Config, fmt.Errorf("gemma: %w: config.json: want no softcapping and no use_bidirectional_attention, which is Gemma 2 and EmbeddingGemma", model.ErrUnsupported)
	}
	local, err := c.local()
	if err != nil {
		return c.Config, err
	}
	if r := c.RopeParameters.Full; r != nil {
		c.Config.RopeParameters = *r
	}
	t := c.Config
	as(&t)
	t.HiddenAct, t.QKNorm, t.OutNorms, t.Local, t.SlidingWindow = c.Activation, true, true, local, nil
	t.Score = float32(1 / math.Sqrt(c.QueryScalar))
	return t, t.Fill()
}

// local are the layers that see a window.
func (c *config) local() (*llama.Local, error) {
	if c.SlidingWindow == nil || *c.SlidingWindow < 1 || c.Pattern < 1 || c.QueryScalar <= 0 || c.NumLayers < 0 || c.NumLayers > 1024 {
		return nil, fmt.Errorf("gemma: config.json: want a sliding_window, a sliding_window_pattern and a query_pre_attn_scalar above 0 and at most 1024 layers, found %v, %d, %g and %d",
			c.SlidingWindow, c.Pattern, c.QueryScalar, c.NumLayers)
	}
	if c.LayerTypes != nil && len(c.LayerTypes) != c.NumLayers {
		return nil, fmt.Errorf("gemma: config.json: \"layer_types\": want %d, found %d", c.NumLayers, len(c.LayerTypes))
	}
	l := &llama.Local{Window: *c.SlidingWindow, Rope: llama.Rope{Theta: c.LocalTheta, Type: "default"}}
	if r := c.RopeParameters.Local; r != nil {
		l.Rope = *r
	}
	for i := range c.NumLayers {
		near := (i+1)%c.Pattern != 0
		if c.LayerTypes != nil {
			if near = c.LayerTypes[i] == "sliding_attention"; !near && c.LayerTypes[i] != "full_attention" {
				return nil, fmt.Errorf("gemma: config.json: \"layer_types\": want \"sliding_attention\" or \"full_attention\", found %q", c.LayerTypes[i])
			}
		}
		l.Layers = append(l.Layers, near)
	}
	return l, nil
}

func newGemma3(f model.Files) (model.Model, error) {
	c, err := ReadText3(f.Config)
	if err != nil {
		return nil, err
	}
	return llama.NewModel(c), nil
}
