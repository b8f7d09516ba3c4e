package train

import (
	"math"
	"testing"
)

func TestTheRateWarmsUpAndFallsAsACosine(t *testing.T) {
	o := Options{LR: 1, Warmup: 3, Steps: 11}
	for step, want := range map[int]float64{0: .25, 1: .5, 2: .75, 3: 1, 7: .5, 10: (1 + math.Cos(math.Pi*7/8)) / 2} {
		if got := o.Rate(step); math.Abs(got-want) > 1e-12 {
			t.Errorf("step %d: got %g, want %g", step, got, want)
		}
	}
}

func TestEveryPassTakesEachExampleOnce(t *testing.T) {
	examples := make([]*Example, 7)
	for i := range examples {
		examples[i] = &Example{}
	}
	tr := &Trainer{Options: Options{Batch: 3, Seed: 5}}
	seen := map[*Example]int{}
	for ; tr.Done < 7; tr.Done++ { // three passes
		for _, e := range tr.batch(examples) {
			seen[e]++
		}
	}
	for i, e := range examples {
		if seen[e] != 3 {
			t.Errorf("example %d: got %d times, want 3", i, seen[e])
		}
	}
}

func TestOptionsThatCannotBeTrainedWithAreRefused(t *testing.T) {
	good := Options{Steps: 5}.Defaults()
	if err := good.Check(); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(o *Options){
		"method": func(o *Options) { o.Method = "magic" }, "rank": func(o *Options) { o.Rank = -1 }, "alpha": func(o *Options) { o.Alpha = math.NaN() },
		"rate": func(o *Options) { o.LR = 2 }, "steps": func(o *Options) { o.Steps = 0 }, "batch": func(o *Options) { o.Batch = -1 },
		"dropout": func(o *Options) { o.Dropout = 1 }, "warm-up": func(o *Options) { o.Warmup = 6 },
	} {
		o := good
		change(&o)
		if o.Check() == nil {
			t.Errorf("%s: got no error", name)
		}
	}
}
