package engine

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sightglass/engine/tensor"
	"sightglass/engine/weights"
)

// mlxName is the name that mlx-vlm gives to a tensor of Qwen's vision-language models.
func mlxName(name string) string {
	switch name = strings.TrimPrefix(name, "model."); {
	case strings.HasPrefix(name, "visual."):
		return "vision_tower." + strings.TrimPrefix(name, "visual.")
	case strings.HasPrefix(name, "lm_head."):
		return "language_model." + name
	}
	return "language_model.model." + strings.TrimPrefix(name, "language_model.")
}

// channelsLast is the weight [O, C, ...] of a convolution as MLX has it.
func channelsLast(a tensor.Array) tensor.Array {
	out, channels := a.Shape[0], a.Shape[1]
	y := tensor.NewArray(a.DType, append(append(tensor.Shape{out}, a.Shape[2:]...), channels)...)
	size := a.DType.Size()
	rest := a.Shape.Size() / out / channels
	for o := range out {
		for c := range channels {
			for i := range rest {
				copy(y.Data[((o*rest+i)*channels+c)*size:], a.Data[((o*channels+c)*rest+i)*size:][:size])
			}
		}
	}
	return y
}

func TestFoldersOfMLXAnswerAsPublishedOnes(t *testing.T) {
	for _, from := range []string{"model/qwenvl/testdata/qwen2-vl", "model/qwenvl/testdata/qwen2.5-vl", "model/qwenvl/testdata/qwen3-vl"} {
		t.Run(filepath.Base(from), func(t *testing.T) {
			src, err := weights.Open(from)
			if err != nil {
				t.Fatal(err)
			}
			defer src.Close()
			var entries []weights.Entry
			for _, name := range src.Names() {
				tn, err := src.Get(name)
				if err != nil {
					t.Fatal(err)
				}
				a := tn.Array
				if len(a.Shape) > 2 {
					a = channelsLast(a)
				}
				entries = append(entries, weights.EntryOf(mlxName(name), a))
			}
			dir := copyFolder(t, from)
			for _, old := range []string{"model.safetensors.index.json", "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"} {
				if err := os.RemoveAll(filepath.Join(dir, old)); err != nil {
					t.Fatal(err)
				}
			}
			if err := weights.Save(filepath.Join(dir, "model.safetensors"), nil, entries); err != nil {
				t.Fatal(err)
			}
			for _, g := range goldenCases(t, dir)[1:3] {
				ids, logprobs, _ := g.run(t, openTest(t, dir, Options{Exact: true}), dir)
				if !slices.Equal(ids, g.Tokens) {
					t.Errorf("%s: tokens: got %v, want %v", g.Name, ids, g.Tokens)
				}
				for i, lp := range logprobs {
					if d := math.Abs(float64(lp - g.Logprobs[i])); !(d <= parity) {
						t.Errorf("%s: log-probability of token %d: got %g, want %g", g.Name, i, lp, g.Logprobs[i])
					}
				}
			}
		})
	}
}
