// Package paligemma is the family of PaliGemma: a SigLIP tower, a projection, and Gemma's decoder, in which all of a prompt sees itself both ways.
// It answers one question about its pictures; it was not made for conversations.
package paligemma

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"sightglass/engine/graph"
	"sightglass/engine/image"
	"sightglass/engine/model"
	"sightglass/engine/model/gemma"
	"sightglass/engine/model/llama"
	"sightglass/engine/model/siglip"
	"sightglass/engine/nn"
	"sightglass/engine/token"
)

// Family is PaliGemma, whose text is Gemma's first.
var Family = model.Family{Architecture: "PaliGemmaForConditionalGeneration", New: newModel, Rename: model.RenameLlavaTower, Transformers: model.LlavaLayers, Template: template}

// picture is the control token that stands for a picture, and for each row of its features.
const picture = "<image>"

// template writes what PaliGemmaProcessor does: all pictures, then the last question. Of the answers it writes that to the last, for training.
const template = `{%- set last = namespace(question='') -%}
{%- for message in messages -%}
    {%- if message['role'] == 'user' -%}{%- set last.question = '' -%}{%- endif -%}
    {%- for part in message['content'] -%}
        {%- if part['type'] == 'image' -%}{{ '<image>' }}
        {%- elif message['role'] == 'user' -%}{%- set last.question = last.question + part['text'] -%}
        {%- endif -%}
    {%- endfor -%}
{%- endfor -%}
{{- bos_token + last.question + '\n' -}}
{%- if messages[-1]['role'] == 'assistant' -%}{{ messages[-1]['content'][0]['text'] + eos_token }}{%- endif -%}`

// Config is config.json.
type Config struct {
	Text   json.RawMessage `json:"text_config"`
	Vision siglip.Config   `json:"vision_config"`
}

// Model is the whole model.
type Model struct {
	Tower     *siglip.Tower `weight:"vision_tower.vision_model"`
	Projector *nn.Linear    `weight:"multi_modal_projector.linear"`
	llama.Language

	vision siglip.Config
	prep   image.Square
}

func newModel(f model.Files) (model.Model, error) {
	c := Config{Text: json.RawMessage("{}"), Vision: siglip.Standard()}
	if err := json.Unmarshal(f.Config, &c); err != nil {
		return nil, fmt.Errorf("paligemma: config.json: %w", err)
	}
	text, err := gemma.ReadText(c.Text)
	if err != nil {
		return nil, err
	}
	if err := c.Vision.Check(); err != nil {
		return nil, err
	}
	m := &Model{
		Tower:     siglip.New(c.Vision),
		Projector: nn.NewLinear(c.Vision.HiddenSize, text.HiddenSize, true),
		Language:  llama.NewLanguage(text),
		vision:    c.Vision,
	}
	m.prep, err = image.ParseSquare(f.PreprocessorOr("{}"), c.Vision.ImageSize, image.Bicubic)
	return m, err
}

// Info implements model.Model.
func (m *Model) Info() model.Info {
	info := m.Language.Info()
	info.Ahead = model.AheadInPrompt
	return info
}

// Vision implements model.Model.
func (m *Model) Vision() model.Vision { return m }

// Placeholder implements model.Vision.
func (m *Model) Placeholder() string { return picture }

// Key implements model.Vision.
func (m *Model) Key() string { return fmt.Sprintf("paligemma %+v", m.prep) }

// Look implements model.Vision.
func (m *Model) Look(size image.Size) (model.Look, error) {
	plan, err := m.prep.Plan(size)
	if err != nil {
		return model.Look{}, err
	}
	grid := m.vision.Grid()
	return model.Look{Scaled: plan.Size(), PictureToken: picture, Tokens: grid * grid, Plan: plan, View: model.Geometry{grid, grid},
		Prompt: slices.Repeat([]token.Segment{{Text: picture, Control: true}}, grid*grid)}, nil
}

// Views implements model.Vision: one view.
func (m *Model) Views(ctx context.Context, p *image.Picture, l model.Look) ([]model.View, error) {
	tiles, err := siglip.Tiles(ctx, m.vision, l.Plan.(*image.Plan), p)
	if err != nil {
		return nil, err
	}
	return []model.View{{Geometry: l.View, Inputs: tiles[0]}}, nil
}

// Encoder implements model.Vision.
func (m *Model) Encoder(g model.Geometry, taps *[]*graph.Node) model.Encoder {
	in := siglip.NewInputs(m.vision, g[0]*g[1])
	return model.Encoder{Inputs: in.List(), Features: m.Projector.Forward(m.Tower.Forward(in, taps))}
}

var _ model.Vision = (*Model)(nil)
