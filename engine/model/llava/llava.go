// Package llava is the family of LLaVA-1.5 and LLaVA-NeXT: a CLIP tower whose last layers are not used, a projection of two layers, and a Llama
// or Mistral decoder. LLaVA-NeXT also looks at tiles of the picture.
package llava

import (
	"encoding/json"
	"fmt"

	"sightglass/engine/graph"
	"sightglass/engine/image"
	"sightglass/engine/model"
	"sightglass/engine/model/clip"
	"sightglass/engine/model/llama"
	"sightglass/engine/nn"
	"sightglass/engine/op"
	"sightglass/engine/tensor"
)

// Family is LLaVA-1.5.
var Family = model.Family{Architecture: "LlavaForConditionalGeneration", New: newLlava, Rename: model.RenameLlavaTower}

// Next is LLaVA-NeXT, also named LLaVA-1.6.
var Next = model.Family{Architecture: "LlavaNextForConditionalGeneration", New: newNext, Rename: model.RenameLlavaTower}

// Config is config.json.
type Config struct {
	Text          llama.Config `json:"text_config"`
	Vision        clip.Config  `json:"vision_config"`
	FeatureLayer  int          `json:"vision_feature_layer"`
	SelectFeature string       `json:"vision_feature_select_strategy"`
	ProjectorAct  string       `json:"projector_hidden_act"`
	ProjectorBias bool         `json:"multimodal_projector_bias"`
	Pinpoints     [][2]int     `json:"image_grid_pinpoints"`
}

// Model is the whole model.
type Model struct {
	Tower     *clip.Tower    `weight:"vision_tower.vision_model"`
	Projector *Projector     `weight:"multi_modal_projector"`
	Text      *llama.Decoder `weight:"language_model.model"`
	Head      *nn.Linear     `weight:"language_model.lm_head,tied=language_model.model.embed_tokens"`
	// Newline ends each row of a grid in LLaVA-NeXT; nil in LLaVA-1.5.
	Newline *graph.Node `weight:"image_newline"`

	config Config
	prep   planner
}

// planner is the family's image processor.
type planner interface {
	Plan(source image.Size) (*image.Plan, error)
}

// Projector maps features of the tower to rows of the decoder.
type Projector struct {
	Linear1 *nn.Linear `weight:"linear_1"`
	Linear2 *nn.Linear `weight:"linear_2"`
	act     func(*graph.Node) *graph.Node
}

// Forward maps [P, in] to [P, out].
func (p *Projector) Forward(x *graph.Node) *graph.Node {
	return p.Linear2.Forward(p.act(p.Linear1.Forward(x)))
}

// readConfig parses config.json with the defaults of transformers' LlavaConfig, whose tower is CLIP's large one at 336 pixels.
func readConfig(data []byte) (Config, error) {
	c := Config{Vision: clip.Default(), FeatureLayer: -2, SelectFeature: "default", ProjectorAct: "gelu", ProjectorBias: true,
		Pinpoints: [][2]int{{336, 672}, {672, 336}, {672, 672}, {1008, 336}, {336, 1008}}}
	var has struct {
		Vision *struct{} `json:"vision_config"`
		Text   struct {
			ModelType string `json:"model_type"`
		} `json:"text_config"`
	}
	if err := json.Unmarshal(data, &has); err != nil {
		return c, fmt.Errorf("llava: config.json: %w", err)
	}
	if has.Vision == nil {
		c.Vision.HiddenSize, c.Vision.IntermediateSize, c.Vision.Layers, c.Vision.Heads = 1024, 4096, 24, 16
		c.Vision.ImageSize, c.Vision.PatchSize = 336, 14
	}
	var err error
	if c.Text, err = llama.DefaultOf(has.Text.ModelType); err != nil {
		return c, err
	}
	if err := json.Unmarshal(data, &c); err != nil {
		return c, fmt.Errorf("llava: config.json: %w", err)
	}
	if err := c.Text.Fill(); err != nil {
		return c, err
	}
	if err := c.Vision.Check(); err != nil {
		return c, err
	}
	if n := c.Vision.Layers; c.FeatureLayer < -n-1 || c.FeatureLayer > n {
		return c, fmt.Errorf("llava: config.json: \"vision_feature_layer\": want %d to %d, found %d", -n-1, n, c.FeatureLayer)
	}
	if c.SelectFeature != "default" {
		return c, fmt.Errorf("llava: %w: config.json: \"vision_feature_select_strategy\": want \"default\", found %q", model.ErrUnsupported, c.SelectFeature)
	}
	return c, nil
}

// layers is the number of the tower's layers that are used: feature layer -1 is after the last one.
func (c Config) layers() int {
	if c.FeatureLayer < 0 {
		return c.Vision.Layers + 1 + c.FeatureLayer
	}
	return c.FeatureLayer
}

func build(c Config) (*Model, error) {
	act, err := nn.Activation(c.ProjectorAct)
	if err != nil {
		return nil, fmt.Errorf("llava: %w", err)
	}
	return &Model{
		Tower: clip.New(c.Vision),
		Projector: &Projector{nn.NewLinear(c.Vision.HiddenSize, c.Text.HiddenSize, c.ProjectorBias),
			nn.NewLinear(c.Text.HiddenSize, c.Text.HiddenSize, c.ProjectorBias), act},
		Text:   llama.New(c.Text),
		Head:   nn.NewLinear(c.Text.HiddenSize, c.Text.VocabSize, false),
		config: c,
	}, nil
}

func newLlava(f model.Files) (model.Model, error) {
	c, err := readConfig(f.Config)
	if err != nil {
		return nil, err
	}
	m, err := build(c)
	if err != nil {
		return nil, err
	}
	m.prep, err = image.ParseCLIP(f.PreprocessorOr("{}"), c.Vision.ImageSize)
	return m, err
}

func newNext(f model.Files) (model.Model, error) {
	c, err := readConfig(f.Config)
	if err != nil {
		return nil, err
	}
	m, err := build(c)
	if err != nil {
		return nil, err
	}
	m.Newline = graph.Param("", tensor.F32, c.Text.HiddenSize)
	m.prep, err = image.ParseLlavaNext(f.PreprocessorOr("{}"), c.Vision.ImageSize, c.Pinpoints)
	return m, err
}

// Info implements model.Model.
func (m *Model) Info() model.Info { return m.config.Text.Info() }

// Embed implements model.Model.
func (m *Model) Embed(ids *graph.Node) *graph.Node { return m.Text.Embed.Forward(ids) }

// Decode implements model.Model.
func (m *Model) Decode(x *graph.Node, s *nn.Step, taps *[]*graph.Node) *graph.Node {
	return m.Text.Forward(x, s, taps)
}

// Logits implements model.Model.
func (m *Model) Logits(h *graph.Node) *graph.Node { return m.Head.Forward(h) }

// Vision implements model.Model.
func (m *Model) Vision() model.Vision { return m }

// Encoder implements model.Vision.
func (m *Model) Encoder(g model.Geometry, taps *[]*graph.Node) model.Encoder {
	n := g[0] * g[1]
	in := clip.NewInputs(m.config.Vision, n)
	picks := graph.Input("picks", tensor.I32, n)
	h := op.Embedding(picks, m.Tower.Forward(in, m.config.layers(), taps))
	return model.Encoder{Inputs: append(in.List(), picks), Features: m.Projector.Forward(h)}
}
