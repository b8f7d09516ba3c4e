package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/agnivade/levenshtein"
)

// judged is one answered question.
type judged struct {
	ID, Kind, Question string
	Pictures           []string
	Want               []string
	Answer             string
	Right              bool
	Refused            bool `json:",omitempty"`
	Edits, Length      int  `json:",omitempty"` // of transcriptions, in characters
	tags               map[string]any
	score              string
}

// judge compares the answers with what is right. Prompts without a picture are compared with what base said.
func judge(set []conversation, have, base map[string][]answer) (out []judged) {
	for _, c := range set {
		for i, a := range have[c.ID] {
			t := c.Turns[i]
			if b := base[c.ID]; len(b) > i {
				t.Want = []string{b[i].Answer}
			}
			j := judged{ID: c.ID, Kind: c.Kind, Question: t.Question, Pictures: c.Pictures, Want: t.Want, Answer: a.Answer, tags: c.Tags, score: t.Score,
				Right: scorers[t.Score](a.Answer, t.Want), Refused: refuses(a.Answer)}
			if t.Score == scoreCER {
				want := joined(t.Want[0])
				j.Edits, j.Length = levenshtein.ComputeDistance(joined(a.Answer), want), utf8.RuneCountInString(want)
			}
			out = append(out, j)
		}
	}
	return out
}

// row is one line of the report.
type row struct {
	What   string
	N      int
	Value  float64 // percent
	Unit   string  `json:",omitempty"`
	Bar    string  `json:",omitempty"`
	Passed *bool   `json:",omitempty"`
}

// A bar is a figure that the built-in model has to reach.
type bar struct {
	what    string
	kinds   []string
	measure func(js []judged) (value float64, n int)
	bound   float64
	atMost  bool
}

var pictured = []string{"dialogs", "forms", "tables", "charts", "shapes"}

var bars = []bar{
	{"transcription: character errors", []string{"transcription"}, characterErrors, 5, true},
	{"dialogs and forms: right", []string{"dialogs", "forms"}, right, 95, false},
	{"tables: right", []string{"tables"}, right, 90, false},
	{"charts: right", []string{"charts"}, right, 90, false},
	{"shapes and places: right", []string{"shapes"}, right, 97, false},
	{"not in the picture: refused", []string{kindAbsent}, right, 80, false},
	{"in the picture, yet refused", pictured, refusedWrongly, 5, true},
	{"without a picture: the base model's answer", []string{kindText}, right, 70, false},
	{"without a picture: empty or looping", []string{kindText}, degenerates, 0, true},
}

func right(js []judged) (float64, int) { return share(js, func(j judged) bool { return j.Right }) }
func refusedWrongly(js []judged) (float64, int) {
	return share(js, func(j judged) bool { return j.Refused && !j.Right })
}
func degenerates(js []judged) (float64, int) {
	return share(js, func(j judged) bool { return degenerate(j.Answer) })
}

func share(js []judged, has func(judged) bool) (float64, int) {
	n := 0
	for _, j := range js {
		if has(j) {
			n++
		}
	}
	return 100 * float64(n) / float64(max(len(js), 1)), len(js)
}

// characterErrors is all edits over all characters.
func characterErrors(js []judged) (float64, int) {
	wrong, all := 0, 0
	for _, j := range js {
		wrong, all = wrong+j.Edits, all+j.Length
	}
	return 100 * float64(wrong) / float64(max(all, 1)), len(js)
}

// report measures the bars, then the parts without one.
func report(js []judged) (rows []row) {
	for _, b := range bars {
		part := ofKinds(js, b.kinds...)
		if len(part) == 0 {
			continue
		}
		v, n := b.measure(part)
		sign, passed := "at least", v >= b.bound
		if b.atMost {
			sign, passed = "at most", v <= b.bound
		}
		rows = append(rows, row{What: b.what, N: n, Value: v, Bar: fmt.Sprintf("%s %g", sign, b.bound), Passed: &passed})
	}
	for _, p := range parts {
		part := slices.DeleteFunc(slices.Clone(js), func(j judged) bool { return !p.in(j) })
		if len(part) == 0 {
			continue
		}
		measure := right
		if part[0].score == scoreCER {
			measure = characterErrors
		}
		v, n := measure(part)
		rows = append(rows, row{What: p.what, N: n, Value: v})
	}
	return rows
}

func ofKinds(js []judged, kinds ...string) []judged {
	return slices.DeleteFunc(slices.Clone(js), func(j judged) bool { return !slices.Contains(kinds, j.Kind) })
}

// part is a share of the set that is reported without a bar.
type part struct {
	what string
	in   func(judged) bool
}

func (j judged) tag(name string) float64 {
	v, _ := j.tags[name].(float64)
	return v
}

func kindIs(kind string, more ...func(judged) bool) func(judged) bool {
	return func(j judged) bool {
		return j.Kind == kind && !slices.ContainsFunc(more, func(f func(judged) bool) bool { return !f(j) })
	}
}

func size(low, high float64) func(judged) bool {
	return func(j judged) bool { return j.tag("size") >= low && j.tag("size") <= high }
}

// aspect is of the longer to the shorter edge.
func aspect(low, high float64) func(judged) bool {
	return func(j judged) bool {
		a := j.tag("width") / j.tag("height")
		a = max(a, 1/a)
		return a >= low && a < high
	}
}

func isTrue(tag string) func(judged) bool { return func(j judged) bool { return j.tags[tag] == true } }
func scored(by string) func(judged) bool  { return func(j judged) bool { return j.score == by } }
func not(f func(judged) bool) func(judged) bool {
	return func(j judged) bool { return !f(j) }
}

var parts = []part{
	{"transcription, 12 to 15 px: character errors", kindIs("transcription", size(12, 15))},
	{"transcription, 16 to 19 px: character errors", kindIs("transcription", size(16, 19))},
	{"transcription, 20 to 24 px: character errors", kindIs("transcription", size(20, 24))},
	{"transcription, up to 1.35 times as wide as high", kindIs("transcription", aspect(1, 1.35))},
	{"transcription, up to 2.3 times", kindIs("transcription", aspect(1.35, 2.3))},
	{"transcription, strips", kindIs("transcription", aspect(2.3, 100))},
	{"dialogs", kindIs("dialogs")},
	{"dialogs: yes or no", kindIs("dialogs", scored("yesno"))},
	{"forms", kindIs("forms")},
	{"forms: yes or no", kindIs("forms", scored("yesno"))},
	{"tables: cells", kindIs("tables", scored("exact"))},
	{"tables: counts", kindIs("tables", scored("number"))},
	{"charts with numbers at the bars", kindIs("charts", isTrue("numbers"))},
	{"charts without", kindIs("charts", not(isTrue("numbers")))},
	{"shapes: counts", kindIs("shapes", scored("number"))},
	{"shapes: colours, places", kindIs("shapes", scored("words"))},
	{"two pictures", kindIs("pairs")},
	{"several turns", kindIs("turns")},
	{"screens of 800x600", kindIs("screens", func(j judged) bool { return j.tags["screen"] == "800x600" })},
	{"screens of 1440x900", kindIs("screens", func(j judged) bool { return j.tags["screen"] == "1440x900" })},
	{"terminals and code: right", kindIs("code", not(scored(scoreCER)))},
	{"code: character errors", kindIs("code", scored(scoreCER))},
}

// print writes the report as a Markdown table.
func print(w io.Writer, rows []row) {
	fmt.Fprintln(w, "| what | questions | percent | wanted | |\n|---|---|---|---|---|")
	for _, r := range rows {
		verdict := ""
		if r.Passed != nil {
			verdict = map[bool]string{true: "reached", false: "missed"}[*r.Passed]
		}
		fmt.Fprintf(w, "| %s | %d | %.1f | %s | %s |\n", r.What, r.N, r.Value, r.Bar, verdict)
	}
}

// failures are the first wrong answers of each kind, at most n.
func failures(w io.Writer, js []judged, n int) {
	seen := map[string]int{}
	for _, j := range js {
		if j.Right || seen[j.Kind] == n {
			continue
		}
		seen[j.Kind]++
		fmt.Fprintf(w, "%s  %s\n  asked %q\n  want  %q\n  got   %q\n", j.ID, strings.Join(j.Pictures, " "), j.Question, j.Want, j.Answer)
	}
}
