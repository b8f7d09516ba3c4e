package generate

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// choice is what a step says with those logits.
func choice(logits ...float32) Choice {
	var sum float64
	for _, l := range logits {
		sum += math.Exp(float64(l))
	}
	return Choice{Logits: slices.Clone(logits), Best: argmax(logits), LogSum: float32(math.Log(sum))}
}

var logits = []float32{1, 3, 2, -1, 2.5}

// frequencies draws many tokens and returns how often each came.
func frequencies(s Sampling) []float64 {
	const draws = 40000
	sampler := NewSampler(s, nil)
	f := make([]float64, len(logits))
	for range draws {
		id, _ := sampler.Next(choice(logits...))
		f[id] += 1.0 / draws
	}
	return f
}

// softmax of the logits that keep allows, at temperature t.
func softmax(t float64, keep ...int) []float64 {
	p, sum := make([]float64, len(logits)), 0.0
	for _, i := range keep {
		p[i] = math.Exp(float64(logits[i]) / t)
		sum += p[i]
	}
	for i := range p {
		p[i] /= sum
	}
	return p
}

func TestDrawsFollowTheDefinition(t *testing.T) {
	all := []int{0, 1, 2, 3, 4}
	for _, c := range []struct {
		name string
		s    Sampling
		want []float64
	}{
		{"temperature 1 is the softmax", Sampling{Temperature: 1, Seed: 1}, softmax(1, all...)},
		{"temperature 2 is flatter", Sampling{Temperature: 2, Seed: 2}, softmax(2, all...)},
		{"top-k keeps the k likeliest", Sampling{Temperature: 1, TopK: 2, Seed: 3}, softmax(1, 1, 4)},
		// The probabilities are 0.47, 0.28, 0.17, 0.06, 0.01: the first two reach 0.75, the first three 0.92.
		{"top-p keeps the likeliest that reach p", Sampling{Temperature: 1, TopP: 0.8, Seed: 4}, softmax(1, 1, 4, 2)},
		{"min-p keeps those near the likeliest", Sampling{Temperature: 1, MinP: 0.3, Seed: 5}, softmax(1, 1, 4, 2)},
		{"top-k and top-p together", Sampling{Temperature: 1, TopK: 3, TopP: 0.6, Seed: 6}, softmax(1, 1, 4)},
	} {
		got := frequencies(c.s)
		for i := range got {
			if d := math.Abs(got[i] - c.want[i]); d > 4*math.Sqrt(c.want[i]/40000)+1e-9 {
				t.Errorf("%s: token %d: got %.4f, want %.4f", c.name, i, got[i], c.want[i])
			}
		}
	}
}

func TestLogprobIsTheModelsWhateverTheSampling(t *testing.T) {
	for _, s := range []Sampling{{}, {Temperature: 1.5, TopK: 1}, {RepetitionPenalty: 5}, {Temperature: 0.1, RepetitionPenalty: 5}} {
		sampler := NewSampler(s, []int32{1})
		id, lp := sampler.Next(choice(logits...))
		want := math.Log(softmax(1, 0, 1, 2, 3, 4)[id])
		if math.Abs(float64(lp)-want) > 1e-5 {
			t.Errorf("%+v: token %d: got %g, want %g", s, id, lp, want)
		}
	}
}

func TestRepetitionPenaltyMakesSeenTokensLessLikely(t *testing.T) {
	s := NewSampler(Sampling{RepetitionPenalty: 1.4}, []int32{1})
	var got []int32
	for range 3 {
		id, _ := s.Next(choice(logits...))
		got = append(got, id)
	}
	// 3/1.4 = 2.14 < 2.5; then 2.5/1.4 = 1.79 < 2.14; 1 again, which is penalised once however often it was seen.
	if want := []int32{4, 1, 1}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	negative := NewSampler(Sampling{RepetitionPenalty: 2}, []int32{0})
	if id, _ := negative.Next(choice(-1, -1.5)); id != 1 {
		t.Error("a negative logit must be multiplied: -1·2 < -1.5")
	}
}

func TestNaNLogitsStillChooseSomething(t *testing.T) {
	nan := float32(math.NaN())
	for _, s := range []Sampling{{}, {Temperature: 1}, {Temperature: 1, TopK: 2, RepetitionPenalty: 2}} {
		if id, lp := NewSampler(s, nil).Next(choice(nan, nan, nan)); id < 0 || id > 2 || lp == lp {
			t.Errorf("%+v: got token %d with log-probability %g, want any with NaN", s, id, lp)
		}
	}
}

// What the device found to be the likeliest is drawn from as if the sampler had looked for it, and nothing else is looked at.
func TestTopTokensOfTheDeviceAreTakenAsTheyAre(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 0))
	for _, s := range []Sampling{{Temperature: 1, TopK: 1}, {Temperature: 0.7, TopK: 5}, {Temperature: 2, TopK: maxTop, TopP: 0.9}, {Temperature: 1, TopK: 20, MinP: 0.2}} {
		all, told := NewSampler(s, nil), NewSampler(s, nil)
		if told.Top() != s.TopK {
			t.Fatalf("%+v: asks for %d, want %d", s, told.Top(), s.TopK)
		}
		for range 200 {
			l := make([]float32, 100)
			for i := range l {
				l[i] = float32(rng.IntN(40)) / 8 // some are equal
			}
			c := choice(l...)
			want, _ := all.Next(c)
			c.Top = order(l)[:maxTop] // others that are answered at once may ask for more
			for _, id := range order(l)[maxTop:] {
				c.Logits[id] = 1000
			}
			if got, _ := told.Next(c); got != want {
				t.Fatalf("%+v: got token %d, want %d", s, got, want)
			}
		}
	}
	for _, s := range []Sampling{{}, {TopK: 5}, {Temperature: 1}, {Temperature: 1, TopK: maxTop + 1}, {Temperature: 1, TopK: 5, RepetitionPenalty: 1.2}} {
		if n := NewSampler(s, nil).Top(); n != 0 {
			t.Errorf("%+v: asks for %d, want 0", s, n)
		}
	}
	c := choice(2, 1, 3)
	c.Top = []int32{2, -1, -1} // the others are no numbers
	if got, _ := NewSampler(Sampling{Temperature: 9, TopK: 3}, nil).Next(c); got != 2 {
		t.Errorf("got token %d, want 2", got)
	}
}

// order is the indices of v, those of the largest first and of equals the first.
func order(v []float32) []int32 {
	list := make([]int32, len(v))
	for i := range list {
		list[i] = int32(i)
	}
	slices.SortStableFunc(list, func(a, b int32) int { return cmp.Compare(v[b], v[a]) })
	return list
}
