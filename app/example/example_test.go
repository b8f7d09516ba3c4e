package example

import (
	"testing"

	"sightglass/engine/train/dataset"
)

func TestTheExampleIsADataSet(t *testing.T) {
	dir := t.TempDir()
	if err := Draw(dir); err != nil {
		t.Fatal(err)
	}
	read := func(set *dataset.Set, err error, want int) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		if len(set.Rows) != want || len(set.Problems) != 0 {
			t.Fatalf("got %d rows and %v, want %d rows without problems", len(set.Rows), set.Problems, want)
		}
		answers := map[string]int{}
		for _, r := range set.Rows {
			answers[r.Messages[1].Parts[0].Text]++
		}
		for _, d := range defects {
			if answers[d.name] != want/len(defects) {
				t.Errorf("got %d of %q, want %d", answers[d.name], d.name, want/len(defects))
			}
		}
	}
	set, err := dataset.Read(dir, nil)
	read(set, err, Training)
	set, err = dataset.Validation(dir, nil)
	read(set, err, Validation)
}
