package op

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"sightglass/engine/device"
	"sightglass/engine/graph"
	"sightglass/engine/tensor"
)

// noGrad lists every f32 input of a case, as op and input, through which no gradient flows, with the reason.
var noGrad = map[string]string{
	"angles in1":            "frequencies are constants of the model",
	"attention_combine in0": "parts are made where nothing is trained",
	"attention_split in0":   "parts are made where nothing is trained",
	"attention_split in1":   "parts are made where nothing is trained",
	"attention_split in2":   "parts are made where nothing is trained",
	"argmax in0":            "an index is no smooth function",
	"cache_write in1":       "a cache serves generation alone",
	"cache_write in0":       "a cache serves generation alone",
	"detach in0":            "it is there to stop the gradient",
	"cache_write_rope in0":  "a cache serves generation alone",
	"cache_write_rope in1":  "a cache serves generation alone",
	"cache_write_rope in2":  "a cache serves generation alone",
	"dequantize in1":        "packed weights are not trained, nor their scales",
	"dequantize in2":        "packed weights are not trained, nor their biases",
	"qembedding in2":        "packed weights are not trained, nor their scales",
	"qembedding in3":        "packed weights are not trained, nor their biases",
	"qlinear in2":           "packed weights are not trained, nor their scales",
	"qlinear in3":           "packed weights are not trained, nor their biases",
	"qlinear_add in0":       "planning places it, after gradients are made",
	"qlinear_add in1":       "planning places it, after gradients are made",
	"qlinear_add in3":       "planning places it, after gradients are made",
	"qlinear_add in4":       "planning places it, after gradients are made",
	"qlinear_silu_mul in0":  "planning places it, after gradients are made",
	"qlinear_silu_mul in2":  "planning places it, after gradients are made",
	"qlinear_silu_mul in3":  "planning places it, after gradients are made",
	"qlinear_silu_mul in5":  "planning places it, after gradients are made",
	"qlinear_silu_mul in6":  "planning places it, after gradients are made",
	"rope in2":              "frequencies are constants of the model",
	"topk in0":              "indices are no smooth functions",
}

// accuracy is the step of the differences and how far, as a part of the gradient, the result may be off. A wrong factor must not fit.
type accuracy struct{ step, tolerance float64 }

// accuracies holds what differs from exactly.
var (
	exactly    = accuracy{1. / 32, 1e-3}
	accuracies = map[string]accuracy{
		"cast":      {1, 2e-2},      // rounding to bf16 is a staircase: its gradient is that of the line through it
		"logsumexp": {1. / 8, 1e-2}, // one number of many hardly changes the sum, which is rounded to f32
	}
)

func TestGradientsMatchCentralDifferences(t *testing.T) {
	used := map[string]bool{}
	for _, e := range graph.Catalogue() {
		for i, c := range e.Cases {
			if c.Bench || strings.Contains(c.In, ":i8") { // a rounded cache serves generation alone
				continue
			}
			t.Run(fmt.Sprintf("%s %d %s", e.Op.Name(), i, c.In), func(t *testing.T) {
				acc, ok := accuracies[e.Op.Name()]
				if !ok {
					acc = exactly
				}
				missing, err := checkGradients(c, acc)
				if err != nil {
					t.Error(err)
				}
				for _, x := range missing {
					key := e.Op.Name() + " " + x
					used[key] = true
					if noGrad[key] == "" {
						t.Errorf("%s: got no gradient, want one or a reason in noGrad", x)
					}
				}
			})
		}
	}
	for key := range noGrad {
		if !used[key] {
			t.Errorf("noGrad lists %q, but a gradient flows", key)
		}
	}
}

// checkGradients compares the gradients of a case with central differences, and returns the f32 inputs that have none.
func checkGradients(c graph.Case, acc accuracy) (missing []string, err error) {
	in, feeds := c.Inputs(1)
	y := c.Build(in)
	dy := graph.Input("dy", tensor.F32, y.Shape()...)
	r := rand.New(rand.NewPCG(2, 0))
	feeds[dy] = tensor.NewArray(tensor.F32, y.Shape()...)
	for i := range feeds[dy].F32() {
		feeds[dy].F32()[i] = float32(r.NormFloat64())
	}
	loss := func() (sum float64) {
		for i, v := range graph.Eval(feeds, y)[0].Floats() {
			sum += float64(v) * float64(feeds[dy].F32()[i])
		}
		return sum
	}
	for i, g := range Gradients(y, dy, in...) {
		x := feeds[in[i]]
		switch {
		case g == nil && x.DType == tensor.F32:
			missing = append(missing, in[i].Name)
		case g != nil && (g.Type.DType != tensor.F32 || !g.Shape().Equal(x.Shape)):
			return missing, fmt.Errorf("%s: got a gradient %v, want f32%v", in[i].Name, g.Type, x.Shape)
		case g != nil:
			got := graph.Eval(feeds, g)[0].F32()
			if err := compare(got, x, acc, loss); err != nil {
				return missing, fmt.Errorf("%s: %w", in[i].Name, err)
			}
		}
	}
	return missing, nil
}

// compare checks got, the gradient of loss for x, at up to 200 elements of x.
func compare(got []float32, x tensor.Array, acc accuracy, loss func() float64) error {
	values := append([]float32(nil), x.Floats()...)
	slope := func(i int, h float64) float64 {
		at := func(v float64) (float64, float64) {
			old := values[i]
			values[i] = float32(v)
			x.Store(values)
			l, moved := loss(), float64(x.Floats()[i])
			values[i] = old
			x.Store(values)
			return l, moved
		}
		above, right := at(float64(values[i]) + h)
		below, left := at(float64(values[i]) - h)
		return (above - below) / (right - left)
	}
	picks := rand.New(rand.NewPCG(3, 0)).Perm(len(values))
	picks = picks[:min(len(picks), 200)]
	want, rms := make([]float64, len(picks)), 0.
	for k, i := range picks {
		want[k] = (4*slope(i, acc.step) - slope(i, 2*acc.step)) / 3 // Richardson: the error falls with the fourth power of the step
		rms += want[k] * want[k] / float64(len(picks))
	}
	rms = math.Sqrt(rms)
	for k, i := range picks {
		if diff := math.Abs(float64(got[i]) - want[k]); !(diff <= acc.tolerance*(rms+math.Abs(want[k]))+1e-6) {
			return fmt.Errorf("element %d of %v: got gradient %g, want %g", i, x.Shape, got[i], want[k])
		}
	}
	return nil
}

// wrong is 3x², with a gradient that is off by a factor, or missing.
type wrong struct {
	unary
	Factor float32
}

func (wrong) Name() string                                        { return "wrong" }
func (wrong) Launch(tensor.Type, []tensor.Type) (l device.Launch) { return l }
func (wrong) Ref(y tensor.Array, in []tensor.Array) {
	each(y, in[0], func(x float64) float64 { return 3 * x * x })
}
func (o wrong) Grad(_, dy *graph.Node, in []*graph.Node) []*graph.Node {
	if o.Factor == 0 {
		return graph.NoGrad()
	}
	return []*graph.Node{Scale(Mul(dy, in[0]), 6*o.Factor)}
}

func TestTheGradientCheckSeesWrongGradients(t *testing.T) {
	for _, c := range []struct {
		name    string
		factor  float32
		missing int
		fails   bool
	}{
		{"a right one passes", 1, 0, false},
		{"one off by half a percent fails", 1.005, 0, true},
		{"one of the wrong sign fails", -1, 0, true},
		{"a missing one is reported", 0, 1, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			build := func(in []*graph.Node) *graph.Node { return graph.Apply(wrong{unaryOf(in[0]), c.factor}, in[0]) }
			missing, err := checkGradients(graph.Case{In: "3x5", Build: build}, exactly)
			if len(missing) != c.missing || (err != nil) != c.fails {
				t.Errorf("got missing %v and error %v, want %d missing, error %v", missing, err, c.missing, c.fails)
			}
		})
	}
}

func TestTheGradientOfSeveralUsesIsTheirSum(t *testing.T) {
	x := graph.Input("x", tensor.F32, 2)
	dy := graph.Input("dy", tensor.F32, 2)
	y := Add(Mul(x, x), Sub(Scale(x, 4), x))
	feeds := map[*graph.Node]tensor.Array{x: tensor.Of([]float32{3, -1}, 2), dy: tensor.Of([]float32{1, 10}, 2)}
	got := graph.Eval(feeds, Gradients(y, dy, x)...)[0].F32()
	if got[0] != 9 || got[1] != 10 { // dy·(2x + 3)
		t.Errorf("got %v, want [9 10]", got)
	}
}
