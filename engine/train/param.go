package train

import (
	"context"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"sightglass/engine/adapter"
	"sightglass/engine/device"
	"sightglass/engine/graph"
	"sightglass/engine/model"
	"sightglass/engine/nn"
	"sightglass/engine/op"
	"sightglass/engine/tensor"
)

// Param is a tensor that is trained, in f32, with the running means of AdamW.
type Param struct {
	Name  string // as PEFT names it, or as the checkpoint does
	Nodes []*graph.Node
	m, v  []float32
	decay bool

	buffer device.Buffer // of a weight that has left its file
}

// Array views the numbers.
func (p *Param) Array() tensor.Array { return p.Nodes[0].Array() }

func (p *Param) size() int { return p.Nodes[0].Type.Shape.Size() }

// Params are what is trained, in the order of the model.
func (t *Trainer) Params() []*Param {
	list := slices.Clone(t.params)
	slices.Reverse(list)
	return list
}

// AdamW's constants, as PyTorch has them.
const (
	beta1, beta2 = 0.9, 0.999
	adamEps      = 1e-8
)

// update is one step of AdamW (Loshchilov and Hutter 2019) with gradient g·scale.
func (p *Param) update(g []float32, scale, rate, decay float64, step int) {
	if p.m == nil {
		p.m, p.v = make([]float32, p.size()), make([]float32, p.size())
	}
	c1, c2 := 1-math.Pow(beta1, float64(step)), 1-math.Pow(beta2, float64(step))
	if !p.decay {
		decay = 0
	}
	w := p.Array().F32()
	for i := range w {
		d := float64(g[i]) * scale
		m := beta1*float64(p.m[i]) + (1-beta1)*d
		v := beta2*float64(p.v[i]) + (1-beta2)*d*d
		p.m[i], p.v[i] = float32(m), float32(v)
		w[i] = float32(float64(w[i])*(1-rate*decay) - rate*(m/c1)/(math.Sqrt(v/c2)+adamEps))
	}
}

// attach makes the Params, last layers first: gradients come in that order, and so their inputs can be forgotten soonest.
func (t *Trainer) attach(ctx context.Context) error {
	chosen, err := t.choose()
	if err != nil {
		return err
	}
	if t.Method == Full {
		return t.thaw(chosen)
	}
	if t.Method == QLoRA && !slices.ContainsFunc(chosen, func(l layer) bool { return l.Scales != nil }) {
		return fmt.Errorf("train: qlora: want a quantized model, no layer is; sightglass convert --bits 4 makes one")
	}
	for _, c := range chosen {
		if err := t.attachLoRA(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

func (t *Trainer) attachLoRA(ctx context.Context, c layer) error {
	l := &nn.LoRA{Scale: float32(t.Alpha / float64(t.Rank))}
	prefix := adapter.PEFTPrefix + t.Layer(c.name)
	var err error
	param := func(name string, shape ...int) *graph.Node {
		n := graph.Param(prefix+name, tensor.F32, shape...)
		if e := t.alloc(n); e != nil {
			err = e
			return n
		}
		t.params = append(t.params, &Param{Name: prefix + name, Nodes: []*graph.Node{n}, decay: len(shape) > 1})
		return n
	}
	l.B = param(".lora_B.weight", c.Out(), t.Rank)
	l.A = param(".lora_A.weight", t.Rank, c.In())
	if t.Method == DoRA {
		l.Magnitude = param(".lora_magnitude_vector", c.Out())
	}
	if err != nil {
		return err
	}
	// As PEFT: uniform within 1/√in, so that what B = 0 lets through is of the input's size.
	r := rand.New(rand.NewPCG(t.Seed, hash(c.name)))
	bound := 1 / math.Sqrt(float64(c.In()))
	a := l.A.Array().F32()
	for i := range a {
		a[i] = float32((2*r.Float64() - 1) * bound)
	}
	if t.Method == DoRA {
		if err := t.lengths(ctx, c, l.Magnitude); err != nil {
			return err
		}
	}
	if t.Dropout > 0 {
		l.Dropout = func(x *graph.Node) *graph.Node { return t.dropout(x, c.name) }
	}
	c.LoRA = append(c.LoRA, l)
	return nil
}

// lengths sets m to the lengths of the rows of a layer's matrix.
func (t *Trainer) lengths(ctx context.Context, c layer, m *graph.Node) error {
	w := c.Dense()
	squares := op.Mean(op.Mul(w, w))
	p, err := graph.Plan(t.dev, t.scratch, squares)
	if err != nil {
		return err
	}
	if err := p.Run(ctx); err != nil {
		return err
	}
	mean := p.Array(squares).F32()
	for i := range m.Array().F32() {
		m.Array().F32()[i] = float32(math.Sqrt(float64(mean[i]) * float64(c.In())))
	}
	return nil
}

func hash(s string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(s))
	return h.Sum64()
}

// layer is a linear layer that is trained.
type layer struct {
	*nn.Linear
	name string
}

// The parts of a model that Targets may name.
const (
	language  = "language"
	projector = "projector"
	vision    = "vision"
)

// projectors are the words in the names of layers between the tower and the decoder, in the families that are published.
var projectors = []string{"connector", "projector", "merger"}

// choose lists the layers that Targets mean, last first.
func (t *Trainer) choose() ([]layer, error) {
	decoder := t.decoderWeights()
	var scopes, ends []string
	for _, w := range t.Targets {
		if w == language || w == projector || w == vision {
			scopes = append(scopes, w)
		} else {
			ends = append(ends, w)
		}
	}
	if len(scopes) == 0 {
		scopes = []string{language}
	}
	used := map[string]bool{}
	var chosen []layer
	var example string
	nn.EachLinear(t.model, func(name string, l *nn.Linear) {
		part := vision
		switch {
		case decoder[l.Weight]:
			part = language
		case slices.ContainsFunc(projectors, func(w string) bool { return strings.Contains(name, w) }):
			part = projector
		case strings.HasPrefix(name, "lm_head") || strings.HasSuffix(name, "lm_head"):
			return
		}
		if !slices.Contains(scopes, part) {
			return
		}
		example = name
		if part == language && t.Layers > 0 && layerOf(name) < t.info.Cache.Layers-t.Layers {
			return
		}
		match := len(ends) == 0
		for _, e := range ends {
			if name == e || strings.HasSuffix(name, "."+e) {
				match, used[e] = true, true
			}
		}
		if match {
			chosen = append(chosen, layer{l, name})
			t.seesViews = t.seesViews || part != language
		}
	})
	for _, e := range ends {
		if !used[e] {
			return nil, fmt.Errorf("train: targets: want ends of names such as %q, no layer has %q", example, e)
		}
	}
	if len(chosen) == 0 {
		return nil, fmt.Errorf("train: targets: the model has no layers of %q", strings.Join(t.Targets, ", "))
	}
	if _, arranges := t.model.Vision().(model.Arranger); t.seesViews && (arranges || t.info.Deep > 0) {
		return nil, fmt.Errorf("train: targets: this model's projector and tower cannot be trained here, its language layers can")
	}
	slices.Reverse(chosen)
	return chosen, nil
}

// layerOf is the number of the layer that a name belongs to, -1 without one.
func layerOf(name string) int {
	for _, word := range strings.Split(name, ".") {
		if n, err := strconv.Atoi(word); err == nil {
			return n
		}
	}
	return -1
}

// decoderWeights are the weights that the decoder's graph reads, whatever the family calls them.
func (t *Trainer) decoderWeights() map[*graph.Node]bool {
	x := graph.Input("x", tensor.F32, 1, t.info.Hidden)
	found := map[*graph.Node]bool{}
	for _, n := range graph.Reached(t.model.Decode(x, t.step(t.rows(1), nil), nil)) {
		found[n] = true
	}
	return found
}
