package engine

import (
	"path/filepath"
	"slices"
	"testing"

	"sightglass/engine/generate"
)

// Look-up stands on this: a step of a few rows says to the bit what as many steps of a row say.
func TestStepsOfFewRowsAreAsAlone(t *testing.T) {
	for _, dir := range append(slices.Concat(checkpoints, converted), "builtin/model") {
		for kind, opts := range map[string]Options{"rounded": {}, "exact": {Exact: true}, "a cache of 8 bits": {CacheBits: 8}} {
			if dir == "builtin/model" {
				if kind != "rounded" {
					continue // large, and its products are those of the others
				}
				opts.Adapter = "builtin/adapter"
			}
			t.Run(filepath.Base(dir)+"/"+kind, func(t *testing.T) {
				s := openTest(t, dir, opts)
				step := func(slot, from, to int, picks ...int) []generate.Choice {
					var rows []generate.Row
					for i := from; i < to; i++ {
						rows = append(rows, generate.Row{Slot: slot, Pos: i, At: generate.Word(i), Token: int32(i * 5 % 250)})
					}
					choices, err := s.writer.Step(t.Context(), rows, picks, 0)
					if err != nil {
						t.Fatal(err)
					}
					return choices
				}
				const prompt = 150
				var want [][]float32
				var picks []int
				for slot := range 2 {
					step(slot, 0, prompt)
				}
				for i := range s.dev.Alone() {
					want = append(want, slices.Clone(step(0, prompt+i, prompt+i+1, 0)[0].Logits))
					picks = append(picks, i)
				}
				for n := 2; n <= s.dev.Alone(); n++ {
					for i, c := range step(1, prompt, prompt+n, picks[:n]...) {
						if !slices.Equal(c.Logits, want[i]) {
							t.Errorf("row %d of %d: other logits than alone", i, n)
						}
					}
				}
			})
		}
	}
}
