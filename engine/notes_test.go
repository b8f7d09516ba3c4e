package engine

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sightglass/engine/cpu"
)

func TestAMissingProcessorFileIsSaidAndReplaced(t *testing.T) {
	whole := filepath.Join("testdata", "llava-1.5")
	dir := copyFolder(t, whole)
	if err := os.Remove(filepath.Join(dir, "preprocessor_config.json")); err != nil {
		t.Fatal(err)
	}
	s := openTest(t, dir, Options{Exact: true})
	if len(s.Notes) != 1 || !strings.HasPrefix(s.Notes[0], "preprocessor_config.json is missing") {
		t.Errorf("got notes %q", s.Notes)
	}
	dev, err := cpu.Open(cpu.Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer dev.Close()
	for from, want := range map[string]int{dir: 1, whole: 0} {
		if d, err := Describe(dev, from); err != nil || len(d.Notes) != want {
			t.Errorf("%s: got %v and notes %q, want %d", from, err, d.Notes, want)
		}
	}
	g := goldenCases(t, whole)[1]
	if ids, _, _ := g.run(t, s, whole); len(ids) != len(g.Tokens) || ids[0] != g.Tokens[0] || ids[11] != g.Tokens[11] {
		t.Errorf("got %v, want those of the published defaults, %v", ids, g.Tokens)
	}
}
