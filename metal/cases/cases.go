// Package cases judges a device of GPU kernels: it runs the cases of every op there and compares the results with the op's definition.
package cases

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"sightglass/engine/device"
	"sightglass/engine/graph"
	_ "sightglass/engine/op" // the ops enter the catalogue
	"sightglass/engine/tensor"
)

// weights lists the inputs that models have as Params, which keep their types: the others are activations.
var weights = map[string][]int{
	"angles": {1}, "cache_write": {0}, "cache_write_rope": {0, 2}, "dequantize": {0, 1, 2}, "embedding": {1}, "layernorm": {1, 2}, "linear": {1, 2}, "lora": {2, 3},
	"qembedding": {1, 2, 3}, "qlinear": {1, 2, 3, 4}, "qlinear_add": {2, 3, 4}, "qlinear_silu_mul": {1, 2, 3, 4, 5, 6}, "rmsnorm": {1}, "rope": {2},
}

// stored lists the inputs that may be Params of several types, whatever that of the activations is.
var stored = map[string][]int{
	"add": {1}, "attention": {1, 2}, "attention_split": {1, 2}, "cache_write": {0}, "cache_write_rope": {0}, "dequantize": {1, 2}, "embedding": {1}, "linear": {1},
	"lora": {2, 3}, "mul": {1}, "qembedding": {2, 3}, "qlinear": {2, 3}, "qlinear_add": {3, 4}, "qlinear_silu_mul": {2, 3, 5, 6}, "sub": {1},
}

var floats = []tensor.DType{tensor.F32, tensor.F16, tensor.BF16}

// Case is a case of an op on a device that keeps activations in a type.
type Case struct {
	graph.Case
	Op          string
	Activations tensor.DType
	params      []int // inputs that are Params
}

// Name says which case it is, such as "linear f16 3x64 5x64:bf16".
func (c Case) Name() string { return fmt.Sprintf("%s %s %s", c.Op, c.Activations, c.In) }

// Activations are the types in which an op's results are judged. The cases of cast name their types.
func Activations(op string) []tensor.DType {
	if op == "cast" {
		return floats[:1]
	}
	return floats
}

// Written are an op's cases as they are written, but for those that are too large for its definition.
func Written(e graph.Entry, activations tensor.DType) (list []Case) {
	for _, c := range e.Cases {
		if !c.Bench {
			list = append(list, Case{c, e.Op.Name(), activations, weights[e.Op.Name()]})
		}
	}
	return list
}

// All are the written cases, and each again with its weights in every type that the op takes.
func All(e graph.Entry, activations tensor.DType) []Case {
	list := Written(e, activations)
	seen := map[string]bool{}
	for _, c := range list {
		seen[c.key()] = true
	}
	for _, c := range list[:len(list):len(list)] {
		for _, d := range floats {
			held := c.hold(d)
			if k := held.key(); !seen[k] && held.possible() {
				seen[k] = true
				list = append(list, held)
			}
		}
	}
	return list
}

// hold is the case with what may be stored in a type of its own in type d.
func (c Case) hold(d tensor.DType) Case {
	fields := strings.Fields(c.In)
	for _, i := range stored[c.Op] {
		shape, _, _ := strings.Cut(fields[i], ":")
		fields[i] = shape + ":" + d.String()
		if !slices.Contains(c.params, i) {
			c.params = append(c.params[:len(c.params):len(c.params)], i)
		}
	}
	c.In = strings.Join(fields, " ")
	return c
}

// key tells cases apart: f32 is the type of an input that names none.
func (c Case) key() string {
	return fmt.Sprint(strings.ReplaceAll(c.In, ":f32", ""), c.params, fmt.Sprintf("%p", c.Build))
}

func (c Case) possible() bool {
	in, _ := c.Inputs(1)
	return graph.Build(func() { c.Build(in) }) == nil
}

// Run runs the case on a device, a few times over where asked, and returns its result and what the definition says.
func (c Case) Run(ctx context.Context, dev device.Device, times int) (got, want tensor.Array, err error) {
	in, feeds := c.Inputs(1)
	for i, n := range in {
		a := feeds[n]
		switch {
		case a.DType == tensor.I32:
		case a.DType != tensor.F32 || slices.Contains(c.params, i):
			b, err := dev.Alloc(a.Bytes())
			if err != nil {
				return got, want, err
			}
			defer b.Free()
			copy(b.Bytes(), a.Data)
			*n = *graph.Param(n.Name, a.DType, a.Shape...)
			n.Bind(device.Slice{Buffer: b, Type: a.Type})
		default:
			rounded := tensor.NewArray(c.Activations, a.Shape...)
			rounded.Store(a.F32())
			copy(a.F32(), rounded.Floats())
		}
	}
	y := c.Build(in)
	given := map[*graph.Node]tensor.Array{}
	for n, a := range feeds {
		given[n] = copied(a) // an op may write to its input
	}
	want = graph.Eval(given, y)[0]
	var scratch graph.Scratch
	defer scratch.Free()
	p, err := graph.Plan(dev, &scratch, y)
	if err != nil {
		return got, want, err
	}
	for n, a := range feeds {
		if p.Has(n) && !n.Bound() {
			copy(p.Array(n).Data, a.Data)
		}
	}
	for range times {
		if err := p.Run(ctx); err != nil {
			return got, want, err
		}
	}
	return copied(p.Array(y)), want, nil
}

func copied(a tensor.Array) tensor.Array {
	return tensor.Array{Type: a.Type, Data: slices.Clone(a.Data)}
}

// Distance is the mean square error of a result relative to the mean square of what is wanted; of whole numbers, 1 where any differs.
func Distance(got, want tensor.Array) float64 {
	if !got.DType.Float() {
		if slices.Equal(got.Data, want.Data) {
			return 0
		}
		return 1
	}
	var off, size float64
	w := want.Floats()
	for i, g := range got.Floats() {
		off += float64(g-w[i]) * float64(g-w[i])
		size += float64(w[i]) * float64(w[i])
	}
	return off / max(size, 1e-20)
}

// Compare returns an error, with the numbers around the worst, where the distance is more than the tolerance.
func Compare(got, want tensor.Array, tolerance float64) error {
	e := Distance(got, want)
	if e <= tolerance {
		return nil
	}
	if !got.DType.Float() {
		return fmt.Errorf("got %v, want %v", got.I32(), want.I32())
	}
	g, w := got.Floats(), want.Floats()
	at, worst := 0, 0.0
	for i := range w {
		if diff := math.Abs(float64(g[i]) - float64(w[i])); !(diff <= worst) {
			at, worst = i, diff
		}
	}
	var near strings.Builder
	for i := max(0, at-2); i < min(len(w), at+3); i++ {
		fmt.Fprintf(&near, "\n  element %d of %v: got %g, want %g", i, want.Shape, g[i], w[i])
	}
	return fmt.Errorf("got a relative mean square error of %.2g, want at most %.2g; worst:%s", e, tolerance, near.String())
}
