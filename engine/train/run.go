package train

import (
	"context"
	"math"
	"math/rand/v2"
	"time"
)

// Course is how a training goes over its examples.
type Course struct {
	Examples, Validation []*Example
	EvalEvery            int     // steps between losses on Validation; 0: only at the end
	SaveEvery            int     // steps between calls of Save; 0: only at the end
	Lowest               float64 // loss on Validation that was reached before, of a training that goes on; 0: none
	// Save keeps the state as it is. best is set where the loss on Validation is the lowest so far, and always where there is no Validation.
	Save func(best bool) error
	// Progress is told each step.
	Progress func(Progress)
	// Stop, unless nil, is asked after each step whether it was the last.
	Stop func() bool
}

// Progress is what a step found.
type Progress struct {
	Step       int // from 1
	Result         // of the step
	LR         float64
	Took       time.Duration
	Validation float64 // loss, NaN where it was not computed
}

// Run trains from the step that was reached to the last. Which examples make a batch follows from the seed and the step alone, so that a
// training that was stopped goes on as it would have. When ctx ends, or the loss is no number, the state is saved as it was before the step.
func (t *Trainer) Run(ctx context.Context, c Course) error {
	lowest, blind := math.Inf(1), len(c.Validation) == 0
	if c.Lowest > 0 {
		lowest = c.Lowest
	}
	for t.Done < t.Steps {
		start := time.Now()
		p := Progress{Step: t.Done + 1, LR: t.Rate(t.Done), Validation: math.NaN()}
		var err error
		if p.Result, err = t.Step(ctx, t.batch(c.Examples)); err != nil {
			if e := c.Save(blind); e != nil {
				return e
			}
			return err
		}
		p.Took = time.Since(start)
		last := t.Done == t.Steps || c.Stop != nil && c.Stop()
		best := false
		if !blind && (last || c.EvalEvery > 0 && t.Done%c.EvalEvery == 0) {
			if p.Validation, err = t.Loss(ctx, c.Validation); err != nil {
				if e := c.Save(blind); e != nil {
					return e
				}
				return err
			}
			best = p.Validation < lowest
			lowest = min(lowest, p.Validation)
		}
		if c.Progress != nil {
			c.Progress(p)
		}
		if last || best || c.SaveEvery > 0 && t.Done%c.SaveEvery == 0 {
			if err := c.Save(best || blind); err != nil {
				return err
			}
		}
		if last {
			return nil
		}
	}
	return nil
}

// batch is the next batch: each pass over the examples has an order of its own.
func (t *Trainer) batch(examples []*Example) []*Example {
	batch := make([]*Example, t.Batch)
	var order []int
	for i := range batch {
		at := t.Done*t.Batch + i
		pass, k := at/len(examples), at%len(examples)
		if order == nil || k == 0 {
			order = rand.New(rand.NewPCG(t.Seed, uint64(pass))).Perm(len(examples))
		}
		batch[i] = examples[order[k]]
	}
	return batch
}
