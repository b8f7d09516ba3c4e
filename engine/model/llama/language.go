package llama

import (
	"sightglass/engine/graph"
	"sightglass/engine/model"
	"sightglass/engine/nn"
)

// Language is the half that writes of models published with LLaVA's names, to be embedded in theirs.
type Language struct {
	Text *Decoder   `weight:"language_model.model"`
	Head *nn.Linear `weight:"language_model.lm_head,tied=language_model.model.embed_tokens"`

	config Config
}

// NewLanguage returns one without numbers. c must be filled.
func NewLanguage(c Config) Language {
	return Language{New(c), nn.NewLinear(c.HiddenSize, c.VocabSize, false), c}
}

// Info implements model.Model.
func (l *Language) Info() model.Info { return l.config.Info() }

// Embed implements model.Model.
func (l *Language) Embed(ids *graph.Node) *graph.Node { return l.Text.Embed.Forward(ids) }

// Decode implements model.Model.
func (l *Language) Decode(x *graph.Node, s *nn.Step, taps *[]*graph.Node) *graph.Node {
	return l.Text.Forward(x, s, taps)
}

// Logits implements model.Model.
func (l *Language) Logits(h *graph.Node) *graph.Node { return l.Head.Forward(h) }
