package tuner

import (
	"math"
	"testing"
)

func TestAnswersAreRightButForCaseSpacesAndTheLastStop(t *testing.T) {
	for _, c := range []struct {
		want, got string
		right     bool
	}{{"rusty", "Rusty.", true}, {"a  big crack", " A big\ncrack", true}, {"rusty", "not rusty", false}, {"no. 5", "no. 5.", true}, {"rusty", "", false}} {
		if got := Right(c.want, c.got); got != c.right {
			t.Errorf("%q for %q: got %v", c.got, c.want, got)
		}
	}
}

func TestScoresCountCharacters(t *testing.T) {
	r := Report{Checks: []Check{{Want: "good", Base: "god", Tuned: "Good"}, {Want: "müde", Base: "muede", Tuned: "müde."}, {Want: "x", Base: "", Tuned: "y"}}}
	base, tuned := r.Scores()
	if base.Exact != 0 || math.Abs(base.Errors-4.0/9) > 1e-12 {
		t.Errorf("base: got %+v, want none right and 4 of 9 characters to change", base)
	}
	if tuned.Exact != 2 || math.Abs(tuned.Errors-1.0/9) > 1e-12 {
		t.Errorf("tuned: got %+v, want two right and 1 of 9 characters to change", tuned)
	}
}
