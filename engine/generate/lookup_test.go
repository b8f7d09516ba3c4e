package generate

import (
	"slices"
	"testing"
)

func TestGuessesAreWhatFollowedTheLongestMatch(t *testing.T) {
	for name, c := range map[string]struct {
		seen []int32
		n    int
		want []int32
	}{
		"nothing":                             {nil, 4, nil},
		"nothing repeats":                     {[]int32{1, 2, 3, 4, 5, 6}, 4, nil},
		"a match of two":                      {[]int32{1, 2, 3, 4, 1, 2}, 4, nil},
		"of three allows one guess":           {[]int32{1, 2, 3, 4, 5, 1, 2, 3}, 4, []int32{4}},
		"of four allows two":                  {[]int32{9, 1, 2, 3, 4, 5, 6, 8, 9, 1, 2, 3}, 4, []int32{4, 5}},
		"no more than asked for":              {[]int32{1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4, 5, 6}, 2, []int32{7, 8}},
		"none asked for":                      {[]int32{1, 2, 3, 4, 1, 2, 3}, 0, nil},
		"the longest before the latest":       {[]int32{0, 1, 2, 3, 5, 9, 1, 2, 3, 6, 0, 1, 2, 3}, 4, []int32{5, 9}},
		"of equal ones the latest":            {[]int32{7, 1, 2, 3, 5, 8, 1, 2, 3, 6, 9, 1, 2, 3}, 4, []int32{6}},
		"one that reaches into itself":        {[]int32{5, 5, 5, 5, 5, 5, 5, 5}, 4, []int32{5, 5, 5, 5}},
		"a pattern goes round":                {[]int32{1, 2, 1, 2, 1, 2, 1, 2}, 4, []int32{1, 2, 1, 2}},
		"rows of pictures do not match":       {[]int32{-1, -1, -1, 4, -1, -1, -1}, 4, nil},
		"nor are they guessed":                {[]int32{1, 2, 3, 4, 6, -1, 8, 1, 2, 3, 4, 6}, 4, nil},
		"what stands before them is":          {[]int32{1, 2, 3, 4, 6, -1, 8, 1, 2, 3, 4}, 4, []int32{6}},
		"they end a match":                    {[]int32{-1, 2, 3, 4, 5, 6, -1, 2, 3, 4}, 4, []int32{5}},
		"a match that begins with the prompt": {[]int32{1, 2, 3, 1, 2, 3}, 4, []int32{1}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := guess(words(c.seen), c.n); !slices.Equal(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

// words are tokens of these ids, rows of a picture where they are negative.
func words(ids []int32) (tokens []Token) {
	for _, id := range ids {
		if id < 0 {
			tokens = append(tokens, Token{Picture: 1})
		} else {
			tokens = append(tokens, Token{ID: id})
		}
	}
	return tokens
}

func BenchmarkGuessInALongText(b *testing.B) {
	seen := make([]Token, 8192)
	for i := range seen {
		seen[i].ID = int32(i * i % 101)
	}
	for b.Loop() {
		guess(seen, 4)
	}
}
