// Package model says what a vision-language model is to the engine: numbers, three short graphs, and, if it sees, how it looks at a picture.
// The families below this package fill it in; the engine runs them all alike.
package model

import (
	"context"
	"errors"

	"sightglass/engine/graph"
	"sightglass/engine/image"
	"sightglass/engine/nn"
	"sightglass/engine/tensor"
	"sightglass/engine/token"
)

// ErrUnsupported is returned when no family knows a checkpoint's architecture, or the family cannot run this variant of it.
var ErrUnsupported = errors.New("unsupported model")

// Info is what the engine must know of a decoder.
type Info struct {
	Hidden, Vocab int
	Context       int // positions
	Cache         nn.CacheShape
	// Rotary are the tables of angles that the decoder asks a Step for, by index. All have the same axes.
	Rotary []nn.Rotary
	// Deep is how many layers, from the first, have features of their own added to the rows of a picture after them.
	Deep int
	// Window is how many positions back those layers see that do not see all, a row's own among them; 0 where all see all.
	Window int
	// Wide says that hidden states may outgrow f16: a device that keeps results in halves keeps them in f32.
	Wide bool
	// Ahead says which rows of a prompt see what follows them.
	Ahead Ahead
}

// Ahead is which rows of a prompt see further than themselves.
type Ahead int

// Causal rows see themselves and what is before them. Rows of a picture that follow each other may also see each other, and a whole prompt may.
const (
	Causal Ahead = iota
	AheadInPicture
	AheadInPrompt
)

// Model is a bound or unbound model of some family: a struct whose `weight` tags name its tensors.
type Model interface {
	Info() Info
	// Embed gives the rows of ids i32[N] as f32[N, C].
	Embed(ids *graph.Node) *graph.Node
	// Decode carries rows f32[N, C] through the decoder and its final norm. Hidden states after each layer go to taps unless it is nil.
	Decode(x *graph.Node, s *nn.Step, taps *[]*graph.Node) *graph.Node
	// Logits maps rows f32[R, C] to f32[R, V].
	Logits(h *graph.Node) *graph.Node
	// Vision is how the model looks at pictures; nil if it does not.
	Vision() Vision
}

// Vision is the seeing half of a model.
type Vision interface {
	// Placeholder is the control token that stands for a picture in the chat template's output.
	Placeholder() string
	// Look plans how a picture of that size is seen, before any of its pixels is decoded. It may refuse the picture.
	Look(size image.Size) (Look, error)
	// Views cuts a picture into what the encoder takes, in the order of the rows that the prompt has for them.
	Views(ctx context.Context, p *image.Picture, l Look) ([]View, error)
	// Encoder adds the encoder for views of one geometry to a graph. Hidden states after each layer go to taps unless it is nil.
	Encoder(g Geometry, taps *[]*graph.Node) Encoder
	// Key names all that Views depends on but the picture, for caches of encoded pictures.
	Key() string
}

// Arranger is a Vision whose rows of features do not stand in the prompt as its views gave them, one view after the other.
type Arranger interface {
	// Arrange returns the Look's Tokens rows, in order, from those of all views. It may add rows of its own.
	Arrange(l Look, rows [][]float32) [][]float32
}

// Resizer is a Vision that chooses how large it sees a picture.
type Resizer interface {
	// Limit bounds the pixels of a scaled picture and its rows of features, where they are not 0, below the family's own limits.
	Limit(pixels int64, tokens int)
}

// Look is how a model sees one picture.
type Look struct {
	Scaled     image.Size // after scaling, before cutting
	Rows, Cols int        // grid of tiles; 0 if the picture is seen whole
	// Prompt takes the place of the placeholder. Each picture token in it takes one row of features, in order.
	Prompt []token.Segment
	// PictureToken is the control token in Prompt that a row of features replaces.
	PictureToken string
	Tokens       int      // rows of features in all
	View         Geometry // of its largest view, for planning memory
	// Grid is how the rows of features lie, down and across, for rotary positions of several axes. Where it is zero they stand in line, as words.
	Grid [2]int
	Plan any // the family's own
}

// Geometry is what the encoder's graph depends on, such as the number of patches down and across. One program serves all views of the same.
type Geometry [2]int

// View is the input of one run of the encoder.
type View struct {
	Geometry Geometry
	Inputs   []tensor.Array // as Encoder.Inputs
}

// Encoder is a graph from a view to its rows of features.
type Encoder struct {
	Inputs   []*graph.Node
	Features *graph.Node   // f32[rows, hidden]
	Deep     []*graph.Node // f32[rows, hidden] each: features of the decoder's first layers, Info.Deep of them
}

// Family makes models of one architecture.
type Family struct {
	Architecture string // architectures[0] of config.json
	// New makes a model, without numbers, from a model folder's configuration.
	New func(f Files) (Model, error)
	// Rename maps tensor names as published to those of the `weight` tags; nil where they agree. "" means a tensor to ignore.
	Rename func(name string) string
	// Transformers and MLX lead from the names of the `weight` tags to what transformers, and so PEFT's adapters, and mlx-vlm call their layers.
	// Rename leads back.
	Transformers, MLX Prefixes
	// Template is the chat template where a model folder has none, if the family was published so. It writes all control tokens.
	Template string
}

// Files are a model folder's small JSON files, as bytes; nil where one is missing.
type Files struct {
	Config       []byte // config.json
	Preprocessor []byte // preprocessor_config.json
	Processor    []byte // processor_config.json
}

// PreprocessorOr is preprocessor_config.json, or what is to be taken in its place where it is missing.
func (f Files) PreprocessorOr(published string) []byte {
	if f.Preprocessor == nil {
		return []byte(published)
	}
	return f.Preprocessor
}
