// Package internvl is the family of InternVL 2.5, 3 and 3.5 in the layout of Hugging Face: an InternViT tower over tiles, pixel shuffle, a
// projection of two layers, and a Qwen decoder.
package internvl

import (
	"encoding/json"
	"fmt"

	"sightglass/engine/graph"
	"sightglass/engine/image"
	"sightglass/engine/model"
	"sightglass/engine/model/llama"
	"sightglass/engine/model/qwen"
	"sightglass/engine/nn"
)

// Family is InternVL.
var Family = model.Family{Architecture: "InternVLForConditionalGeneration", New: newModel, Rename: model.RenameLlava, Transformers: model.LlavaLayers}

// Config is config.json, but for the decoder's part.
type Config struct {
	Vision       VisionConfig `json:"vision_config"`
	Downsample   float64      `json:"downsample_ratio"`
	FeatureLayer int          `json:"vision_feature_layer"`
	ProjectorAct string       `json:"projector_hidden_act"`
	Text         struct {
		ModelType string `json:"model_type"`
	} `json:"text_config"`
}

// edge is a length in pixels, which config.json may give twice, as height and width.
type edge int

// UnmarshalJSON implements json.Unmarshaler.
func (e *edge) UnmarshalJSON(data []byte) error {
	var two [2]int
	if json.Unmarshal(data, &two) == nil {
		if two[0] != two[1] {
			return fmt.Errorf("want a square, found %v", two)
		}
		*e = edge(two[0])
		return nil
	}
	return json.Unmarshal(data, (*int)(e))
}

// Model is the whole model.
type Model struct {
	Tower     *Tower     `weight:"vision_tower"`
	Projector *Projector `weight:"multi_modal_projector"`
	llama.Language

	vision VisionConfig
	side   int // of the square of patches that becomes a row of features
	prep   image.InternVL
}

// Projector maps squares of features of the tower to rows of the decoder.
type Projector struct {
	Norm    *nn.LayerNorm `weight:"layer_norm"`
	Linear1 *nn.Linear    `weight:"linear_1"`
	Linear2 *nn.Linear    `weight:"linear_2"`
	act     func(*graph.Node) *graph.Node
}

// Forward maps [P, in] to [P, out].
func (p *Projector) Forward(x *graph.Node) *graph.Node {
	return p.Linear2.Forward(p.act(p.Linear1.Forward(p.Norm.Forward(x))))
}

func newModel(f model.Files) (model.Model, error) {
	c := Config{Vision: defaultVision(), Downsample: 0.5, FeatureLayer: -1, ProjectorAct: "gelu"}
	if err := json.Unmarshal(f.Config, &c); err != nil {
		return nil, fmt.Errorf("internvl: config.json: %w", err)
	}
	if err := c.Vision.check(); err != nil {
		return nil, err
	}
	text := qwen.DefaultQwen2()
	switch c.Text.ModelType {
	case "", "qwen2":
	case "qwen3":
		text = qwen.DefaultQwen3()
	default:
		return nil, fmt.Errorf("internvl: %w: config.json: text_config: want \"qwen2\" or \"qwen3\", found %q", model.ErrUnsupported, c.Text.ModelType)
	}
	if err := qwen.ReadText(f.Config, &text); err != nil {
		return nil, err
	}
	if c.FeatureLayer != -1 {
		return nil, fmt.Errorf("internvl: %w: config.json: \"vision_feature_layer\": want -1, found %d", model.ErrUnsupported, c.FeatureLayer)
	}
	grid := c.Vision.Grid()
	if !(c.Downsample > 0 && c.Downsample <= 1) || int(1/c.Downsample) > grid || grid%int(1/c.Downsample) != 0 {
		return nil, fmt.Errorf("internvl: config.json: \"downsample_ratio\": want 1/n for a divisor n of %d, found %g", grid, c.Downsample)
	}
	act, err := nn.Activation(c.ProjectorAct)
	if err != nil {
		return nil, fmt.Errorf("internvl: %w", err)
	}
	m := &Model{Tower: newTower(c.Vision), Language: llama.NewLanguage(text),
		vision: c.Vision, side: int(1 / c.Downsample)}
	wide := c.Vision.HiddenSize * m.side * m.side
	m.Projector = &Projector{nn.NewLayerNorm(wide, 1e-5), nn.NewLinear(wide, text.HiddenSize, true), nn.NewLinear(text.HiddenSize, text.HiddenSize, true), act}
	m.prep, err = image.ParseInternVL(f.PreprocessorOr("{}"), c.Vision.Config.ImageSize)
	return m, err
}

// Vision implements model.Model.
func (m *Model) Vision() model.Vision { return m }
