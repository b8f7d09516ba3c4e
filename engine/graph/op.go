package graph

import (
	"fmt"
	"slices"
	"strings"

	"sightglass/engine/device"
	"sightglass/engine/tensor"
)

// Op is an operation together with its arguments. The type is a struct of uint32 and float32 fields, laid out as the arguments of its
// kernels, and its methods are all there is to know about it. An op that others fuse into one launch also has Expand.
type Op interface {
	// Name is the stem of the op's files and kernels.
	Name() string
	// Shape returns the type of the result, or an error that says which inputs were wanted.
	Shape(in []tensor.Type) (tensor.Type, error)
	// Ref is the definition: it computes y on the host, with sums in float64.
	Ref(y tensor.Array, in []tensor.Array)
	// Launch says how a device runs the op.
	Launch(y tensor.Type, in []tensor.Type) device.Launch
	// Grad returns the gradient of each input, nil where none flows, given that of the result. It is written in ops, or is NoGrad.
	Grad(y, dy *Node, in []*Node) []*Node
}

// Expander is an op with a meaning in simpler ops, against which it is tested and through which it may be differentiated. Expand returns nil
// for inputs that no simpler op takes.
type Expander interface {
	Op
	Expand(in []*Node) *Node
}

// InPlacer is an op that may write its result over an input of the same size, if nobody needs that input later.
type InPlacer interface{ InPlace() (input int) }

// Writer is an op whose result is an input, changed: the memory of a KV cache, say. Later readers must take the result.
type Writer interface{ Writes() (input int) }

// Viewer is an op that only gives its first input another shape. It is never launched.
type Viewer interface{ View() }

// NoGrad says that no gradient flows through an op.
func NoGrad() []*Node { return nil }

// Case is an example of an op, for tests and benchmarks.
type Case struct {
	// In lists the inputs, such as "3x64 64:f16 3:i32<10": shape, element type (f32 if none), and for integers the bounds, see Inputs.
	In    string
	Build func(in []*Node) *Node
	// Bench is set for the sizes of real models, too large for the definition to be tested at.
	Bench bool
}

// Cases returns a case for each of the inputs.
func Cases(build func(in []*Node) *Node, in ...string) []Case {
	cases := make([]Case, len(in))
	for i, s := range in {
		cases[i] = Case{In: s, Build: build}
	}
	return cases
}

// Bench is Cases of the sizes of real models.
func Bench(build func(in []*Node) *Node, in ...string) []Case {
	cases := Cases(build, in...)
	for i := range cases {
		cases[i].Bench = true
	}
	return cases
}

// Entry is an op in the catalogue.
type Entry struct {
	Op    Op // with zero arguments
	Cases []Case
}

var catalogue []Entry

// Define enters an op into the catalogue, from the op's own file: var _ = graph.Define(...). It must not be called later.
func Define(op Op, cases ...[]Case) Entry {
	e := Entry{op, slices.Concat(cases...)}
	catalogue = append(catalogue, e)
	return e
}

// Catalogue lists every op by name.
func Catalogue() []Entry {
	list := slices.Clone(catalogue)
	slices.SortFunc(list, func(a, b Entry) int { return strings.Compare(a.Op.Name(), b.Op.Name()) })
	return list
}

// ShapeError is what Apply panics with: inputs that an op cannot take. Build turns it into an error.
type ShapeError struct {
	Op  string
	In  []tensor.Type
	Err error
}

func (e *ShapeError) Error() string {
	return fmt.Sprintf("graph: %s: %v, found %v", e.Op, e.Err, e.In)
}

func (e *ShapeError) Unwrap() error { return e.Err }

// Apply adds op to the graph. It panics with a *ShapeError where the inputs do not fit: a bug in the model, or a model that is not what it says.
func Apply(op Op, in ...*Node) *Node {
	types := make([]tensor.Type, len(in))
	for i, n := range in {
		types[i] = n.Type
	}
	t, err := op.Shape(types)
	if err != nil {
		panic(&ShapeError{op.Name(), types, err})
	}
	return &Node{Op: op, In: in, Type: t}
}

// Build runs f, which makes a graph, and returns the ShapeError that it panics with, if any.
func Build(f func()) (err error) {
	defer func() {
		switch e := recover().(type) {
		case nil:
		case *ShapeError:
			err = e
		default:
			panic(e)
		}
	}()
	f()
	return nil
}
