package tuner

import (
	"strings"
	"unicode/utf8"

	"github.com/agnivade/levenshtein"

	"sightglass/engine/train/dataset"
)

// Check is a question of the validation rows with the answers to it.
type Check struct {
	Source   string `json:"source"`
	Picture  string `json:"picture"` // path of the first one, "" for none
	Question string `json:"question"`
	Want     string `json:"want"`
	Base     string `json:"base"`
	Tuned    string `json:"tuned"`
	Thumb    int    `json:"thumb"` // the person's: 1 up, -1 down, of the tuned answer
}

// Report is what a run found besides its losses.
type Report struct {
	Checks []Check `json:"checks"`
	Probes []Probe `json:"probes"`
	Asked  bool    `json:"asked"` // the base's answers are there
	Done   bool    `json:"done"`  // the tuned model's, too
}

// Probe is what the model answered at a checkpoint to the first checks.
type Probe struct {
	Step    int      `json:"step"`
	Answers []string `json:"answers"`
}

func checkOf(r dataset.Row) Check {
	c := Check{Source: r.Source, Want: r.Answer()}
	for _, m := range r.Messages {
		if m.Role != "user" {
			continue
		}
		c.Question = m.Text()
		for _, p := range m.Parts {
			if p.Picture != "" && c.Picture == "" {
				c.Picture = p.Picture
			}
		}
	}
	return c
}

// Score says how close answers are to what was wanted.
type Score struct {
	Exact  int     `json:"exact"`  // answers that are the same but for case, spaces and the stop at the end
	Errors float64 `json:"errors"` // characters to change, by characters wanted
}

// Scores are those of the base and of the tuned model.
func (r *Report) Scores() (base, tuned Score) {
	of := func(answer func(Check) string) (s Score) {
		wrong, all := 0, 0
		for _, c := range r.Checks {
			want, got := plain(c.Want), plain(answer(c))
			if Right(want, got) {
				s.Exact++
			}
			wrong, all = wrong+levenshtein.ComputeDistance(want, got), all+utf8.RuneCountInString(want)
		}
		s.Errors = float64(wrong) / float64(max(all, 1))
		return s
	}
	return of(func(c Check) string { return c.Base }), of(func(c Check) string { return c.Tuned })
}

// Right says whether an answer is what was wanted, but for case, spaces and the stop at the end.
func Right(want, got string) bool { return plain(want) == plain(got) }

// plain is an answer as it is compared.
func plain(s string) string {
	return strings.TrimRight(strings.Join(strings.Fields(strings.ToLower(s)), " "), ".")
}
