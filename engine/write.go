package engine

import (
	"context"
	"fmt"
	"math"

	"sightglass/engine/graph"
	"sightglass/engine/nn"
	"sightglass/engine/weights/convert"
)

// Write writes the model as it answers now to the new folder dst: adapters are added to the weights that they change, and weights that were
// trained take the places of those they began as. All is rounded to the type that the weight has in the model's folder. A layer that is
// quantized there and changed is written in the type of its scales, 16 bits as a rule, so that nothing of the change is lost; with a
// quantization in o it is rounded anew.
func (s *Session) Write(ctx context.Context, dst string, o convert.Options) error {
	if err := s.lock(ctx); err != nil {
		return err
	}
	defer s.unlock()
	files := map[string]string{} // names in the folder by those of the model
	for _, name := range s.source.Names() {
		to := name
		if s.family.Rename != nil {
			to = s.family.Rename(name)
		}
		files[to] = name
	}
	o.Changed = map[string]convert.Change{}
	if err := s.trainedWeights(files, o.Changed); err != nil {
		return err
	}
	if err := s.fusedWeights(ctx, files, o.Changed); err != nil {
		return err
	}
	return convert.Convert(ctx, s.dir, dst, o)
}

// trainedWeights lists the weights that were trained by their names in the folder.
func (s *Session) trainedWeights(files map[string]string, changed map[string]convert.Change) error {
	names := map[*graph.Node]string{}
	nn.EachWeight(s.model, func(name string, n *graph.Node) {
		if file, ok := files[name]; ok {
			names[n] = file
		}
	})
	for _, p := range s.trained {
		found := false
		for _, n := range p.Nodes { // one of those that share it has the name
			if file, ok := names[n]; ok {
				found = true
				changed[file] = convert.Change{Shape: n.Shape(), Values: func() ([]float32, error) { return n.Array().F32(), nil }}
			}
		}
		if !found {
			return fmt.Errorf("engine: write: %q: want its name in the folder, found none", p.Name)
		}
	}
	return nil
}

// fusedWeights lists the weights that adapters change.
func (s *Session) fusedWeights(ctx context.Context, files map[string]string, changed map[string]convert.Change) (err error) {
	nn.EachLinear(s.model, func(name string, l *nn.Linear) {
		if len(l.LoRA) == 0 || err != nil {
			return
		}
		file, ok := files[name+".weight"]
		if !ok {
			err = fmt.Errorf("engine: write: %q: want a layer with a matrix of its own, found one that shares another's", name)
			return
		}
		if c, ok := changed[file]; ok && len(c.Shape) > 0 {
			err = fmt.Errorf("engine: write: %q: want an adapter or whole weights there, found both", name)
			return
		}
		changed[file] = convert.Change{Shape: []int{l.Out(), l.In()}, Values: func() ([]float32, error) { return s.fuse(ctx, l) }}
	})
	return err
}

// fuse is the matrix of a layer with its adapters, one after the other, in it.
func (s *Session) fuse(ctx context.Context, l *nn.Linear) ([]float32, error) {
	base, err := s.compute(ctx, l.Dense)
	if err != nil {
		return nil, err
	}
	w := append([]float32(nil), base...)
	for _, a := range l.LoRA {
		delta, err := s.compute(ctx, a.Delta)
		if err != nil {
			return nil, err
		}
		for i := range w {
			w[i] += delta[i]
		}
		if a.Magnitude == nil {
			continue
		}
		lengths, in := a.Magnitude.Array().F32(), l.In()
		for row := range l.Out() {
			var squares float64
			for i := row * in; i < (row+1)*in; i++ {
				squares += math.Pow(float64(base[i]+delta[i]), 2)
			}
			scale := float32(float64(lengths[row]) / math.Sqrt(squares))
			for i := row * in; i < (row+1)*in; i++ {
				w[i] *= scale
			}
		}
	}
	return w, nil
}

// compute runs a graph without inputs and copies what it makes.
func (s *Session) compute(ctx context.Context, build func() *graph.Node) ([]float32, error) {
	var out *graph.Node
	if err := graph.Build(func() { out = build() }); err != nil {
		return nil, err
	}
	p, err := graph.Plan(s.dev, s.scratch, out)
	if err != nil {
		return nil, err
	}
	if err := p.Run(ctx); err != nil {
		return nil, err
	}
	a := p.Array(out)
	values := make([]float32, a.Shape.Size())
	a.Convert(values)
	return values, nil
}
