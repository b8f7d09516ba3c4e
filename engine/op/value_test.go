package op

import (
	"math"
	"slices"
	"testing"

	"sightglass/engine/graph"
	"sightglass/engine/tensor"
)

// of is a tensor with its values given.
type of struct {
	node  *graph.Node
	array tensor.Array
}

func given(shape tensor.Shape, v ...float32) of {
	return of{graph.Input("x", tensor.F32, shape...), tensor.Of(v, shape...)}
}

func givenInts(v ...int32) of {
	return of{graph.Input("x", tensor.I32, len(v)), tensor.OfInts(v, len(v))}
}

func eval(y *graph.Node, in ...of) []float32 {
	feeds := map[*graph.Node]tensor.Array{}
	for _, x := range in {
		feeds[x.node] = x.array
	}
	return graph.Eval(feeds, y)[0].Floats()
}

// Results worked out by hand.
func TestValues(t *testing.T) {
	a := given(tensor.Shape{2, 3}, 1, 2, 3, 4, 5, 6)
	b := given(tensor.Shape{3}, 10, 20, 30)
	c := given(tensor.Shape{3, 2}, 1, 0, 2, 1, 0, 3)
	r := given(tensor.Shape{2, 1}, 2, -1)
	one := given(tensor.Shape{1}, 1)
	w := given(tensor.Shape{1, 2}, 0, float32(math.Log(3)))
	index := givenInts(1, -1, 1)
	third := given(tensor.Shape{3, 2}, 1, 2, 3, 4, 5, 6)
	square := given(tensor.Shape{2, 2}, 7, 8, 9, 10)
	for _, x := range []struct {
		name string
		y    *graph.Node
		want []float32
	}{
		{"add repeats b", Add(a.node, b.node), []float32{11, 22, 33, 14, 25, 36}},
		{"sub takes b from a", Sub(a.node, b.node), []float32{-9, -18, -27, -6, -15, -24}},
		{"mul repeats b", Mul(a.node, b.node), []float32{10, 40, 90, 40, 100, 180}},
		{"scale", Scale(a.node, -2), []float32{-2, -4, -6, -8, -10, -12}},
		{"mean of rows", Mean(a.node), []float32{2, 5}},
		{"mul_rows", MulRows(a.node, r.node), []float32{2, 4, 6, -4, -5, -6}},
		{"sum_to over the rows", SumTo(a.node, tensor.Shape{3}), []float32{5, 7, 9}},
		{"sum of all", Sum(a.node), []float32{21}},
		{"broadcast over the last dimension", BroadcastTo(r.node, tensor.Shape{2, 3}), []float32{2, 2, 2, -1, -1, -1}},
		{"broadcast over leading dimensions", BroadcastTo(b.node, tensor.Shape{2, 3}), []float32{10, 20, 30, 10, 20, 30}},
		{"broadcast over both", BroadcastTo(r.node, tensor.Shape{2, 2, 2}), []float32{2, 2, -1, -1, 2, 2, -1, -1}},
		{"permute transposes", Permute(a.node, 1, 0), []float32{1, 4, 2, 5, 3, 6}},
		{"permute of three dimensions", Permute(Reshape(a.node, 1, 2, 3), 2, 0, 1), []float32{1, 4, 2, 5, 3, 6}},
		{"matmul", MatMul(a.node, c.node, false, false), []float32{5, 11, 14, 23}},
		{"matmul of a transposed, b not", MatMul(c.node, third.node, true, false), []float32{7, 10, 18, 22}},
		{"matmul of b transposed", MatMul(square.node, third.node, false, true), []float32{23, 53, 83, 29, 67, 105}},
		{"rsqrt adds eps first", Rsqrt(b.node, 6), []float32{0.25, 1 / float32(math.Sqrt(26)), 1. / 6}},
		{"exp", Exp(one.node), []float32{math.E}},
		{"erf of 1, from tables", Erf(one.node), []float32{0.8427007929}},
		{"sigmoid of log 3", Sigmoid(w.node), []float32{0.5, 0.75}},
		{"silu of log 3", SiLU(w.node), []float32{0, 0.75 * float32(math.Log(3))}},
		{"softmax of log 3", Softmax(w.node), []float32{0.25, 0.75}},
		{"logsumexp of log 3", LogSumExp(w.node), []float32{float32(math.Log(4))}},
		{"merge takes rows by index", Merge(third.node, square.node, index.node), []float32{9, 10, 3, 4, 9, 10}},
		{"scatter_add adds rows that meet", ScatterAdd(third.node, index.node, 2), []float32{0, 0, 6, 8}},
		{"a cast to bf16 and back drops bits", Cast(Cast(Scale(one.node, 257), tensor.BF16), tensor.F32), []float32{256}},
		{"a cast to f16 and back rounds to even", Cast(Cast(Scale(one.node, 2051), tensor.F16), tensor.F32), []float32{2052}},
	} {
		t.Run(x.name, func(t *testing.T) {
			near(t, eval(x.y, a, b, c, r, one, w, index, third, square), x.want, 1e-6)
		})
	}
}

func TestSoftmaxAndLogSumExpDoNotOverflow(t *testing.T) {
	x := given(tensor.Shape{1, 3}, 1e30, 1e30, -1e30)
	near(t, eval(Softmax(x.node), x), []float32{0.5, 0.5, 0}, 0)
	near(t, eval(LogSumExp(x.node), x), []float32{1e30}, 0)
}

func TestArgmaxTakesTheFirstOfEquals(t *testing.T) {
	x := given(tensor.Shape{2, 3}, 1, 5, 5, -3, -1, -2)
	y := Argmax(x.node)
	got := graph.Eval(map[*graph.Node]tensor.Array{x.node: x.array}, y)[0].I32()
	if got[0] != 1 || got[1] != 1 {
		t.Errorf("got %v, want [1 1]", got)
	}
}

func TestTopKOrdersEqualsAndLeavesOutWhatIsNoNumber(t *testing.T) {
	inf, nan := float32(math.Inf(-1)), float32(math.NaN())
	x := given(tensor.Shape{2, 4}, 2, 5, 5, -3, inf, 1, nan, -2)
	y := TopK(x.node, 3)
	got := graph.Eval(map[*graph.Node]tensor.Array{x.node: x.array}, y)[0].I32()
	if want := []int32{1, 2, 0, 1, 3, -1}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestAnglesStayExactFarOut(t *testing.T) {
	pos, freqs := givenInts(131071), given(tensor.Shape{1}, 0.7)
	angle := float64(131071) * float64(float32(0.7))
	near(t, eval(Angles(pos.node, freqs.node), pos, freqs), []float32{float32(math.Cos(angle)), float32(math.Sin(angle))}, 1e-7)
}

func TestCacheWriteChangesOnlyItsRows(t *testing.T) {
	cache := given(tensor.Shape{2, 3, 1, 2}, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)
	x := given(tensor.Shape{3, 1, 2}, -1, -2, -3, -4, -5, -6)
	seq, pos := givenInts(1, -1, 0), givenInts(0, 1, 2)
	got := eval(CacheWrite(cache.node, x.node, seq.node, pos.node), cache, x, seq, pos)
	near(t, got, []float32{1, 2, 3, 4, -5, -6, -1, -2, 9, 10, 11, 12}, 0)
	near(t, cache.array.F32(), got, 0) // the memory of the cache itself
}

func TestPaddingRowsOfAttentionAreZero(t *testing.T) {
	q := given(tensor.Shape{2, 1, 1}, 1, 1)
	kv := given(tensor.Shape{1, 2, 1, 1}, 3, 4)
	seq, length := givenInts(-1, 0), givenInts(2, 0)
	near(t, eval(Attention(q.node, kv.node, kv.node, seq.node, length.node, 1), q, kv, seq, length), []float32{0, 0}, 0)
}

func TestWhatChangesNothingIsTheNodeItself(t *testing.T) {
	x := f32(2, 3)
	for name, y := range map[string]*graph.Node{
		"cast": Cast(x, tensor.F32), "reshape": Reshape(x, 2, 3), "sum_to": SumTo(x, x.Shape()), "broadcast": BroadcastTo(x, x.Shape()),
	} {
		if y != x {
			t.Errorf("%s: got another node, want x", name)
		}
	}
}
