package train

import (
	"context"
	"fmt"
	"math/rand/v2"

	"sightglass/engine/graph"
	"sightglass/engine/model"
	"sightglass/engine/nn"
	"sightglass/engine/op"
	"sightglass/engine/tensor"
)

const (
	// unit is what lengths are rounded up to, so that examples of about one length share a program.
	unit = 32
	// chunk is how many answers' tokens have their logits in memory at a time: with a vocabulary of 50,000 that is 50 MB. Of fewer, the time goes
	// to reading the head's weights.
	chunk = 256
	// maxPrograms is how many planned steps are kept.
	maxPrograms = 12
)

// program is a planned step for examples of one shape.
type program struct {
	*graph.Program
	// Where layers lie below the first that is trained: the hidden states after them, the program that computes these, and the input of the step
	// that takes their place.
	below, hidden   *graph.Node
	lower           *graph.Program
	rows            nn.Rows
	ids             *graph.Node
	features, index *graph.Node
	deep            []*graph.Node
	views           []model.Encoder
	viewIndex       []*graph.Node
	losses          []lossChunk
	loss            *graph.Node
	grads           []*graph.Node // as Trainer.params
	masks           []*mask
	used            int
}

// lossChunk is the loss of some of the answers' tokens.
type lossChunk struct{ picks, places, weights, minus *graph.Node }

// shape is what a program depends on.
type shape struct {
	rows, answers, features int
	views                   []model.Geometry
	train                   bool
}

func roundUp(n, unit int) int { return (n + unit - 1) / unit * unit }

func shapeOf(e *Example, train bool) shape {
	s := shape{rows: roundUp(len(e.IDs), unit), answers: roundUp(e.Answers(), 8), train: train}
	if s.answers > 64 {
		s.answers = roundUp(s.answers, 64)
	}
	for _, f := range e.Features {
		if f != nil {
			s.features++
		}
	}
	for _, v := range e.Views {
		s.views = append(s.views, v.Geometry)
	}
	return s
}

// program returns the planned step for an example, planning it the first time.
func (t *Trainer) program(e *Example, train bool) (*program, error) {
	s := shapeOf(e, train)
	key := fmt.Sprint(s)
	t.used++
	if p, ok := t.programs[key]; ok {
		p.used = t.used
		return p, nil
	}
	if len(t.programs) >= maxPrograms {
		oldest := ""
		for k, p := range t.programs {
			if oldest == "" || p.used < t.programs[oldest].used {
				oldest = k
			}
		}
		delete(t.programs, oldest)
	}
	p, outputs, err := t.build(s)
	if err == nil {
		p.Program, err = graph.Plan(t.dev, t.scratch, outputs...)
	}
	if err == nil && p.below != nil {
		p.lower, err = graph.Plan(t.dev, t.scratch, p.below)
	}
	if err != nil {
		return nil, fmt.Errorf("train: step of %d rows: %w", s.rows, err)
	}
	p.used = t.used
	t.programs[key] = p
	return p, nil
}

func (t *Trainer) build(s shape) (p *program, outputs []*graph.Node, err error) {
	p = &program{}
	t.masks = nil
	err = graph.Build(func() { outputs = t.graph(p, s) })
	p.masks = t.masks
	return p, outputs, err
}

// graph makes the nodes of a step and returns its outputs: gradients first, last layers first.
func (t *Trainer) graph(p *program, s shape) []*graph.Node {
	p.rows, p.ids = t.rows(s.rows), graph.Input("ids", tensor.I32, s.rows)
	x := t.model.Embed(p.ids)
	if s.features > 0 {
		p.features = graph.Input("features", tensor.F32, s.features, t.info.Hidden)
		p.index = graph.Input("index", tensor.I32, s.rows)
		x = op.Merge(x, p.features, p.index)
		for range t.info.Deep {
			p.deep = append(p.deep, graph.Input("deep", tensor.F32, s.rows, t.info.Hidden))
		}
	}
	for _, g := range s.views {
		e := t.model.Vision().Encoder(g, nil)
		index := graph.Input("index", tensor.I32, s.rows)
		p.views, p.viewIndex = append(p.views, e), append(p.viewIndex, index)
		x = op.Merge(x, e.Features, index)
	}
	var taps []*graph.Node
	h := t.model.Decode(x, t.step(p.rows, p.deep), &taps)
	taps, h = t.cut(p, taps, h)
	if !t.recompute {
		taps = nil
	}
	var wrt []*graph.Node
	for _, param := range t.params {
		wrt = append(wrt, param.Nodes...)
	}
	sums := make([]*graph.Node, len(wrt))
	add := func(list []*graph.Node) {
		for i, g := range list {
			sums[i] = plus(sums[i], g)
		}
	}
	var dh *graph.Node
	top := op.Detach(h) // so that the way back through the layers is gone once, not once a chunk
	for at := 0; at < s.answers; at += chunk {
		n := min(chunk, s.answers-at)
		c := lossChunk{graph.Input("picks", tensor.I32, n), graph.Input("places", tensor.I32, n), graph.Input("weights", tensor.F32, n),
			graph.Input("minus", tensor.F32, n)}
		p.losses = append(p.losses, c)
		picked := op.Embedding(c.picks, top)
		logits := t.model.Logits(picked)
		nll := op.CrossEntropy(logits, c.places)
		p.loss = plus(p.loss, op.Sum(op.Mul(nll, c.weights)))
		if s.train {
			// The gradient waits for the loss, so that it can take the place of these logits before the next. Where only hidden states have one, it is
			// weighed there, which is shorter.
			weights := op.Reshape(c.weights, n, 1)
			dlogits := op.CrossEntropyGrad(op.After(logits, nll), c.places, c.minus)
			if t.Method == Full {
				dlogits = op.MulRows(dlogits, weights)
			}
			g := op.Gradients(logits, dlogits, append(wrtOfHead(wrt, t.Method), picked)...)
			dpicked := g[len(g)-1]
			if t.Method == Full {
				add(g[:len(g)-1])
			} else {
				dpicked = op.MulRows(dpicked, weights)
			}
			dh = plus(dh, op.ScatterAdd(dpicked, c.picks, s.rows))
		}
	}
	if !s.train {
		return []*graph.Node{p.loss}
	}
	add(op.GradientsRecomputed(taps, h, dh, wrt...))
	i := 0
	for _, param := range t.params {
		var g *graph.Node
		for range param.Nodes {
			g = plus(g, sums[i])
			i++
		}
		if g == nil { // a part that this example has no use for, such as the tower where there is no picture
			g = op.Scale(param.Nodes[0], 0)
		}
		p.grads = append(p.grads, g)
	}
	return append(p.grads[:len(p.grads):len(p.grads)], p.loss)
}

func (t *Trainer) rows(n int) nn.Rows { return nn.NewRows(n, t.info.Rotary[0].Axes, t.info.Window) }

// step is one whole sequence without a cache.
func (t *Trainer) step(rows nn.Rows, deep []*graph.Node) *nn.Step {
	s := &nn.Step{Rows: rows, Sequences: 1, Deep: deep}
	for _, freqs := range t.rotary {
		s.Angles = append(s.Angles, op.Angles(rows.At, freqs))
	}
	return s
}

// wrtOfHead are the Params that logits depend on other than through hidden states: only whole weights can be.
func wrtOfHead(wrt []*graph.Node, m Method) []*graph.Node {
	if m != Full {
		return nil
	}
	return wrt[:len(wrt):len(wrt)]
}

// plus is the sum of nodes that may be nil.
func plus(a, b *graph.Node) *graph.Node {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	return op.Add(a, b)
}

// fill sets the inputs for an example whose answers' tokens each count weight.
func (p *program) fill(ctx context.Context, t *Trainer, e *Example, weight float32) error {
	if err := t.fillBelow(ctx, p, e); err != nil { // first, as both programs work in the same memory
		return err
	}
	p.fillInputs(p.Program, t, e)
	p.fillLoss(t, e, weight)
	return nil
}

// i32 and f32 view an input, or nothing where the program does not read it.
func i32(p *graph.Program, n *graph.Node) []int32 {
	if n == nil || !p.Has(n) {
		return nil
	}
	return p.Array(n).I32()
}

func f32(p *graph.Program, n *graph.Node) []float32 {
	if n == nil || !p.Has(n) {
		return nil
	}
	return p.Array(n).F32()
}

// fillInputs sets what a program reads of the tokens, where they stand, and the pictures.
func (p *program) fillInputs(in *graph.Program, t *Trainer, e *Example) {
	ids := i32(in, p.ids)
	for i := range p.rows.Seq.Dim(0) {
		id := int32(0)
		if i < len(e.IDs) {
			id = e.IDs[i]
			p.rows.Fill(in, i, 0, i, i+1+int(e.Ahead[i]))
		} else {
			p.rows.Fill(in, i, -1, 0, 0)
		}
		if ids != nil {
			ids[i] = id
		}
	}
	if axes := t.info.Rotary[0].Axes; axes > 1 {
		at := i32(in, p.rows.At)
		clear(at)
		for i := range e.IDs {
			copy(at[i*axes:][:axes], e.At[i][:])
		}
	}
	p.fillFeatures(in, t, e)
	for v, enc := range p.views {
		for i, input := range enc.Inputs {
			copy(in.Array(input).Data, e.Views[v].Inputs[i].Data)
		}
		index := i32(in, p.viewIndex[v])
		for i := range index {
			index[i] = -1
		}
		for row, at := range e.Views[v].Positions {
			index[at] = int32(row)
		}
	}
}

// fillFeatures sets the rows of features that stand in the places of pictures.
func (p *program) fillFeatures(in *graph.Program, t *Trainer, e *Example) {
	c := t.info.Hidden
	for l, n := range p.deep {
		deep := f32(in, n)
		clear(deep)
		for i, f := range e.Features {
			if f != nil && deep != nil {
				copy(deep[i*c:][:c], f[(1+l)*c:])
			}
		}
	}
	features, index, next := f32(in, p.features), i32(in, p.index), 0
	for i := range index {
		index[i] = -1
		if i < len(e.Features) && e.Features[i] != nil {
			index[i] = int32(next)
			copy(features[next*c:], e.Features[i][:c])
			next++
		}
	}
}

// fillLoss points each row of the loss at the position before an answer's token.
func (p *program) fillLoss(t *Trainer, e *Example, weight float32) {
	chunkAt, row := 0, 0
	var picks, places []int32
	var weights []float32
	views := func() {
		c := p.losses[chunkAt]
		minus := f32(p.Program, c.minus)
		for i := range minus {
			minus[i] = -1
		}
		picks, places, weights = p.Array(c.picks).I32(), p.Array(c.places).I32(), p.Array(c.weights).F32()
		for i := range picks {
			picks[i], places[i], weights[i] = 0, int32(i*t.info.Vocab), 0
		}
	}
	views()
	for i := 1; i < len(e.IDs); i++ {
		if !e.Answer[i] {
			continue
		}
		if row == len(picks) {
			chunkAt, row = chunkAt+1, 0
			views()
		}
		picks[row], places[row], weights[row] = int32(i-1), int32(row*t.info.Vocab)+e.IDs[i], weight
		row++
	}
	for chunkAt++; chunkAt < len(p.losses); chunkAt++ {
		views()
	}
}

// mask is the dropout of one layer: an input that the host fills.
type mask struct {
	node *graph.Node
	salt uint64
}

// noDrop lets everything through.
const noDrop = ^uint64(0)

func (t *Trainer) dropout(x *graph.Node, name string) *graph.Node {
	n := graph.Input("dropout", tensor.F32, x.Shape()...)
	t.masks = append(t.masks, &mask{n, hash(name)})
	return op.Mul(x, n)
}

// drop draws the masks of example i of the step to come, which depend on nothing else but the seed.
func (t *Trainer) drop(p *program, i uint64) {
	keep := float32(1 / (1 - t.Dropout))
	for _, m := range p.masks {
		if !p.Has(m.node) {
			continue
		}
		r := rand.New(rand.NewPCG(t.Seed^m.salt, uint64(t.Done)<<16+i))
		values := p.Array(m.node).F32()
		for j := range values {
			switch {
			case i == noDrop:
				values[j] = 1
			case r.Float64() < t.Dropout:
				values[j] = 0
			default:
				values[j] = keep
			}
		}
	}
}
