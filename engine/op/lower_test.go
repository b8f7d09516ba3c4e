package op_test

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"sightglass/engine/device"
	"sightglass/engine/graph"
	"sightglass/engine/op"
	"sightglass/engine/tensor"
)

// halves is a device that keeps results in f16. It runs steps by their definitions, in f32 between the roundings.
type halves struct{ kernels []string }

type bytesBuffer []byte

func (b *bytesBuffer) Bytes() []byte { return *b }
func (b *bytesBuffer) Free()         {}

func (*halves) Name() string              { return "halves" }
func (*halves) Close() error              { return nil }
func (*halves) Activations() tensor.DType { return tensor.F16 }
func (*halves) Alloc(n int) (device.Buffer, error) {
	b := make(bytesBuffer, n)
	return &b, nil
}
func (*halves) Wrap(b []byte) (device.Buffer, error) { return (*bytesBuffer)(&b), nil }

func (h *halves) Compile(steps []device.Step) (device.Program, error) {
	for _, s := range steps {
		h.kernels = append(h.kernels, s.Kernel+":"+s.Out.Type.DType.String())
	}
	return halvesProgram(steps), nil
}

func TestLoweredGraphComputesInHalvesAndShowsTheHostFloats(t *testing.T) {
	x, pos := graph.Input("x", tensor.F32, 4, 2, 8), graph.Input("pos", tensor.I32, 4)
	freqs := graph.Input("freqs", tensor.F32, 4)
	y := op.Rope(op.Scale(x, 0.5), op.Angles(pos, freqs), false)
	sum := op.LogSumExp(op.Reshape(y, 8, 8))
	dev := &halves{}
	p, err := graph.Plan(dev, nil, y, sum)
	if err != nil {
		t.Fatal(err)
	}
	feeds := map[*graph.Node]tensor.Array{}
	for _, n := range []*graph.Node{x, pos, freqs} {
		feeds[n] = tensor.NewArray(n.Type.DType, n.Type.Shape...)
		for i := range feeds[n].U32() {
			if n == pos {
				feeds[n].I32()[i] = int32(7 * i)
			} else {
				feeds[n].F32()[i] = float32(math.Sin(float64(i + 1)))
			}
		}
		copy(p.Array(n).Data, feeds[n].Data)
	}
	if err := p.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i, want := range graph.Eval(feeds, y, sum) {
		got := p.Array([]*graph.Node{y, sum}[i])
		if got.DType != tensor.F32 {
			t.Fatalf("output %d: the host sees %v, want f32", i, got.DType)
		}
		exact := true
		for j, g := range got.F32() {
			if d := math.Abs(float64(g - want.F32()[j])); !(d <= 2e-3) {
				t.Errorf("output %d, value %d: got %g, want %g", i, j, g, want.F32()[j])
			}
			exact = exact && g == want.F32()[j]
		}
		if exact {
			t.Errorf("output %d: nothing was rounded, so nothing was lowered", i)
		}
	}
	types := map[string]bool{}
	for _, k := range dev.kernels {
		types[k] = true
	}
	for _, want := range []string{"scale:f16", "rope:f16", "angles_f16:f32", "logsumexp:f32", "cast_f32_f16:f16", "cast_f16_f32:f32"} {
		if !types[want] {
			t.Errorf("want a step %s, found %v", want, dev.kernels)
		}
	}
}

type halvesProgram []device.Step

func (p halvesProgram) Run(context.Context) error {
	for _, s := range p {
		in := make([]tensor.Array, len(s.In))
		for i, x := range s.In {
			in[i] = x.Array()
			if x.Type.DType == tensor.F16 && !strings.HasPrefix(s.Kernel, "cast") {
				in[i] = tensor.Of(in[i].Floats(), x.Type.Shape...)
			}
		}
		out := s.Out.Array()
		if s.Out.Type.DType != tensor.F16 || strings.HasPrefix(s.Kernel, "cast") {
			s.Ref(out, in)
			continue
		}
		wide := tensor.NewArray(tensor.F32, s.Out.Type.Shape...)
		s.Ref(wide, in)
		out.Store(wide.F32())
	}
	return nil
}

func TestFewQueriesOfManyPositionsAreAttendedInParts(t *testing.T) {
	const n, h, kv, d, m = 2, 4, 2, 8, 300
	q, k := graph.Input("q", tensor.F32, n, h, d), graph.Input("k", tensor.F32, 1, m, kv, d)
	seq, span := graph.Input("seq", tensor.I32, n), graph.Input("span", tensor.I32, 2, n)
	y := op.Attention(q, k, k, seq, span, 0.4)
	dev := &halves{}
	p, err := graph.Plan(dev, nil, y)
	if err != nil {
		t.Fatal(err)
	}
	feeds := map[*graph.Node]tensor.Array{}
	for _, x := range []*graph.Node{q, k, seq, span} {
		feeds[x] = tensor.NewArray(x.Type.DType, x.Type.Shape...)
		if x == q || x == k {
			for i := range feeds[x].F32() {
				feeds[x].F32()[i] = float32(math.Sin(float64(i * i)))
			}
		}
	}
	copy(feeds[span].I32(), []int32{300, 7, 100, 0})
	for x, a := range feeds {
		copy(p.Array(x).Data, a.Data)
	}
	if err := p.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := graph.Eval(feeds, y)[0].F32()
	for i, g := range p.Array(y).F32() {
		if diff := math.Abs(float64(g - want[i])); !(diff <= 2e-3) {
			t.Errorf("value %d: got %g, want %g", i, g, want[i])
		}
	}
	if !slices.Contains(dev.kernels, "attention_split_f16:f32") || !slices.Contains(dev.kernels, "attention_combine:f16") {
		t.Errorf("got steps %v, want attention in parts", dev.kernels)
	}
}

func TestWideInputsAreReadAsTheyAre(t *testing.T) {
	x, pos, freqs := graph.Input("x", tensor.F32, 4, 2, 8), graph.Input("pos", tensor.I32, 4), graph.WideInput("freqs", 4)
	dev := &halves{}
	if _, err := graph.Plan(dev, nil, op.Rope(x, op.Angles(pos, freqs), false)); err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(dev.kernels, "angles:f32") {
		t.Errorf("want a step angles of f32 frequencies, found %v", dev.kernels)
	}
}
