package generate

import (
	"slices"
	"testing"
)

// blocks is a prompt of tokens of which those of each positive length see each other, and those of a negative one are alone.
func blocks(lengths ...int) (p []Token) {
	for _, n := range lengths {
		for i := range max(n, -n) {
			t := Token{ID: int32(len(p))}
			if n > 0 {
				t.Ahead = int32(n - 1 - i)
			}
			p = append(p, t)
		}
	}
	return p
}

func TestChunksCutNoBlock(t *testing.T) {
	for name, c := range map[string]struct {
		prompt []Token
		want   []int
	}{
		"words":                           {blocks(-1200), []int{512, 512, 175}},
		"a block over the end of a chunk": {blocks(-500, 256, -10), []int{500, 265}},
		"a block longer than a chunk":     {blocks(-3, 1024, -2), []int{3, 1024, 1}},
		"the whole prompt":                {blocks(700), []int{700}},
		"a block at the end":              {blocks(-510, 4), []int{510, 4}},
		"two blocks side by side":         {blocks(256, 256, 256, -1), []int{512, 256}},
		"a word":                          {blocks(-1), nil},
	} {
		t.Run(name, func(t *testing.T) {
			var got []int
			for rest := c.prompt; len(rest) > 1; rest = rest[min(len(rest)-1, got[len(got)-1]):] {
				got = append(got, chunk(rest))
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

// What the cache has of a block is of use only with all of the block: its rows have seen the rest.
func TestTheCacheServesWholeBlocks(t *testing.T) {
	held := blocks(-3, 4, -5)
	other := slices.Clone(held)
	other[5].ID = 99
	shorter, longer := blocks(-3, 3, -5), append(slices.Clone(held), Token{ID: 50})
	for name, c := range map[string]struct {
		prompt []Token
		want   int
	}{
		"another token in a block":   {other, 3},
		"a shorter block":            {shorter, 3},
		"the same and more":          {longer, 12},
		"the same":                   {held, 11},
		"up to the end of the block": {held[:7], 6},
	} {
		t.Run(name, func(t *testing.T) {
			w := &Writer{held: [][]Token{held}, used: make([]int, 1)}
			if _, got := w.slot(c.prompt, make([]bool, 1)); got != c.want {
				t.Errorf("got %d cached tokens, want %d", got, c.want)
			}
		})
	}
}
