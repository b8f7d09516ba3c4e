package graph

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"sightglass/engine/device"
	"sightglass/engine/tensor"
)

// The ops of these tests, on f32 of any shape.
type (
	neg    struct{ elementwise } // -x, in place
	sub    struct{ elementwise } // a - b, in place of b
	join   struct{ Size uint32 } // a and then b: in place of a, were the result not larger
	view   struct{ Rows uint32 } // x as [Rows, ...]
	write  struct{ elementwise } // the first elements of a become b: a Writer
	square struct{ elementwise } // x², not in place, with a gradient
	frozen struct{ neg }         // neg without a gradient
)

type elementwise struct{}

func (elementwise) Shape(in []tensor.Type) (tensor.Type, error) { return in[0], nil }
func (elementwise) Grad(_, _ *Node, _ []*Node) []*Node          { return NoGrad() }

func (neg) Name() string    { return "neg" }
func (neg) InPlace() int    { return 0 }
func (sub) Name() string    { return "sub" }
func (sub) InPlace() int    { return 1 }
func (join) Name() string   { return "join" }
func (join) InPlace() int   { return 0 }
func (view) Name() string   { return "view" }
func (view) View()          {}
func (write) Name() string  { return "write" }
func (write) Writes() int   { return 0 }
func (square) Name() string { return "square" }

func (neg) Launch(tensor.Type, []tensor.Type) device.Launch   { return device.Launch{Kernel: "neg"} }
func (sub) Launch(tensor.Type, []tensor.Type) device.Launch   { return device.Launch{Kernel: "sub"} }
func (join) Launch(tensor.Type, []tensor.Type) device.Launch  { return device.Launch{Kernel: "join"} }
func (write) Launch(tensor.Type, []tensor.Type) device.Launch { return device.Launch{Kernel: "write"} }
func (square) Launch(tensor.Type, []tensor.Type) device.Launch {
	return device.Launch{Kernel: "square"}
}

func (neg) Ref(y tensor.Array, in []tensor.Array) {
	for i, v := range in[0].F32() {
		y.F32()[i] = -v
	}
}

func (neg) Grad(_, dy *Node, _ []*Node) []*Node { return []*Node{Apply(neg{}, dy)} }

func (frozen) Grad(_, _ *Node, _ []*Node) []*Node { return NoGrad() }

func (sub) Shape(in []tensor.Type) (tensor.Type, error) {
	if in[0].Shape.Size() != in[1].Shape.Size() {
		return tensor.Type{}, errors.New("want a and b of one size")
	}
	return in[0], nil
}

func (sub) Ref(y tensor.Array, in []tensor.Array) {
	for i, v := range in[0].F32() {
		y.F32()[i] = v - in[1].F32()[i]
	}
}

func (sub) Grad(_, dy *Node, _ []*Node) []*Node { return []*Node{dy, Apply(neg{}, dy)} }

func (join) Shape(in []tensor.Type) (tensor.Type, error) {
	return tensor.Type{DType: tensor.F32, Shape: tensor.Shape{in[0].Shape.Size() + in[1].Shape.Size()}}, nil
}

func (join) Grad(_, _ *Node, _ []*Node) []*Node { return NoGrad() }

func (join) Ref(y tensor.Array, in []tensor.Array) {
	copy(y.Data[copy(y.Data, in[0].Data):], in[1].Data)
}

func (o view) Shape(in []tensor.Type) (tensor.Type, error) {
	n := in[0].Shape.Size()
	return tensor.Type{DType: tensor.F32, Shape: tensor.Shape{int(o.Rows), n / int(o.Rows)}}, nil
}

func (view) Launch(tensor.Type, []tensor.Type) device.Launch { panic("a view is never launched") }
func (view) Ref(tensor.Array, []tensor.Array)                { panic("a view is never computed") }

func (view) Grad(_, dy *Node, in []*Node) []*Node { return []*Node{Apply(view{1}, dy)} }

func (write) Ref(y tensor.Array, in []tensor.Array) { copy(y.Data, in[1].Data) }

func (square) Ref(y tensor.Array, in []tensor.Array) {
	for i, v := range in[0].F32() {
		y.F32()[i] = v * v
	}
}

// 2·x·dy, in the ops there are: (x + dy)² − x² − dy².
func (square) Grad(_, dy *Node, in []*Node) []*Node {
	sum := Apply(sub{}, in[0], Apply(neg{}, dy))
	return []*Node{Apply(sub{}, Apply(sub{}, Apply(square{}, sum), Apply(square{}, in[0])), Apply(square{}, dy))}
}

func sum(a, b *Node) *Node { return Apply(sub{}, a, Apply(neg{}, b)) }

func TestOrderPutsEveryNodeOnceAndAfterItsInputs(t *testing.T) {
	x := Input("x", tensor.F32, 2)
	a := Apply(neg{}, x)
	b := Apply(sub{}, a, x)
	c := Apply(sub{}, b, a)
	for _, outputs := range [][]*Node{{c}, {a, c}, {c, a, c}, {x, b, c}} {
		got := order(outputs)
		if len(got) != 4 {
			t.Errorf("got %d nodes, want 4", len(got))
		}
		for i, n := range got {
			for _, in := range n.In {
				if j := slices.Index(got, in); j < 0 || j >= i {
					t.Errorf("node %d: got its input at %d, want it before", i, j)
				}
			}
		}
	}
}

func TestOrderOfAVeryDeepGraph(t *testing.T) {
	n := Input("x", tensor.F32, 1)
	for range 200_000 {
		n = Apply(neg{}, n)
	}
	if got := len(order([]*Node{n})); got != 200_001 {
		t.Errorf("got %d nodes, want 200001", got)
	}
}

func TestEvalSharesMemoryOnlyInViewsAndWriters(t *testing.T) {
	x, p := Input("x", tensor.F32, 4), Param("p", tensor.F32, 4)
	n := Apply(neg{}, x) // may run in place on a device, never here
	v := Apply(view{2}, x)
	w := Apply(write{}, p, Apply(neg{}, Apply(view{4}, n)))
	feeds := map[*Node]tensor.Array{x: tensor.Of([]float32{1, 2, 3, 4}, 4), p: tensor.Of([]float32{9, 9, 9, 9}, 4)}
	got := Eval(feeds, n, v, w)
	for i, want := range [][]float32{{-1, -2, -3, -4}, {1, 2, 3, 4}, {1, 2, 3, 4}} {
		if !slices.Equal(got[i].F32(), want) {
			t.Errorf("output %d: got %v, want %v", i, got[i].F32(), want)
		}
	}
	if !slices.Equal(feeds[p].F32(), []float32{1, 2, 3, 4}) {
		t.Errorf("got param %v, want it written", feeds[p].F32())
	}
}

func TestBuildReturnsShapeErrorsAndNoOtherPanic(t *testing.T) {
	err := Build(func() { Apply(sub{}, Input("a", tensor.F32, 2), Input("b", tensor.I32, 3)) })
	var shape *ShapeError
	if !errors.As(err, &shape) || shape.Op != "sub" || len(shape.In) != 2 {
		t.Fatalf("got %v, want a ShapeError of sub", err)
	}
	if got, want := err.Error(), "graph: sub: want a and b of one size, found [f32[2] i32[3]]"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if err := Build(func() {}); err != nil {
		t.Errorf("got %v, want no error", err)
	}
	defer func() {
		if got := fmt.Sprint(recover()); got != "a bug" {
			t.Errorf("got panic %q, want it to pass", got)
		}
	}()
	_ = Build(func() { panic("a bug") })
}

func TestDimCountsFromTheEndWhereNegative(t *testing.T) {
	x := Input("x", tensor.F32, 2, 3, 5)
	if x.Dim(0) != 2 || x.Dim(-1) != 5 || x.Dim(-3) != 2 {
		t.Errorf("got %d %d %d, want 2 5 2", x.Dim(0), x.Dim(-1), x.Dim(-3))
	}
}

func TestInputsOfACase(t *testing.T) {
	c := Case{In: "3x64 5:f16 2x8:u32 2x2:bf16 400:i32<3 400:i32>-2<2"}
	in, feeds := c.Inputs(1)
	again, same := c.Inputs(1)
	third, other := c.Inputs(2)
	for i, want := range []tensor.Type{
		{DType: tensor.F32, Shape: []int{3, 64}}, {DType: tensor.F16, Shape: []int{5}}, {DType: tensor.U32, Shape: []int{2, 8}},
		{DType: tensor.BF16, Shape: []int{2, 2}}, {DType: tensor.I32, Shape: []int{400}}, {DType: tensor.I32, Shape: []int{400}},
	} {
		a := feeds[in[i]]
		if in[i].Type.String() != want.String() || a.Type.String() != want.String() || len(a.Data) != want.Bytes() {
			t.Errorf("input %d: got %v with %d bytes of %v, want %v", i, in[i].Type, len(a.Data), a.Type, want)
		}
		if !slices.Equal(a.Data, same[again[i]].Data) {
			t.Errorf("input %d: got other numbers for the same seed", i)
		}
	}
	if slices.Equal(feeds[in[0]].F32(), other[third[0]].F32()) {
		t.Error("got the same numbers for another seed")
	}
	for _, v := range feeds[in[3]].Floats() {
		if !(v > 0 && v < 0.1) {
			t.Errorf("got scale %g, want it small and positive", v)
		}
	}
	for i, want := range map[int][2]int32{4: {0, 2}, 5: {-1, 1}} {
		v := feeds[in[i]].I32()
		if got := [2]int32{slices.Min(v), slices.Max(v)}; got != want {
			t.Errorf("input %d: got integers in %v, want %v", i, got, want)
		}
	}
	var squares float64
	for _, v := range feeds[in[0]].F32() {
		squares += float64(v) * float64(v)
	}
	if rms := math.Sqrt(squares / (3 * 64)); rms < 0.8 || rms > 1.2 {
		t.Errorf("got floats of root mean square %g, want about 1", rms)
	}
}

func TestBadlyWrittenCases(t *testing.T) {
	for _, bad := range []string{"3x", "0x3", "-1", "3:f64", "3:i32", "3:i32<", "3:i32<0", "3:i32>2<3", "3:i32-1<3", "x", ":f32"} {
		if s, err := parseSpec(bad); err == nil {
			t.Errorf("%q: got %v, want an error", bad, s)
		}
	}
}
