package token

import "strings"

// Segment is a piece of a prompt: a text or, when Control is set, one control token.
type Segment struct {
	Text    string
	Control bool
}

// Split cuts a text that is trusted, such as what a chat template wrote, at the control tokens it spells: at the leftmost,
// and there at the longest.
func Split(text string, control []string) []Segment {
	byFirst := map[byte][]string{}
	for _, c := range control {
		if c != "" {
			byFirst[c[0]] = append(byFirst[c[0]], c)
		}
	}
	var segments []Segment
	from := 0
	for i := 0; i < len(text); {
		found := ""
		for _, c := range byFirst[text[i]] {
			if len(c) > len(found) && strings.HasPrefix(text[i:], c) {
				found = c
			}
		}
		if found == "" {
			i++
			continue
		}
		if i > from {
			segments = append(segments, Segment{Text: text[from:i]})
		}
		segments = append(segments, Segment{Text: found, Control: true})
		i += len(found)
		from = i
	}
	if from < len(text) {
		segments = append(segments, Segment{Text: text[from:]})
	}
	return segments
}
