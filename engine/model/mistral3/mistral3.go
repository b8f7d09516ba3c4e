// Package mistral3 is the family of Mistral 3: Pixtral's tower, squares of patches merged into one row, a projection of two layers, and a
// Mistral decoder.
package mistral3

import (
	"encoding/json"
	"fmt"

	"sightglass/engine/graph"
	"sightglass/engine/image"
	"sightglass/engine/model"
	"sightglass/engine/model/llama"
	"sightglass/engine/model/pixtral"
	"sightglass/engine/nn"
)

// Family is Mistral 3, such as Mistral Small 3.1.
var Family = model.Family{Architecture: "Mistral3ForConditionalGeneration", New: newModel, Rename: model.RenameLlava, Transformers: model.LlavaLayers}

// Config is config.json.
type Config struct {
	Text          llama.Config   `json:"text_config"`
	Vision        pixtral.Config `json:"vision_config"`
	FeatureLayer  int            `json:"vision_feature_layer"`
	ProjectorAct  string         `json:"projector_hidden_act"`
	ProjectorBias bool           `json:"multimodal_projector_bias"`
	Merge         int            `json:"spatial_merge_size"`
}

// Model is the whole model.
type Model struct {
	Tower     *pixtral.Tower `weight:"vision_tower"`
	Projector *Projector     `weight:"multi_modal_projector"`
	llama.Language

	config Config
	prep   image.Pixtral
}

// Projector maps squares of features of the tower to rows of the decoder.
type Projector struct {
	Norm    *nn.RMSNorm `weight:"norm"`
	Merger  *nn.Linear  `weight:"patch_merger.merging_layer"`
	Linear1 *nn.Linear  `weight:"linear_1"`
	Linear2 *nn.Linear  `weight:"linear_2"`
	act     func(*graph.Node) *graph.Node
}

func newModel(f model.Files) (model.Model, error) {
	var has struct {
		Text struct {
			ModelType string `json:"model_type"`
		} `json:"text_config"`
	}
	if err := json.Unmarshal(f.Config, &has); err != nil {
		return nil, fmt.Errorf("mistral3: config.json: %w", err)
	}
	c := Config{Vision: pixtral.Default(), FeatureLayer: -1, ProjectorAct: "gelu", Merge: 2}
	c.Vision.ImageSize, c.Vision.PatchSize = 1540, 14
	var err error
	if c.Text, err = llama.DefaultOf(has.Text.ModelType); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(f.Config, &c); err != nil {
		return nil, fmt.Errorf("mistral3: config.json: %w", err)
	}
	if err := c.Text.Fill(); err != nil {
		return nil, err
	}
	if err := c.Vision.Check(); err != nil {
		return nil, err
	}
	if c.FeatureLayer != -1 || c.Merge < 1 || c.Merge > 16 {
		return nil, fmt.Errorf("mistral3: %w: config.json: want \"vision_feature_layer\" -1 and \"spatial_merge_size\" 1 to 16, found %d and %d",
			model.ErrUnsupported, c.FeatureLayer, c.Merge)
	}
	act, err := nn.Activation(c.ProjectorAct)
	if err != nil {
		return nil, fmt.Errorf("mistral3: %w", err)
	}
	v, t := c.Vision.HiddenSize, c.Text.HiddenSize
	m := &Model{Tower: pixtral.New(c.Vision), Language: llama.NewLanguage(c.Text), config: c}
	m.Projector = &Projector{nn.NewRMSNorm(v, c.Text.RMSNormEps), nn.NewLinear(v*c.Merge*c.Merge, v, false), nn.NewLinear(v, t, c.ProjectorBias),
		nn.NewLinear(t, t, c.ProjectorBias), act}
	m.prep, err = image.ParsePixtral(f.PreprocessorOr("{}"), c.Vision.PatchSize*c.Merge, c.Vision.ImageSize)
	return m, err
}

// Vision implements model.Model.
func (m *Model) Vision() model.Vision { return m }
