// Package pixtral is the vision tower of Pixtral and Mistral 3, and how what it sees stands in a prompt.
package pixtral

import (
	"fmt"
	"math"

	"sightglass/engine/graph"
	"sightglass/engine/model/siglip"
	"sightglass/engine/nn"
	"sightglass/engine/op"
	"sightglass/engine/tensor"
)

// Config is vision_config of config.json.
type Config struct {
	siglip.Config
	HeadDim        int     `json:"head_dim"`
	RopeTheta      float64 `json:"rope_theta"`
	RopeParameters struct {
		Theta float64 `json:"rope_theta"`
	} `json:"rope_parameters"` // where transformers 5 has it
}

// Default is what transformers' PixtralVisionConfig takes for a field that config.json leaves out.
func Default() Config {
	return Config{Config: siglip.Config{HiddenSize: 1024, IntermediateSize: 4096, Layers: 24, Heads: 16, Channels: 3, ImageSize: 1024, PatchSize: 16,
		LayerNormEps: 1e-5, HiddenAct: "gelu"}, RopeTheta: 10000}
}

// Check completes c and returns an error unless the engine can run such a tower.
func (c *Config) Check() error {
	if c.RopeParameters.Theta != 0 {
		c.RopeTheta = c.RopeParameters.Theta
	}
	if err := c.Config.Check(); err != nil {
		return err
	}
	if d := c.HiddenSize / c.Heads; c.HeadDim != 0 && c.HeadDim != d || d%4 != 0 || c.RopeTheta <= 0 {
		return fmt.Errorf("pixtral: config.json: vision_config: want a head_dim of %d, a multiple of 4, and a positive rope_theta, found %d and %g",
			d, c.HeadDim, c.RopeTheta)
	}
	return nil
}

// frequencies are the rotary ones, [2, D/2]: the first half of the pairs turns with the row of a patch, the other with its column.
func (c Config) frequencies() []float32 {
	d := c.HiddenSize / c.Heads
	f := make([]float32, d)
	for i := range d / 4 {
		f[i] = float32(1 / math.Pow(c.RopeTheta, float64(4*i)/float64(d)))
		f[d/2+d/4+i] = float32(1 / math.Pow(c.RopeTheta, float64(4*i+2)/float64(d)))
	}
	return f
}

// Tower is Pixtral's: pictures of any shape, rotary positions down and across, gated MLPs.
type Tower struct {
	Patch  *nn.Patches `weight:"patch_conv"`
	Norm   *nn.RMSNorm `weight:"ln_pre"`
	Layers []*Layer    `weight:"transformer.layers"`
}

// Layer is one block of the tower.
type Layer struct {
	Norm1 *nn.RMSNorm `weight:"attention_norm"`
	Query *nn.Linear  `weight:"attention.q_proj"`
	Key   *nn.Linear  `weight:"attention.k_proj"`
	Value *nn.Linear  `weight:"attention.v_proj"`
	Out   *nn.Linear  `weight:"attention.o_proj"`
	Norm2 *nn.RMSNorm `weight:"ffn_norm"`
	Gate  *nn.Linear  `weight:"feed_forward.gate_proj"`
	Up    *nn.Linear  `weight:"feed_forward.up_proj"`
	Down  *nn.Linear  `weight:"feed_forward.down_proj"`

	heads int
	act   func(*graph.Node) *graph.Node
}

const normEps = 1e-5 // of PixtralRMSNorm in all places, modeling_pixtral.py

// New returns a tower without numbers. c must be checked.
func New(c Config) *Tower {
	t := &Tower{Patch: nn.NewPatches(c.Channels, c.PatchSize, c.HiddenSize), Norm: nn.NewRMSNorm(c.HiddenSize, normEps)}
	t.Patch.Bias = nil
	act, _ := nn.Activation(c.HiddenAct) // checked
	square := func() *nn.Linear { return nn.NewLinear(c.HiddenSize, c.HiddenSize, false) }
	for range c.Layers {
		t.Layers = append(t.Layers, &Layer{
			Norm1: nn.NewRMSNorm(c.HiddenSize, normEps),
			Query: square(), Key: square(), Value: square(), Out: square(),
			Norm2: nn.NewRMSNorm(c.HiddenSize, normEps),
			Gate:  nn.NewLinear(c.HiddenSize, c.IntermediateSize, false),
			Up:    nn.NewLinear(c.HiddenSize, c.IntermediateSize, false),
			Down:  nn.NewLinear(c.IntermediateSize, c.HiddenSize, false),
			heads: c.Heads, act: act,
		})
	}
	return t
}

// Inputs are the patches of one picture, row by row.
type Inputs struct {
	patches   *graph.Node // f32[P, channels·size·size]
	at, freqs *graph.Node // i32[P, 2], f32[2, D/2]
	seq, len  *graph.Node // i32[P]: 0 and P
}

// NewInputs returns the inputs for n patches.
func NewInputs(c Config, n int) Inputs {
	return Inputs{graph.Input("patches", tensor.F32, n, c.PatchLen()), graph.Input("at", tensor.I32, n, 2),
		graph.WideInput("freqs", 2, c.HiddenSize/c.Heads/2), graph.Input("seq", tensor.I32, n), graph.Input("len", tensor.I32, n)}
}

// List is the inputs in the order of Values.
func (in Inputs) List() []*graph.Node {
	return []*graph.Node{in.patches, in.at, in.freqs, in.seq, in.len}
}

// Forward returns the features [P, C] of the patches. The hidden state after each layer goes to taps, unless it is nil.
func (t *Tower) Forward(in Inputs, taps *[]*graph.Node) *graph.Node {
	x, angles := t.Norm.Forward(t.Patch.Forward(in.patches)), op.Angles(in.at, in.freqs)
	for _, l := range t.Layers {
		x = l.forward(x, angles, in)
		if taps != nil {
			*taps = append(*taps, x)
		}
	}
	return x
}

func (l *Layer) forward(x, angles *graph.Node, in Inputs) *graph.Node {
	n, c := x.Dim(0), x.Dim(1)
	h := l.Norm1.Forward(x)
	heads := func(p *nn.Linear) *graph.Node { return op.Reshape(p.Forward(h), n, l.heads, c/l.heads) }
	whole := func(y *graph.Node) *graph.Node { return op.Reshape(y, 1, n, l.heads, c/l.heads) }
	q, k := op.Rope(heads(l.Query), angles, false), op.Rope(heads(l.Key), angles, false)
	a := nn.Attend(q, whole(k), whole(heads(l.Value)), in.seq, in.len)
	x = op.Add(x, l.Out.Forward(op.Reshape(a, n, c)))
	h = l.Norm2.Forward(x)
	return op.Add(x, l.Down.Forward(op.Mul(l.act(l.Gate.Forward(h)), l.Up.Forward(h))))
}
