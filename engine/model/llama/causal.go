package llama

import (
	"encoding/json"
	"fmt"

	"sightglass/engine/graph"
	"sightglass/engine/model"
	"sightglass/engine/nn"
)

// Family is the text-only Llama.
var Family = model.Family{Architecture: "LlamaForCausalLM", New: newModel}

// Model is a Llama that answers without seeing.
type Model struct {
	Text *Decoder   `weight:"model"`
	Head *nn.Linear `weight:"lm_head,tied=model.embed_tokens"`

	config Config
}

// NewModel returns a model without numbers, of any text-only family with these layers. c must be filled.
func NewModel(c Config) *Model {
	return &Model{New(c), nn.NewLinear(c.HiddenSize, c.VocabSize, false), c}
}

func newModel(f model.Files) (model.Model, error) {
	c := Default()
	if err := json.Unmarshal(f.Config, &c); err != nil {
		return nil, fmt.Errorf("llama: config.json: %w", err)
	}
	if err := c.Fill(); err != nil {
		return nil, err
	}
	return NewModel(c), nil
}

// Info implements model.Model.
func (m *Model) Info() model.Info { return m.config.Info() }

// Info is what the engine must know of a decoder of this configuration.
func (c *Config) Info() model.Info {
	info := model.Info{Hidden: c.HiddenSize, Vocab: c.VocabSize, Context: c.MaxPositions, Cache: c.Cache(), Wide: c.Wide}
	for _, r := range c.ropes() {
		info.Rotary = append(info.Rotary, r.table(c.HeadDim))
	}
	if c.Local != nil {
		info.Window = c.Local.Window
	}
	return info
}

// Embed implements model.Model.
func (m *Model) Embed(ids *graph.Node) *graph.Node { return m.Text.Embed.Forward(ids) }

// Decode implements model.Model.
func (m *Model) Decode(x *graph.Node, s *nn.Step, taps *[]*graph.Node) *graph.Node {
	return m.Text.Forward(x, s, taps)
}

// Logits implements model.Model.
func (m *Model) Logits(h *graph.Node) *graph.Node { return m.Head.Forward(h) }

// Vision implements model.Model: there is none.
func (m *Model) Vision() model.Vision { return nil }
