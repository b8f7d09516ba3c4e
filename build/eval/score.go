package main

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

const (
	scoreCER     = "cer"
	scoreSame    = "same"
	scoreRefusal = "refusal"
)

// A scorer says whether an answer is right. All compare without regard to case, spaces at the ends or doubled, a full stop at the end, quotes
// around the whole, and whether quotes are straight; nothing else is forgiven.
type scorer func(answer string, want []string) bool

var scorers = map[string]scorer{
	"exact":      exact,
	"list":       list,
	"number":     number,
	"words":      words,
	"yesno":      yesNo,
	scoreRefusal: func(answer string, _ []string) bool { return refuses(answer) },
	// The following have figures of their own; right means without a fault.
	scoreCER:  func(answer string, want []string) bool { return joined(answer) == joined(want[0]) },
	scoreSame: func(answer string, want []string) bool { return len(want) > 0 && answer == want[0] },
}

var straight = strings.NewReplacer("’", "'", "‘", "'", "“", `"`, "”", `"`)

// joined makes line breaks and runs of spaces one space.
func joined(s string) string { return strings.Join(strings.Fields(straight.Replace(s)), " ") }

func normal(s string) string {
	s = strings.ToLower(joined(s))
	s = strings.TrimSuffix(s, ".")
	if len(s) > 1 && s[0] == s[len(s)-1] && (s[0] == '"' || s[0] == '\'') {
		s = strings.TrimSuffix(s[1:len(s)-1], ".")
	}
	return s
}

// exact: the answer is one of the wanted texts.
func exact(answer string, want []string) bool {
	return slices.ContainsFunc(want, func(w string) bool { return normal(answer) == normal(w) })
}

var separators = regexp.MustCompile(`\s*,\s*(?:and\s+)?|\s+and\s+|\n+\s*(?:[-*]\s+)?`)

// list: the answer names the wanted texts, in any order, with commas, "and" or line breaks between.
func list(answer string, want []string) bool {
	var got []string
	for _, part := range separators.Split(strings.TrimSpace(answer), -1) {
		got = append(got, normal(strings.TrimPrefix(part, "- ")))
	}
	wanted := make([]string, len(want))
	for i, w := range want {
		wanted[i] = normal(w)
	}
	slices.Sort(got)
	slices.Sort(wanted)
	return slices.Equal(got, wanted)
}

var numerals = []string{"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"}

var numeral = regexp.MustCompile(`[0-9][0-9,.]*[0-9]|[0-9]|\b(?:` + strings.Join(numerals, "|") + `)\b`)

// number: the answer has one number, in digits or as a word, and it is the wanted one.
func number(answer string, want []string) bool {
	found := numeral.FindAllString(strings.ToLower(answer), -1)
	if len(found) != 1 {
		return false
	}
	if i := slices.Index(numerals, found[0]); i >= 0 {
		found[0] = strconv.Itoa(i)
	}
	return found[0] == want[0]
}

// categories are the words that an answer may choose among; synonyms stand for the first.
var categories = [][]string{
	{"red", "green", "blue", "yellow", "orange", "purple=violet", "pink", "brown", "gray=grey", "black", "white", "cyan=teal=turquoise"},
	{"circle=disc=circles", "square=squares", "triangle=triangles", "star=stars", "diamond=rhombus=diamonds", "rectangle=rectangles", "heart", "hexagon", "cross"},
	{"top=upper", "bottom=lower", "left", "right", "middle=center=centre"},
	{"first", "second"},
}

var letters = regexp.MustCompile(`[a-z]+`)

// words: of each category that the wanted words belong to, the answer has those and no others. With another word of place "middle" says
// nothing: the top middle is the top.
func words(answer string, want []string) bool {
	wanted, got := letters.FindAllString(strings.ToLower(want[0]), -1), letters.FindAllString(strings.ToLower(answer), -1)
	for _, c := range categories {
		w, g := among(wanted, c), among(got, c)
		if len(w) > 0 && !slices.Equal(w, g) {
			return false
		}
	}
	return true
}

// among returns the words of a category, each once and in the category's order.
func among(list, category []string) (out []string) {
	for _, c := range category {
		same := strings.Split(c, "=")
		if slices.ContainsFunc(list, func(w string) bool { return slices.Contains(same, w) }) {
			out = append(out, same[0])
		}
	}
	if i := slices.Index(out, "middle"); i > 0 {
		out = slices.Delete(out, i, i+1)
	}
	return out
}

// yesNo: the answer's first word is the wanted one.
func yesNo(answer string, want []string) bool {
	got := letters.FindString(strings.ToLower(answer))
	return got == want[0]
}

// refusals are ways to say that something is not in the picture.
var refusals = regexp.MustCompile(`\b(?:` +
	`not (?:in|on|visible|shown|present|there|listed|mentioned|part of|displayed|given|included|provided|specified|found|available)` +
	`|(?:can't|cannot|can not|could not|couldn't|don't|do not|doesn't|does not|didn't|unable to) (?:see|find|show|contain|have|include|mention|appear|say|list|tell|display|exist)` +
	`|(?:isn't|aren't|wasn't) (?:in|on|any|a|an|shown|visible|present|there|listed|here|such|mentioned)` +
	`|there(?:'s| is| are) (?:no|not)` +
	`|no such|nothing|none|is not an?` +
	`|no \S+(?: \S+){0,4} (?:in|on) (?:the|this) (?:picture|image|screenshot|screen|window|dialog|form|table|chart)` +
	`|no \S+(?: \S+){0,4} (?:is|are) (?:shown|visible|given|listed|displayed|present|mentioned)` +
	`)\b`)

func refuses(answer string) bool { return refusals.MatchString(strings.ToLower(joined(answer))) }

// degenerate reports an answer that is empty, or ends in the same 1 to 20 words at least 4 times over, 8 words in all.
func degenerate(answer string) bool {
	w := strings.Fields(answer)
	if len(w) == 0 {
		return true
	}
	for n := 1; n <= 20; n++ {
		times := max(4, (8+n-1)/n)
		if len(w) < n*times {
			continue
		}
		end := w[len(w)-n*times:]
		if slices.Equal(end[n:], end[:len(end)-n]) {
			return true
		}
	}
	return false
}
