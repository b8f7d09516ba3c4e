// Package qwenvl is the families of Qwen2-VL, Qwen2.5-VL and Qwen3-VL: Qwen's vision tower for pictures of any size, and a Qwen decoder whose
// rotary positions have three axes.
package qwenvl

import (
	"fmt"
	"strings"

	"sightglass/engine/graph"
	"sightglass/engine/image"
	"sightglass/engine/model"
	"sightglass/engine/model/llama"
	"sightglass/engine/model/qwen"
	"sightglass/engine/nn"
)

// Qwen2 is Qwen2-VL.
var Qwen2 = model.Family{Architecture: "Qwen2VLForConditionalGeneration", New: newQwen2, Rename: rename, Transformers: transformersNames, MLX: mlxNames}

// Qwen25 is Qwen2.5-VL.
var Qwen25 = model.Family{Architecture: "Qwen2_5_VLForConditionalGeneration", New: newQwen25, Rename: rename, Transformers: transformersNames, MLX: mlxNames}

// Qwen3 is Qwen3-VL.
var Qwen3 = model.Family{Architecture: "Qwen3VLForConditionalGeneration", New: newQwen3, Rename: rename, Transformers: transformersNames, MLX: mlxNames}

// Model is the whole model of any of the families.
type Model struct {
	Tower *qwen.Tower    `weight:"visual"`
	Text  *llama.Decoder `weight:"model"`
	Head  *nn.Linear     `weight:"lm_head,tied=model.embed_tokens"`

	text  llama.Config
	tower qwen.TowerConfig
	prep  image.Qwen
}

// build makes a model of a decoder's and a tower's configuration, the decoder's filled, and the published preprocessing.
func build(f model.Files, text llama.Config, tower qwen.TowerConfig, prep image.Qwen) (model.Model, error) {
	if err := tower.Check(); err != nil {
		return nil, err
	}
	if tower.Out != text.HiddenSize {
		return nil, fmt.Errorf("qwenvl: config.json: want features as wide as the decoder's %d, found %d", text.HiddenSize, tower.Out)
	}
	if len(tower.Deep) > text.NumLayers {
		return nil, fmt.Errorf("qwenvl: config.json: \"deepstack_visual_indexes\": want at most the decoder's %d layers, found %d", text.NumLayers, len(tower.Deep))
	}
	prep.PatchSize, prep.Frames, prep.MergeSize = tower.PatchSize, tower.Frames, tower.Merge
	prep, err := image.ParseQwen(f.PreprocessorOr("{}"), prep)
	if err != nil {
		return nil, err
	}
	if prep.PatchSize != tower.PatchSize || prep.Frames != tower.Frames || prep.MergeSize != tower.Merge {
		return nil, fmt.Errorf("qwenvl: preprocessor_config.json: want the tower's %d frames of patches of %d pixels, %d a side, found %d, %d and %d",
			tower.Frames, tower.PatchSize, tower.Merge, prep.Frames, prep.PatchSize, prep.MergeSize)
	}
	return &Model{Tower: qwen.NewTower(tower), Text: llama.New(text), Head: nn.NewLinear(text.HiddenSize, text.VocabSize, false),
		text: text, tower: tower, prep: prep}, nil
}

// published leads from the names of Qwen3-VL and of transformers 5, and from mlx-vlm's, to those of Qwen2-VL.
var published = strings.NewReplacer(
	"language_model.lm_head.", "lm_head.", "model.language_model.", "model.", "language_model.model.", "model.",
	"model.visual.", "visual.", "vision_tower.", "visual.")

// The tower's layers have other names there, too: it cannot be trained here, so that no adapter has them.
var (
	transformersNames = model.Prefixes{{"model.", "model.language_model."}}
	mlxNames          = model.Prefixes{{"lm_head", "language_model.lm_head"}, {"model.", "language_model.model."}}
)

// layers gives the layers of the tower one name in all families.
var layers = strings.NewReplacer(
	".mlp.fc1.", ".mlp.up_proj.", ".mlp.fc2.", ".mlp.down_proj.",
	".mlp.linear_fc1.", ".mlp.up_proj.", ".mlp.linear_fc2.", ".mlp.down_proj.",
	".norm.", ".ln_q.", ".linear_fc1.", ".mlp.0.", ".linear_fc2.", ".mlp.2.")

func rename(name string) string {
	name = published.Replace(name)
	if strings.HasPrefix(name, "visual.") {
		name = layers.Replace(name)
	}
	return name
}

// Info implements model.Model.
func (m *Model) Info() model.Info {
	info := m.text.Info()
	info.Deep = len(m.tower.Deep)
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

// Vision implements model.Model.
func (m *Model) Vision() model.Vision { return m }
