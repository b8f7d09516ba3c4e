package proof

import (
	"fmt"
	"slices"
	"strings"
)

// Mutant is a kernel file with one barrier or guard taken out.
type Mutant struct {
	File File
	What string // such as "rmsnorm.metal:31: threadgroup_barrier out"
}

// Mutants lists, in the order of the text, a file without each of its barriers, and without each of its guards: comparisons by <, <=, > or
// >= in an if, before a ?, or that make a bool; and min, clamp, and max with a whole number. A comparison that is out lets pass what it
// guards: it is taken for false where it leaves a function or a loop, or chooses a plain value, and else for true. The others are taken
// for their first argument. Comparisons with a number that has a fraction are arithmetic, no guards, and so are the ends of loops.
func Mutants(f File) []Mutant {
	t := lex(f.Name, f.Text)
	var list []Mutant
	out := func(from, to int, by, what string) {
		begin, end := t[from].start, t[to].end()
		text := f.Text[:begin] + by + strings.Repeat("\n", strings.Count(f.Text[begin:end], "\n")) + f.Text[end:]
		list = append(list, Mutant{File: File{f.Name, text}, What: fmt.Sprintf("%s:%d: %s", f.Name, t[from].line, what)})
	}
	for i := range t {
		switch {
		case (t[i].text == "threadgroup_barrier" || t[i].text == "simdgroup_barrier") && i+1 < len(t) && t[i+1].text == "(":
			out(i, closing(t, i+1), "", t[i].text+" out")
		case limits(t, i):
			end := closing(t, i+1)
			first := split(t[i+2 : end])[0]
			plain := f.Text[first[0].start:first[len(first)-1].end()]
			out(i, end, "("+plain+")", fmt.Sprintf("%q taken for %s", f.Text[t[i].start:t[end].end()], plain))
		case i > 0 && i+1 < len(t) && (t[i].text == "<" || t[i].text == "<=" || t[i].text == ">" || t[i].text == ">="):
			from, to, ok := comparison(t, i)
			if !ok {
				continue
			}
			by := guard(t, from, to)
			if by == "" {
				continue
			}
			out(from, to, by, fmt.Sprintf("%q taken for %s", f.Text[t[from].start:t[to].end()], by))
		}
	}
	return list
}

// limits reports whether the word at i calls min or clamp, or max with a whole number, which keep an index or an extent within its limits.
// The larger of other numbers is arithmetic.
func limits(t []token, i int) bool {
	if t[i].text != "min" && t[i].text != "max" && t[i].text != "clamp" || i == 0 || i+3 >= len(t) || t[i+1].text != "(" || closing(t, i+1) >= len(t) {
		return false
	}
	if definition := t[i-1].word() && t[i-1].text != "return"; definition {
		return false
	}
	arguments := split(t[i+2 : closing(t, i+1)])
	last := arguments[len(arguments)-1]
	return t[i].text != "max" || len(last) == 1 && number.MatchString(last[0].text) && !strings.Contains(last[0].text, ".")
}

// edges end an operand of a comparison.
var edges = []string{"&&", "||", "?", ":", ";", ",", "{", "}", "=", "return", "(", ")", "[", "]", "!", "+=", "-=", "*=", "|=", "&="}

// comparison is the first and last token of the comparison whose sign is at i, and whether it is one and not the bracket of a template.
func comparison(t []token, i int) (from, to int, ok bool) {
	if t[i].text == "<" && angles(t, i) > 0 && bracketed(t, i) || t[i].text == ">" && closesTemplate(t, i) {
		return 0, 0, false
	}
	if t[i].text == ">" && (t[i-1].text == ">" && t[i-1].end() == t[i].start || t[i+1].text == ">" && t[i+1].start == t[i].end()) {
		return 0, 0, false // a shift
	}
	depth := 0
	for from = i; from > 0; from-- {
		p := t[from-1].text
		if p == ")" || p == "]" {
			depth++
		}
		if depth == 0 && slices.Contains(edges, p) {
			break
		}
		if p == "(" || p == "[" {
			depth--
		}
	}
	for to = i; to+1 < len(t); to++ {
		n := t[to+1].text
		if depth == 0 && slices.Contains(edges, n) && n != "(" && n != "[" && n != "!" {
			break
		}
		if n == "(" || n == "[" {
			depth++
		}
		if n == ")" || n == "]" {
			depth--
		}
	}
	for _, x := range t[from : to+1] {
		if number.MatchString(x.text) && strings.HasSuffix(x.text, "f") && !strings.HasPrefix(x.text, "0x") {
			return 0, 0, false
		}
	}
	return from, to, from < i && to > i
}

// bracketed tells a template's < from a comparison that is followed by a >: the word before it is no name of a value.
func bracketed(t []token, i int) bool {
	e := angles(t, i)
	inside := t[i+1 : e]
	typed := slices.ContainsFunc(inside, func(x token) bool {
		return builtinTypes.MatchString(x.text) || slices.Contains([]string{"T", "S", "U", "typename", "class", "true", "false"}, x.text)
	})
	next := ""
	if e+1 < len(t) {
		next = t[e+1].text
	}
	return typed || slices.Contains([]string{"template", "vec", "decltype"}, t[i-1].text) || slices.Contains([]string{"(", "::", "{", ">", ">(", "*", "&"}, next)
}

func closesTemplate(t []token, i int) bool {
	for k := i - 1; k >= 0 && !slices.Contains([]string{";", "{", "}"}, t[k].text); k-- {
		if t[k].text == "<" && angles(t, k) == i && bracketed(t, k) {
			return true
		}
	}
	return false
}

// guard is what the comparison is taken for when it is out, or "" where it guards nothing: where it says how long a loop runs, say.
func guard(t []token, from, to int) string {
	depth := 0
	for k := from - 1; k >= 0; k-- {
		switch t[k].text {
		case ")", "]":
			depth++
		case "[":
			depth--
		case "(":
			depth--
			if depth >= 0 || k == 0 {
				continue
			}
			switch t[k-1].text {
			case "for", "while":
				return ""
			case "if":
				return leaves(t, k)
			}
			depth = 0
		case "=":
			if k > 1 && depth == 0 && t[k-2].text == "bool" {
				return "true"
			}
		case ";", "{", "}":
			if depth == 0 {
				return chooses(t, to)
			}
		}
	}
	return ""
}

// leaves is what the condition in the bracket at i of an if is taken for.
func leaves(t []token, i int) string {
	next := closing(t, i) + 1
	if next < len(t) && t[next].text == "{" {
		next++
	}
	if next < len(t) && slices.Contains([]string{"return", "continue", "break"}, t[next].text) {
		return "false"
	}
	return "true"
}

// chooses is what the condition of a ? that ends at to is taken for, or "" where none follows.
func chooses(t []token, to int) string {
	depth := 0
	for k := to + 1; k < len(t); k++ {
		switch t[k].text {
		case "(", "[":
			depth++
		case ")", "]":
			depth--
		case "?":
			if depth > 0 {
				return ""
			}
			if k+2 < len(t) && t[k+2].text == ":" && number.MatchString(t[k+1].text) {
				return "false"
			}
			return "true"
		case ";", "{", ",", ":":
			if depth <= 0 {
				return ""
			}
		}
	}
	return ""
}
