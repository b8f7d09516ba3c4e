// Package train fine-tunes models: it plans forward and backward pass of an example as one program, adds up gradients, and lets AdamW move
// the trained numbers. It knows tokens, rows of picture features and views of pictures, but neither files nor chat templates.
package train

import (
	"context"
	"errors"
	"fmt"
	"math"

	"sightglass/engine/device"
	"sightglass/engine/graph"
	"sightglass/engine/model"
	"sightglass/engine/tensor"
)

var (
	// ErrDiverged is returned when a loss or a gradient is no number. The trained numbers are then those before the step.
	ErrDiverged = errors.New("the training diverged: its loss is no number any more; a lower learning rate may help")
	// ErrMemory is returned when a training would not fit the memory it may take.
	ErrMemory = errors.New("the training does not fit the memory")
)

// Method is what is trained.
type Method string

const (
	LoRA  Method = "lora"  // low-rank changes of linear layers (Hu et al. 2021)
	QLoRA Method = "qlora" // the same on a quantized base
	DoRA  Method = "dora"  // low-rank changes and the lengths of rows (Liu et al. 2024)
	Full  Method = "full"  // the weights themselves
)

// Options of a training. Defaults fills what is zero.
type Options struct {
	Method  Method
	Rank    int
	Alpha   float64
	Dropout float64
	// Targets says which linear layers: "language", "projector" and "vision" name parts, all else ends of names such as "q_proj".
	Targets []string
	// Layers trains so many of the decoder's layers, the last ones; 0: all. What lies below is computed once for each example.
	Layers int `json:",omitempty"`
	Steps  int
	Warmup int // steps
	Batch  int // examples a step; their gradients are added up one example at a time
	LR     float64
	Decay  float64 // weight decay, of matrices
	Clip   float64 // largest norm of all gradients together; 0: 1, negative: none
	Seed   uint64
	// Layer is what an adapter calls a layer, by PEFT's names; nil: as the model does.
	Layer func(name string) string `json:"-"`
	// Memory is how many bytes all of the training may take; 0: any. The result does not depend on it.
	Memory int `json:"-"`
}

// Defaults returns o with usual values for what is zero.
func (o Options) Defaults() Options {
	set := func(v *float64, to float64) {
		if *v == 0 {
			*v = to
		}
	}
	if o.Method == "" {
		o.Method = LoRA
	}
	if o.Rank == 0 {
		o.Rank = 8
	}
	if o.Batch == 0 {
		o.Batch = 1
	}
	if o.Layer == nil {
		o.Layer = func(name string) string { return name }
	}
	if len(o.Targets) == 0 {
		o.Targets = []string{"language"}
	}
	set(&o.Alpha, float64(2*o.Rank))
	set(&o.LR, map[bool]float64{true: 1e-5, false: 2e-4}[o.Method == Full])
	set(&o.Clip, 1)
	return o
}

// Check returns an error unless the options can be trained with.
func (o Options) Check() error {
	finite := func(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
	switch {
	case o.Method != LoRA && o.Method != QLoRA && o.Method != DoRA && o.Method != Full:
		return fmt.Errorf("train: method: want lora, qlora, dora or full, found %q", o.Method)
	case o.Rank < 1 || o.Rank > 1024:
		return fmt.Errorf("train: rank: want 1 to 1024, found %d", o.Rank)
	case !finite(o.Alpha) || o.Alpha <= 0:
		return fmt.Errorf("train: alpha: want a positive number, found %g", o.Alpha)
	case !(o.Dropout >= 0 && o.Dropout < 1):
		return fmt.Errorf("train: dropout: want 0 or more and less than 1, found %g", o.Dropout)
	case o.Layers < 0:
		return fmt.Errorf("train: layers: want 0 or more, found %d", o.Layers)
	case o.Steps < 1 || o.Steps > 1e7:
		return fmt.Errorf("train: steps: want 1 to 10 million, found %d", o.Steps)
	case o.Batch < 1 || o.Batch > 4096:
		return fmt.Errorf("train: batch: want 1 to 4096 examples, found %d", o.Batch)
	case o.Warmup < 0 || o.Warmup > o.Steps:
		return fmt.Errorf("train: warm-up: want 0 to %d steps, found %d", o.Steps, o.Warmup)
	case !finite(o.LR) || o.LR <= 0 || o.LR > 1:
		return fmt.Errorf("train: learning rate: want more than 0 and at most 1, found %g", o.LR)
	case !finite(o.Decay) || o.Decay < 0 || !finite(o.Clip):
		return fmt.Errorf("train: weight decay and clipping: want numbers, found %g and %g", o.Decay, o.Clip)
	}
	return nil
}

// Rate is the learning rate of a step, from 0: a linear warm-up, then half a cosine down to 0.
func (o Options) Rate(step int) float64 {
	if step < o.Warmup {
		return o.LR * float64(step+1) / float64(o.Warmup+1)
	}
	return o.LR * (1 + math.Cos(math.Pi*float64(step-o.Warmup)/float64(max(o.Steps-o.Warmup, 1)))) / 2
}

// Example is a conversation as a model reads it.
type Example struct {
	IDs    []int32
	Answer []bool // by position: whether the token belongs to an answer, and so is learnt
	// At is where each token stands on the axes of rotary positions; nil where they have one axis.
	At [][3]int32
	// Ahead is how many positions after its own each token sees.
	Ahead []int32
	// Features are by position the row of features that stands there, [1+Info.Deep, C], nil for a token. Empty where Views are given.
	Features [][]float32
	Views    []View
}

// View is what a picture's encoder takes, and the positions that its rows of features go to.
type View struct {
	model.View
	Positions []int32
}

// Answers is how many tokens are learnt.
func (e *Example) Answers() int {
	n := 0
	for i, a := range e.Answer {
		if a && i > 0 {
			n++
		}
	}
	return n
}

// Trainer trains a bound model on a device. It is not safe for concurrent use.
type Trainer struct {
	Options
	Done int // steps

	dev       device.Device
	model     model.Model
	info      model.Info
	scratch   *graph.Scratch
	rotary    []*graph.Node
	params    []*Param
	seesViews bool
	recompute bool
	programs  map[string]*program
	used      int
	kept      map[*Example][]float32 // hidden states below the first trained layer
	keptBytes int
	masks     []*mask
	grads     [][]float32
}

// New puts what is trained on the model. o must have been filled by Defaults.
func New(ctx context.Context, dev device.Device, m model.Model, o Options) (*Trainer, error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	t := &Trainer{Options: o, dev: dev, model: m, info: m.Info(), scratch: &graph.Scratch{}, programs: map[string]*program{},
		kept: map[*Example][]float32{}}
	for _, r := range t.info.Rotary {
		n := graph.Param("frequencies", tensor.F32, r.Shape()...)
		if err := t.alloc(n); err != nil {
			return nil, err
		}
		copy(n.Array().F32(), r.Frequencies)
		t.rotary = append(t.rotary, n)
	}
	var err error
	if buildErr := graph.Build(func() { err = t.attach(ctx) }); buildErr != nil {
		return nil, buildErr
	}
	if err != nil {
		return nil, err
	}
	for _, p := range t.params {
		t.grads = append(t.grads, make([]float32, p.size()))
	}
	return t, nil
}

// SeesViews reports whether examples need Views, because the way from pictures to features is trained too.
func (t *Trainer) SeesViews() bool { return t.seesViews }

// Trained is how many numbers are trained.
func (t *Trainer) Trained() int {
	n := 0
	for _, p := range t.params {
		n += p.size()
	}
	return n
}

// Close gives memory back; what was trained stays on the model.
func (t *Trainer) Close() { t.scratch.Free() }

func (t *Trainer) alloc(n *graph.Node) error {
	b, err := t.dev.Alloc(n.Type.Bytes())
	if err == nil {
		n.Bind(device.Slice{Buffer: b, Type: n.Type})
	}
	return err
}

// Result is what a step found.
type Result struct {
	Loss   float64 // mean over the answers' tokens
	Norm   float64 // of all gradients together, before clipping
	Tokens int     // of the examples, answers and all else
}

// Step trains on a batch.
func (t *Trainer) Step(ctx context.Context, batch []*Example) (Result, error) {
	r, err := t.gradients(ctx, batch)
	if err != nil {
		return r, err
	}
	if math.IsNaN(r.Loss+r.Norm) || math.IsInf(r.Loss+r.Norm, 0) {
		return r, fmt.Errorf("train: step %d: %w", t.Done+1, ErrDiverged)
	}
	scale := 1.0
	if t.Clip > 0 && r.Norm > t.Clip {
		scale = t.Clip / (r.Norm + 1e-6) // as torch.nn.utils.clip_grad_norm_
	}
	rate := t.Rate(t.Done)
	t.Done++
	for i, p := range t.params {
		p.update(t.grads[i], scale, rate, t.Decay, t.Done)
	}
	return r, nil
}

// gradients adds up the gradients of a batch.
func (t *Trainer) gradients(ctx context.Context, batch []*Example) (Result, error) {
	var r Result
	answers := 0
	for _, e := range batch {
		answers += e.Answers()
		r.Tokens += len(e.IDs)
	}
	if answers == 0 {
		return r, fmt.Errorf("train: step %d: want examples with answers, found none", t.Done+1)
	}
	for _, g := range t.grads {
		clear(g)
	}
	for i, e := range batch {
		p, err := t.program(e, true)
		if err != nil {
			return r, err
		}
		if err := p.fill(ctx, t, e, 1/float32(answers)); err != nil {
			return r, err
		}
		t.drop(p, uint64(i))
		if err := p.Run(ctx); err != nil {
			return r, err
		}
		r.Loss += float64(p.Array(p.loss).F32()[0])
		for i, g := range p.grads {
			for j, v := range p.Array(g).F32() {
				t.grads[i][j] += v
			}
		}
	}
	var squares float64
	for _, g := range t.grads {
		for _, v := range g {
			squares += float64(v) * float64(v)
		}
	}
	r.Norm = math.Sqrt(squares)
	return r, nil
}

// Loss is the mean loss over the answers' tokens of examples, without training.
func (t *Trainer) Loss(ctx context.Context, examples []*Example) (float64, error) {
	var sum float64
	answers := 0
	for _, e := range examples {
		if e.Answers() == 0 {
			continue
		}
		p, err := t.program(e, false)
		if err != nil {
			return 0, err
		}
		if err := p.fill(ctx, t, e, 1); err != nil {
			return 0, err
		}
		t.drop(p, noDrop)
		if err := p.Run(ctx); err != nil {
			return 0, err
		}
		sum += float64(p.Array(p.loss).F32()[0])
		answers += e.Answers()
	}
	return sum / float64(max(answers, 1)), nil
}

// Gradients are those of the last step by the names of what is trained, before clipping.
func (t *Trainer) Gradients() map[string][]float32 {
	g := map[string][]float32{}
	for i, p := range t.params {
		g[p.Name] = t.grads[i]
	}
	return g
}
