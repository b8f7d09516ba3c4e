// Package idefics3 is the family of Idefics3 and SmolVLM: a SigLIP tower, pixel shuffle, a projection, and a Llama decoder.
package idefics3

import (
	"encoding/json"
	"fmt"
	"strings"

	"sightglass/engine/graph"
	"sightglass/engine/image"
	"sightglass/engine/model"
	"sightglass/engine/model/llama"
	"sightglass/engine/model/siglip"
	"sightglass/engine/nn"
)

// Family is Idefics3.
var Family = model.Family{Architecture: "Idefics3ForConditionalGeneration", New: newModel, Rename: rename, MLX: mlxNames}

// SmolVLM has the same layers and names.
var SmolVLM = model.Family{Architecture: "SmolVLMForConditionalGeneration", New: newModel, Rename: rename, MLX: mlxNames}

// Config is config.json.
type Config struct {
	Text        llama.Config  `json:"text_config"`
	Vision      siglip.Config `json:"vision_config"`
	ScaleFactor int           `json:"scale_factor"`
}

// Model is the whole model.
type Model struct {
	Tower     *siglip.Tower  `weight:"model.vision_model"`
	Projector *nn.Linear     `weight:"model.connector.modality_projection.proj"`
	Text      *llama.Decoder `weight:"model.text_model"`
	Head      *nn.Linear     `weight:"lm_head,tied=model.text_model.embed_tokens"`

	config Config
	prep   image.Idefics3
}

// readConfig parses config.json with the defaults of transformers' Idefics3Config.
func readConfig(data []byte) (Config, error) {
	c := Config{Text: llama.Default(), Vision: siglip.Default(), ScaleFactor: 2}
	c.Text.RMSNormEps = 1e-5
	if err := json.Unmarshal(data, &c); err != nil {
		return c, fmt.Errorf("idefics3: config.json: %w", err)
	}
	if err := c.Text.Fill(); err != nil {
		return c, err
	}
	if err := c.Vision.Check(); err != nil {
		return c, err
	}
	if s := c.ScaleFactor; s < 1 || s > 16 || c.Vision.Grid()%s != 0 {
		return c, fmt.Errorf("idefics3: config.json: \"scale_factor\": want a divisor of %d, found %d", c.Vision.Grid(), s)
	}
	return c, nil
}

func newModel(f model.Files) (model.Model, error) {
	c, err := readConfig(f.Config)
	if err != nil {
		return nil, err
	}
	pre := f.Preprocessor
	if pre == nil {
		pre = []byte("{}") // the published defaults
	}
	prep, err := image.ParseIdefics3(pre)
	if err != nil {
		return nil, err
	}
	if edge := prep.MaxImageSize.LongestEdge; edge != c.Vision.ImageSize {
		return nil, fmt.Errorf("idefics3: preprocessor_config.json: \"max_image_size\": want the tower's %d pixels, found %d", c.Vision.ImageSize, edge)
	}
	return &Model{
		Tower:     siglip.New(c.Vision),
		Projector: nn.NewLinear(c.Vision.HiddenSize*c.ScaleFactor*c.ScaleFactor, c.Text.HiddenSize, false),
		Text:      llama.New(c.Text),
		Head:      nn.NewLinear(c.Text.HiddenSize, c.Text.VocabSize, false),
		config:    c, prep: prep,
	}, nil
}

// rename maps the names of mlx-vlm's checkpoints to the published ones.
func rename(name string) string {
	for _, c := range mlxNames {
		if rest, ok := strings.CutPrefix(name, c[1]); ok {
			return c[0] + rest
		}
	}
	return name
}

var mlxNames = model.Prefixes{{"lm_head", "language_model.lm_head"}, {"model.text_model.", "language_model."},
	{"model.vision_model.", "vision_model."}, {"model.connector.", "connector."}}

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
