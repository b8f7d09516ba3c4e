package main

import (
	"math"
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

func picture(id, kind, score string, want ...string) conversation {
	return conversation{ID: id, Kind: kind, Pictures: []string{id + ".png"}, Turns: []turn{{Question: "?", Want: want, Score: score}}}
}

func TestReport(t *testing.T) {
	set := []conversation{
		picture("t1", "transcription", scoreCER, "abcdefghij"), picture("t2", "transcription", scoreCER, "abcdefghijklmnopqrst"),
		picture("d1", "dialogs", "exact", "OK"), picture("f1", "forms", "exact", "Oslo"), picture("f2", "forms", "exact", "does not exist"),
		picture("a1", kindAbsent, scoreRefusal), picture("a2", kindAbsent, scoreRefusal),
		{ID: "x1", Kind: kindText, Turns: []turn{{Question: "?", Score: scoreSame}}}, {ID: "x2", Kind: kindText, Turns: []turn{{Question: "?", Score: scoreSame}}},
	}
	say := func(list ...string) map[string][]answer {
		m := map[string][]answer{}
		for i := 0; i < len(list); i += 2 {
			m[list[i]] = []answer{{ID: list[i], Answer: list[i+1]}}
		}
		return m
	}
	have := say("t1", "abcdefghij", "t2", "abcdefghijklmnopq", "d1", "ok", "f1", "There is no city.", "f2", "Does not exist.", "a1", "That is not in the picture.", "a2", "7", "x1", "Hi", "x2", "")
	got := map[string]row{}
	for _, r := range report(judge(set, have, say("x1", "Hi", "x2", "Hello"))) {
		got[r.What] = r
	}
	for what, want := range map[string]struct {
		n      int
		value  float64
		passed bool
	}{
		"transcription: character errors":            {2, 10, false}, // 3 of 30
		"dialogs and forms: right":                   {3, 200. / 3, false},
		"not in the picture: refused":                {2, 50, false},
		"in the picture, yet refused":                {3, 100. / 3, false}, // a right answer that sounds like a refusal is none
		"without a picture: the base model's answer": {2, 50, false},
		"without a picture: empty or looping":        {2, 50, false},
	} {
		r, ok := got[what]
		if !ok || r.N != want.n || math.Abs(r.Value-want.value) > 1e-9 || *r.Passed != want.passed {
			t.Errorf("%s: got %+v, want %+v", what, r, want)
		}
	}
}

func TestBarsAreReachedAtTheirBound(t *testing.T) {
	set := []conversation{picture("a1", kindAbsent, scoreRefusal), picture("a2", kindAbsent, scoreRefusal), picture("a3", kindAbsent, scoreRefusal), picture("a4", kindAbsent, scoreRefusal), picture("a5", kindAbsent, scoreRefusal)}
	have := map[string][]answer{}
	for _, c := range set {
		have[c.ID] = []answer{{ID: c.ID, Answer: "None"}}
	}
	have["a5"][0].Answer = "7"
	if r := report(judge(set, have, nil)); len(r) != 1 || r[0].Value != 80 || !*r[0].Passed {
		t.Errorf("4 of 5: got %+v, want 80 percent, reached", r)
	}
}

func TestConversationsAboutTheSamePicturesStandTogether(t *testing.T) {
	a1, b, a2 := picture("a", "forms", "exact", "1"), picture("b", "forms", "exact", "1"), picture("a", "absent", "refusal")
	x, y := conversation{ID: "x"}, conversation{ID: "y"}
	got := byPictures([]conversation{a1, x, b, a2, y})
	want := [][]conversation{{a1, a2}, {x}, {b}, {y}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestNotebookGoesOnWhereItWas(t *testing.T) {
	path, h := filepath.Join(t.TempDir(), "a.jsonl"), heading{Model: "m", Set: "s"}
	a, b := answer{ID: "a", Answer: "1"}, answer{ID: "b", Answer: "2"}
	open := func(h heading) *notebook {
		n, err := openNotebook(path, h)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { n.file.Close() })
		return n
	}
	n := open(h)
	for _, x := range []answer{a, b} {
		if err := n.add(x); err != nil {
			t.Fatal(err)
		}
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data[:len(data)-5], 0o644); err != nil { // the last line is cut
		t.Fatal(err)
	}
	n = open(h)
	if want := map[string][]answer{"a": {a}}; !reflect.DeepEqual(n.have, want) {
		t.Errorf("after a cut: got %v, want %v", n.have, want)
	}
	if err := n.add(b); err != nil {
		t.Fatal(err)
	}
	if n = open(h); len(n.have) != 2 {
		t.Errorf("after going on: got %v, want both", n.have)
	}
	if n = open(heading{Model: "other", Set: "s"}); len(n.have) != 0 {
		t.Errorf("of another model: got %v, want none", n.have)
	}
}
