// Package llava is the family of LLaVA-1.5 and LLaVA-NeXT: a CLIP tower whose last layers are not used, a projection of two layers, and a Llama
// or Mistral decoder. LLaVA-NeXT also looks at tiles of the picture. Later models of the architecture have SigLIP's tower and Qwen's decoder, as
// LLaVA-Interleave, or Pixtral's tower.
package llava

import (
	"encoding/json"
	"fmt"

	"sightglass/engine/graph"
	"sightglass/engine/image"
	"sightglass/engine/model"
	"sightglass/engine/model/clip"
	"sightglass/engine/model/llama"
	"sightglass/engine/model/pixtral"
	"sightglass/engine/model/qwen"
	"sightglass/engine/model/siglip"
	"sightglass/engine/nn"
	"sightglass/engine/op"
	"sightglass/engine/tensor"
)

// Family is LLaVA-1.5, LLaVA-Interleave and Pixtral.
var Family = model.Family{Architecture: "LlavaForConditionalGeneration", New: newLlava, Rename: model.RenameLlavaTower, Transformers: model.LlavaLayers}

// Next is LLaVA-NeXT, also named LLaVA-1.6.
var Next = model.Family{Architecture: "LlavaNextForConditionalGeneration", New: newNext, Rename: model.RenameLlavaTower, Transformers: model.LlavaLayers}

// Config is config.json.
type Config struct {
	Text          llama.Config `json:"text_config"`
	Vision        clip.Config  `json:"vision_config"`
	FeatureLayer  int          `json:"vision_feature_layer"`
	SelectFeature string       `json:"vision_feature_select_strategy"`
	ProjectorAct  string       `json:"projector_hidden_act"`
	ProjectorBias bool         `json:"multimodal_projector_bias"`
	Pinpoints     [][2]int     `json:"image_grid_pinpoints"`

	tower string
}

// language is what does not depend on the tower.
type language struct {
	Projector *Projector `weight:"multi_modal_projector"`
	llama.Language

	config Config
}

// Model is the whole model, with the one tower or the other.
type Model struct {
	CLIP   *clip.Tower   `weight:"vision_tower.vision_model"`
	SigLIP *siglip.Tower `weight:"vision_tower.vision_model"`
	language
	// Newline ends each row of a grid in LLaVA-NeXT; nil in others.
	Newline *graph.Node `weight:"image_newline"`

	prep planner
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

// towers are values of "model_type" of vision_config.
const (
	clipTower    = "clip_vision_model"
	siglipTower  = "siglip_vision_model"
	pixtralTower = "pixtral"
)

// readConfig parses config.json with the defaults of transformers' LlavaConfig, whose tower is CLIP's large one at 336 pixels.
func readConfig(data []byte) (Config, error) {
	c := Config{tower: clipTower, Vision: clip.Default(), FeatureLayer: -2, SelectFeature: "default", ProjectorAct: "gelu", ProjectorBias: true,
		Pinpoints: [][2]int{{336, 672}, {672, 336}, {672, 672}, {1008, 336}, {336, 1008}}}
	var has struct {
		Vision *struct {
			ModelType string `json:"model_type"`
		} `json:"vision_config"`
		Text struct {
			ModelType string `json:"model_type"`
		} `json:"text_config"`
	}
	if err := json.Unmarshal(data, &has); err != nil {
		return c, fmt.Errorf("llava: config.json: %w", err)
	}
	switch {
	case has.Vision == nil:
		c.Vision.HiddenSize, c.Vision.IntermediateSize, c.Vision.Layers, c.Vision.Heads = 1024, 4096, 24, 16
		c.Vision.ImageSize, c.Vision.PatchSize = 336, 14
	case has.Vision.ModelType == siglipTower:
		c.tower, c.Vision = siglipTower, siglip.Standard()
	case has.Vision.ModelType == pixtralTower:
		c.tower, c.Vision = pixtralTower, pixtral.Default().Config
	case has.Vision.ModelType != "" && has.Vision.ModelType != clipTower:
		return c, fmt.Errorf("llava: %w: config.json: \"model_type\" of vision_config: want %q, %q or %q, found %q", model.ErrUnsupported, clipTower, siglipTower,
			pixtralTower, has.Vision.ModelType)
	}
	var err error
	if has.Text.ModelType != "qwen2" {
		if c.Text, err = llama.DefaultOf(has.Text.ModelType); err != nil {
			return c, err
		}
	}
	if err := json.Unmarshal(data, &c); err != nil {
		return c, fmt.Errorf("llava: config.json: %w", err)
	}
	if has.Text.ModelType == "qwen2" {
		c.Text = qwen.DefaultQwen2()
		err = qwen.ReadText(data, &c.Text)
	} else {
		err = c.Text.Fill()
	}
	if err != nil {
		return c, err
	}
	if err := c.Vision.Check(); err != nil {
		return c, err
	}
	if n := c.Vision.Layers; c.FeatureLayer < -n-1 || c.FeatureLayer > n {
		return c, fmt.Errorf("llava: config.json: \"vision_feature_layer\": want %d to %d, found %d", -n-1, n, c.FeatureLayer)
	}
	if c.SelectFeature != "default" && c.SelectFeature != "full" {
		return c, fmt.Errorf("llava: config.json: \"vision_feature_select_strategy\": want \"default\" or \"full\", found %q", c.SelectFeature)
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

// picks are the rows of the tower's hidden states that become features: "default" leaves out the first, which is CLIP's class token.
func (c Config) picks() []int32 {
	n := c.Vision.Grid() * c.Vision.Grid()
	if c.tower == clipTower {
		n++
	}
	picks := make([]int32, n)
	for i := range picks {
		picks[i] = int32(i)
	}
	if c.SelectFeature == "default" {
		return picks[1:]
	}
	return picks
}

func build(c Config) (language, error) {
	act, err := nn.Activation(c.ProjectorAct)
	if err != nil {
		return language{}, fmt.Errorf("llava: %w", err)
	}
	return language{
		Projector: &Projector{nn.NewLinear(c.Vision.HiddenSize, c.Text.HiddenSize, c.ProjectorBias),
			nn.NewLinear(c.Text.HiddenSize, c.Text.HiddenSize, c.ProjectorBias), act},
		Language: llama.NewLanguage(c.Text),
		config:   c,
	}, nil
}

func newLlava(f model.Files) (model.Model, error) {
	c, err := readConfig(f.Config)
	if err != nil {
		return nil, err
	}
	l, err := build(c)
	if err != nil {
		return nil, err
	}
	m := &Model{language: l}
	switch c.tower {
	case pixtralTower:
		return newPixtral(f, l)
	case siglipTower:
		m.SigLIP = siglip.New(c.Vision)
		m.prep, err = image.ParseSquare(f.PreprocessorOr("{}"), c.Vision.ImageSize, image.Bicubic)
	default:
		m.CLIP = clip.New(c.Vision)
		m.prep, err = image.ParseCLIP(f.PreprocessorOr("{}"), c.Vision.ImageSize)
	}
	return m, err
}

func newNext(f model.Files) (model.Model, error) {
	c, err := readConfig(f.Config)
	if err != nil {
		return nil, err
	}
	if c.tower != clipTower || c.SelectFeature != "default" {
		return nil, fmt.Errorf("llava: %w: config.json: want a tower of %q and \"vision_feature_select_strategy\" \"default\", found %q and %q", model.ErrUnsupported,
			clipTower, c.tower, c.SelectFeature)
	}
	l, err := build(c)
	if err != nil {
		return nil, err
	}
	m := &Model{CLIP: clip.New(c.Vision), language: l, Newline: graph.Param("", tensor.F32, c.Text.HiddenSize)}
	m.prep, err = image.ParseLlavaNext(f.PreprocessorOr("{}"), c.Vision.ImageSize, c.Pinpoints)
	return m, err
}

// Vision implements model.Model.
func (m *Model) Vision() model.Vision { return m }

// Encoder implements model.Vision.
func (m *Model) Encoder(g model.Geometry, taps *[]*graph.Node) model.Encoder {
	n, c := g[0]*g[1], m.config
	picks := graph.Input("picks", tensor.I32, len(c.picks()))
	var in []*graph.Node
	var h *graph.Node
	if m.SigLIP != nil {
		patches := siglip.NewInputs(c.Vision, n)
		in, h = patches.List(), m.SigLIP.Hidden(patches, c.layers(), taps)
	} else {
		patches := clip.NewInputs(c.Vision, n)
		in, h = patches.List(), m.CLIP.Forward(patches, c.layers(), taps)
	}
	return model.Encoder{Inputs: append(in, picks), Features: m.Projector.Forward(op.Embedding(picks, h))}
}
