// Package gemma3 is the family of Gemma 3 that sees: a SigLIP tower, the mean of each square of its features, a projection, and Gemma's decoder, in
// which the rows of a picture see each other both ways.
package gemma3

import (
	"encoding/json"
	"fmt"
	"math"

	"sightglass/engine/graph"
	"sightglass/engine/image"
	"sightglass/engine/model"
	"sightglass/engine/model/gemma"
	"sightglass/engine/model/llama"
	"sightglass/engine/model/siglip"
	"sightglass/engine/nn"
	"sightglass/engine/op"
	"sightglass/engine/tensor"
)

// Family is Gemma 3.
var Family = model.Family{Architecture: "Gemma3ForConditionalGeneration", New: newModel, Rename: model.RenameLlavaTower, Transformers: model.LlavaLayers}

// Config is config.json.
type Config struct {
	Text   json.RawMessage `json:"text_config"`
	Vision siglip.Config   `json:"vision_config"`
	Tokens int             `json:"mm_tokens_per_image"`
}

// Model is the whole model.
type Model struct {
	Tower     *siglip.Tower `weight:"vision_tower.vision_model"`
	Projector *Projector    `weight:"multi_modal_projector"`
	llama.Language

	vision siglip.Config
	square int // patches along a side of what becomes a row of features
	prep   image.Square
}

// Projector maps means of features of the tower to rows of the decoder.
type Projector struct {
	Norm   *nn.RMSNorm `weight:"mm_soft_emb_norm"`
	Weight *graph.Node `weight:"mm_input_projection_weight"` // [in, out], the other way round than a Linear's
}

func newModel(f model.Files) (model.Model, error) {
	c := Config{Text: json.RawMessage("{}"), Vision: siglip.Standard(), Tokens: 256}
	if err := json.Unmarshal(f.Config, &c); err != nil {
		return nil, fmt.Errorf("gemma3: config.json: %w", err)
	}
	text, err := gemma.ReadText3(c.Text)
	if err != nil {
		return nil, err
	}
	if err := c.Vision.Check(); err != nil {
		return nil, err
	}
	side := int(math.Sqrt(float64(max(c.Tokens, 0))))
	if c.Tokens <= 0 || side*side != c.Tokens || c.Vision.Grid()%side != 0 {
		return nil, fmt.Errorf("gemma3: config.json: \"mm_tokens_per_image\": want the square of a divisor of %d, found %d", c.Vision.Grid(), c.Tokens)
	}
	m := &Model{
		Tower:     siglip.New(c.Vision),
		Projector: &Projector{nn.NewRMSNorm(c.Vision.HiddenSize, c.Vision.LayerNormEps), graph.Weight(c.Vision.HiddenSize, text.HiddenSize)},
		Language:  llama.NewLanguage(text),
		vision:    c.Vision, square: c.Vision.Grid() / side,
	}
	m.Projector.Norm.Shift = 1
	m.prep, err = image.ParseSquare(f.PreprocessorOr("{}"), c.Vision.ImageSize, image.Bilinear)
	return m, err
}

// Info implements model.Model.
func (m *Model) Info() model.Info {
	info := m.Language.Info()
	info.Ahead = model.AheadInPicture
	return info
}

// Vision implements model.Model.
func (m *Model) Vision() model.Vision { return m }

// Encoder implements model.Vision.
func (m *Model) Encoder(g model.Geometry, taps *[]*graph.Node) model.Encoder {
	n, square, c := g[0]*g[1], m.square*m.square, m.vision.HiddenSize
	in, order, rows := siglip.NewInputs(m.vision, n), graph.Input("order", tensor.I32, n), graph.Input("rows", tensor.I32, c)
	h := op.Reshape(op.Embedding(order, m.Tower.Forward(in, taps)), n/square, square, c)
	h = op.Reshape(op.Mean(op.Permute(h, 0, 2, 1)), n/square, c)
	w := op.Embedding(rows, m.Projector.Weight) // products take no weights, which may be of any type; this makes it a value
	return model.Encoder{Inputs: append(in.List(), order, rows), Features: op.MatMul(m.Projector.Norm.Forward(h), w, false, false)}
}
