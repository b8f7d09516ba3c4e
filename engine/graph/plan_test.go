package graph

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"sightglass/engine/device"
	"sightglass/engine/tensor"
)

// host is a device that takes every liberty: its memory starts as garbage, and steps between two barriers run in any order.
type host struct {
	order *rand.Rand
	fail  error // of Alloc
	steps []device.Step
}

type memory []byte

func (m memory) Bytes() []byte { return m }
func (m memory) Free()         {}

func newHost(seed uint64) *host { return &host{order: rand.New(rand.NewPCG(seed, 1))} }

func (h *host) Name() string                         { return "host" }
func (h *host) Close() error                         { return nil }
func (h *host) Wrap(b []byte) (device.Buffer, error) { return hold(b), nil }
func (h *host) Alloc(bytes int) (device.Buffer, error) {
	return hold(slices.Repeat([]byte{0xff}, bytes)), h.fail
}

// hold makes a buffer that is equal to itself alone.
func hold(b []byte) device.Buffer { m := memory(b); return &m }

func (h *host) Compile(steps []device.Step) (device.Program, error) {
	h.steps = steps
	return run{h, steps}, nil
}

type run struct {
	host  *host
	steps []device.Step
}

func (r run) Run(ctx context.Context) error {
	for i := 0; i < len(r.steps); {
		end := i + 1
		for end < len(r.steps) && !r.steps[end].Barrier {
			end++
		}
		for _, k := range r.host.order.Perm(end - i) {
			if err := context.Cause(ctx); err != nil {
				return err
			}
			s := r.steps[i+k]
			in := make([]tensor.Array, len(s.In))
			for j, x := range s.In {
				in[j] = x.Array()
			}
			s.Ref(s.Out.Array(), in)
		}
		i = end
	}
	return nil
}

func plan(t *testing.T, dev device.Device, scratch *Scratch, outputs ...*Node) *Program {
	t.Helper()
	p, err := Plan(dev, scratch, outputs...)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// random makes a graph of inputs, params and n ops, and says which of its nodes may be outputs.
func random(r *rand.Rand, n int) (leaves, nodes []*Node) {
	for i := range 3 {
		nodes = append(nodes, Input(fmt.Sprint("in", i), tensor.F32, 4*(1+r.IntN(60))), Param(fmt.Sprint("p", i), tensor.F32, 4*(1+r.IntN(60))))
	}
	leaves = slices.Clone(nodes)
	pick := func() *Node { return nodes[r.IntN(len(nodes))] }
	for range n {
		x := pick()
		switch k := r.IntN(10); {
		case k < 3:
			nodes = append(nodes, Apply(neg{}, x))
		case k < 5:
			y := pick()
			if y.Type.Bytes() != x.Type.Bytes() {
				y = x
			}
			nodes = append(nodes, Apply(sub{}, x, y))
		case k < 6 && x.Type.Bytes() < 4000:
			nodes = append(nodes, Apply(join{}, x, pick()))
		case k < 8:
			nodes = append(nodes, Apply(view{uint32(1 + r.IntN(2))}, x))
		case k < 9:
			nodes = append(nodes, Apply(square{}, x))
		default:
			y := pick()
			if memoryOf(x) == memoryOf(y) || y.Type.Bytes() > x.Type.Bytes() {
				continue
			}
			nodes = slices.DeleteFunc(nodes, func(m *Node) bool { return memoryOf(m) == memoryOf(x) })
			nodes = append(nodes, Apply(write{}, x, y))
		}
	}
	return leaves, nodes
}

// memoryOf is the node whose memory n shares by being a view or changed.
func memoryOf(n *Node) *Node {
	switch n.Op.(type) {
	case Viewer, Writer:
		return memoryOf(n.In[0])
	}
	return n
}

func TestProgramsComputeWhatEvalDoes(t *testing.T) {
	var inPlace, barriers, steps int
	for seed := range uint64(400) {
		r := rand.New(rand.NewPCG(seed, 0))
		leaves, nodes := random(r, 5+r.IntN(40))
		feeds := map[*Node]tensor.Array{}
		for _, n := range leaves {
			feeds[n] = tensor.NewArray(tensor.F32, n.Shape()...)
			fill(r, feeds[n])
			if n.kind == kindParam {
				n.Bind(device.Slice{Buffer: hold(slices.Clone(feeds[n].Data)), Type: n.Type})
			}
		}
		var outputs []*Node
		for range 1 + r.IntN(4) {
			outputs = append(outputs, nodes[len(nodes)-1-r.IntN(min(8, len(nodes)))]) // the latest, which need the most
		}
		dev := newHost(seed)
		p := plan(t, dev, nil, outputs...)
		for round := range 3 { // a replay, with some of the inputs changed
			for _, n := range leaves {
				if n.kind == kindInput && p.Has(n) && (round == 0 || r.IntN(2) == 0) {
					fill(r, feeds[n])
					copy(p.Array(n).Data, feeds[n].Data)
				}
			}
			want := Eval(feeds, outputs...)
			if err := p.Run(context.Background()); err != nil {
				t.Fatal(err)
			}
			for i, n := range outputs {
				if got := p.Array(n); !slices.Equal(got.F32(), want[i].F32()) {
					t.Fatalf("seed %d, run %d, output %d: got %v, want %v", seed, round, i, got.F32(), want[i].F32())
				}
			}
		}
		for _, s := range dev.steps {
			steps++
			if s.Barrier {
				barriers++
			}
			if slices.ContainsFunc(s.In, func(x device.Slice) bool { return overlap(x, s.Out) }) {
				inPlace++
			}
		}
	}
	if inPlace < 100 || barriers < 100 || barriers > steps*9/10 {
		t.Errorf("got %d steps, %d in place and %d barriers, want a good mix", steps, inPlace, barriers)
	}
}

func fill(r *rand.Rand, a tensor.Array) {
	for i := range a.F32() {
		a.F32()[i] = float32(r.IntN(9) - 4) // small integers: no rounding
	}
}

func TestPlacesInTheArena(t *testing.T) {
	x, y := Input("x", tensor.F32, align/4), Input("y", tensor.F32, align/4) // a block each
	a, b := Apply(square{}, x), Apply(square{}, y)
	inPlace, apart := a, a
	for range 20 {
		inPlace, apart = Apply(neg{}, inPlace), Apply(square{}, apart)
	}
	v := Apply(view{2}, a)
	ofX, ofA, ofV, ofAB, ofAA, ofVA := Apply(neg{}, x), Apply(neg{}, a), Apply(neg{}, v), Apply(sub{}, a, b), Apply(sub{}, a, a), Apply(sub{}, v, a)
	later, joined := Apply(sub{}, a, ofA), Apply(join{}, a, b)
	none := [2]*Node{}
	for _, c := range []struct {
		name        string
		outputs     []*Node
		blocks      int // with those of the inputs
		same, apart [2]*Node
	}{
		{"a chain in place takes one block", []*Node{inPlace}, 2, [2]*Node{inPlace, a}, none},
		{"a chain that is not in place takes two blocks in turn", []*Node{apart}, 3, none, [2]*Node{apart, apart.In[0]}},
		{"an input is never overwritten", []*Node{ofX}, 2, none, [2]*Node{ofX, x}},
		{"what is read later is not overwritten", []*Node{later}, 3, [2]*Node{later, ofA}, [2]*Node{ofA, a}},
		{"an output is not overwritten", []*Node{a, ofA}, 3, none, [2]*Node{ofA, a}},
		{"an output seen through a view is not overwritten", []*Node{v, ofA}, 3, [2]*Node{v, a}, [2]*Node{ofA, a}},
		{"a result goes in place of the input that the op names", []*Node{ofAB}, 4, [2]*Node{ofAB, b}, [2]*Node{ofAB, a}},
		{"an input that the op reads twice is not overwritten", []*Node{ofAA}, 3, none, [2]*Node{ofAA, a}},
		{"nor one that it reads through a view", []*Node{ofVA}, 3, [2]*Node{v, a}, [2]*Node{ofVA, a}},
		{"a view may be overwritten", []*Node{ofV}, 2, [2]*Node{ofV, a}, none},
		{"a larger result has a place of its own", []*Node{joined}, 6, none, [2]*Node{joined, a}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := plan(t, newHost(1), nil, c.outputs...)
			if got := len(p.arena.Bytes()) / align; got != c.blocks {
				t.Errorf("got %d blocks, want %d", got, c.blocks)
			}
			if n := c.same; n != none && !overlap(p.places[n[0]], p.places[n[1]]) {
				t.Errorf("got places at %d and %d, want one", p.places[n[0]].Offset, p.places[n[1]].Offset)
			}
			if n := c.apart; n != none && overlap(p.places[n[0]], p.places[n[1]]) {
				t.Errorf("got both at %d, want two places", p.places[n[0]].Offset)
			}
		})
	}
}

func TestBarriers(t *testing.T) {
	x, y := Input("x", tensor.F32, 64), Input("y", tensor.F32, 64)
	cache := Param("cache", tensor.F32, 64)
	cache.Bind(device.Slice{Buffer: hold(make([]byte, 256)), Type: cache.Type})
	a, b := Apply(square{}, x), Apply(square{}, y)
	old := Apply(square{}, cache)
	written := Apply(write{}, cache, x)
	for _, c := range []struct {
		name    string
		outputs []*Node
		want    string // a | before each step that waits
	}{
		{"steps that share nothing do not wait", []*Node{a, b}, "square square"},
		{"readers of the same memory do not wait", []*Node{a, Apply(square{}, x)}, "square square"},
		{"a reader waits for the writer", []*Node{Apply(square{}, a)}, "square |square"},
		{"one barrier is enough for all before it", []*Node{Apply(join{}, a, b), Apply(square{}, a), b}, "square square |join square"},
		{"a writer waits for readers", []*Node{old, written}, "square |write"},
		{"steps at the same place of two buffers do not wait", []*Node{a, Apply(write{}, cache, y)}, "square write"},
		{"a writer waits for a writer", []*Node{Apply(write{}, written, y)}, "write |write"},
		{"a result in place waits for what it overwrites", []*Node{Apply(neg{}, a)}, "square |neg"},
		{"a view is no step", []*Node{Apply(square{}, Apply(view{2}, a))}, "square |square"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dev := newHost(1)
			p := plan(t, dev, nil, c.outputs...)
			var got []string
			for _, s := range dev.steps {
				got = append(got, map[bool]string{true: "|"}[s.Barrier]+s.Kernel)
			}
			if strings.Join(got, " ") != c.want || p.Steps() != len(dev.steps) {
				t.Errorf("got %d steps %v, want %s", p.Steps(), got, c.want)
			}
		})
	}
}

func TestTheScheduleBringsIndependentStepsTogether(t *testing.T) {
	h := Apply(square{}, Input("x", tensor.F32, 64))
	a, b := Apply(neg{}, Apply(square{}, h)), Apply(neg{}, Apply(square{}, h))
	dev := newHost(1)
	plan(t, dev, nil, Apply(join{}, a, b))
	var got []string
	for _, s := range dev.steps {
		got = append(got, map[bool]string{true: "|"}[s.Barrier]+s.Kernel)
	}
	// Ordered by need alone: square |square |neg square |neg |join.
	if want := "square |square square |neg neg |join"; strings.Join(got, " ") != want {
		t.Errorf("got %v, want %s", got, want)
	}
}

func TestMemoryReusedByAnotherResultWaits(t *testing.T) {
	x := Input("x", tensor.F32, 64)
	small := Apply(square{}, Apply(square{}, Apply(square{}, x))) // the third goes where the first was
	dev := newHost(1)
	plan(t, dev, nil, small)
	if s := dev.steps; !overlap(s[2].Out, s[0].Out) || !s[2].Barrier {
		t.Errorf("got the third result at %d with barrier %v, want it over the first at %d, waiting", s[2].Out.Offset, s[2].Barrier, s[0].Out.Offset)
	}
}

// The result of a Writer is its input, changed. Whoever reads the input itself, and comes before the Writer, must see it unchanged, though
// the schedule may put it off.
func TestEarlierReadersOfWhatAWriterChangesReadItFirst(t *testing.T) {
	cache, x, y := Input("cache", tensor.F32, 2), Input("x", tensor.F32, 2), Input("y", tensor.F32, 2)
	late := Apply(square{}, Apply(square{}, x))
	reader := Apply(sub{}, late, Apply(view{1}, cache))
	written := Apply(write{}, Apply(write{}, cache, y), x)
	p := plan(t, newHost(1), nil, reader, written)
	copy(p.Array(cache).F32(), []float32{1, 2})
	copy(p.Array(x).F32(), []float32{2, 3})
	if err := p.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	if got, want := p.Array(reader).F32(), []float32{15, 79}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v: x⁴ − cache", got, want)
	}
}

func TestAnInputThatAnOpReadsTwiceIsGivenBackOnce(t *testing.T) {
	x := Input("x", tensor.F32, 64)
	a := Apply(square{}, x)
	b := Apply(sub{}, a, a) // the last use of a
	c, d := Apply(square{}, b), Apply(square{}, Apply(view{1}, b))
	p := plan(t, newHost(1), nil, b, c, d)
	if overlap(p.places[c], p.places[d]) {
		t.Errorf("got two results at %d, want two places", p.places[c].Offset)
	}
}

func TestWritersWriteTheParam(t *testing.T) {
	cache, x := Param("cache", tensor.F32, 3), Input("x", tensor.F32, 2)
	buf := hold(make([]byte, 20))
	cache.Bind(device.Slice{Buffer: buf, Offset: 8, Type: cache.Type})
	p := plan(t, newHost(1), nil, Apply(square{}, Apply(write{}, cache, x)))
	copy(p.Array(x).F32(), []float32{5, 6})
	if err := p.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	whole := tensor.Array{Type: tensor.Type{DType: tensor.F32, Shape: tensor.Shape{5}}, Data: buf.Bytes()}
	if got, want := whole.F32(), []float32{0, 0, 5, 6, 0}; !slices.Equal(got, want) {
		t.Errorf("got memory %v, want %v", got, want)
	}
}

func TestProgramsMayShareScratch(t *testing.T) {
	var scratch Scratch
	dev := newHost(1)
	x := Input("x", tensor.F32, 64)
	large := plan(t, dev, &scratch, Apply(join{}, Apply(square{}, x), x))
	small := plan(t, dev, &scratch, Apply(square{}, x))
	if large.arena != small.arena || len(scratch.buffers) != 1 {
		t.Errorf("got %d buffers, want the smaller program in that of the larger", len(scratch.buffers))
	}
	if larger := plan(t, dev, &scratch, Apply(join{}, Apply(join{}, x, x), Apply(join{}, x, x))); larger.arena == large.arena {
		t.Error("got the same buffer for a program that does not fit in it")
	}
	if own := plan(t, dev, nil, Apply(square{}, x)); own.arena == small.arena {
		t.Error("got shared memory without scratch, want it alone")
	}
	if scratch.Free(); len(scratch.buffers) != 0 {
		t.Errorf("got %d buffers after Free, want none", len(scratch.buffers))
	}
}

func TestPlanLeavesTheInputsOfNodesAlone(t *testing.T) {
	in := []*Node{Input("a", tensor.F32, 4), Input("b", tensor.F32, 4), Input("c", tensor.F32, 4)}
	c := in[2]
	plan(t, newHost(1), nil, Apply(sub{}, in[:2]...))
	if in[2] != c {
		t.Errorf("got %v in the slice that the node was made from, want it untouched", in[2].Op)
	}
}

func TestPlanErrors(t *testing.T) {
	cause := errors.New("no memory")
	p := Param("model.norm.weight", tensor.F32, 4)
	_, err := Plan(newHost(1), nil, Apply(neg{}, p))
	if want := `graph: plan: param "model.norm.weight": want memory bound to it, found none`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	dev := newHost(1)
	dev.fail = cause
	_, err = Plan(dev, nil, Apply(neg{}, Input("x", tensor.F32, 4)))
	if want := "graph: plan: want 512 bytes for intermediate results: no memory"; !errors.Is(err, cause) || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestRunStopsWithTheCauseOfTheContext(t *testing.T) {
	cause := errors.New("the user left")
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(cause)
	p := plan(t, newHost(1), nil, Apply(neg{}, Input("x", tensor.F32, 4)))
	if err := p.Run(ctx); !errors.Is(err, cause) {
		t.Errorf("got %v, want %v", err, cause)
	}
}
