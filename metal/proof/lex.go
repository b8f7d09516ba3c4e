package proof

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// token is a word, number, string or sign of a source. An attribute's brackets are the signs [[ and ]].
type token struct {
	text  string
	start int // in the source
	file  string
	line  int
}

func (t token) end() int { return t.start + len(t.text) }

func (t token) word() bool {
	c := t.text[0]
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

func (t token) at(format string, a ...any) error {
	return fmt.Errorf("%s:%d: "+format, append([]any{t.file, t.line}, a...)...)
}

var (
	space  = regexp.MustCompile(`^(\s+|//[^\n]*|/\*(?s:.*?)\*/)+`)
	marker = regexp.MustCompile(`^# (\d+) "([^"]*)"[^\n]*`)
	pieces = regexp.MustCompile(`^([A-Za-z_]\w*|\.?[0-9]([eEpP][+-]|[\w.])*|"(\\.|[^"\\])*"|'(\\.|[^'\\])*'|\[\[|::|->|<<=|<<|<=|>=|==|!=|&&|\|\||\+\+|--|[-+*/%&|^]=|(?s:.))`)
)

// lex cuts a source into tokens. Line markers of the preprocessor say where a line comes from; other directives are left out.
func lex(file, text string) []token {
	var tokens []token
	line, open := 1, 0 // open attributes
	fresh := true      // only space so far on this line
	for i := 0; i < len(text); {
		if s := space.FindString(text[i:]); s != "" {
			fresh = fresh || strings.Contains(s, "\n")
			line += strings.Count(s, "\n")
			i += len(s)
			continue
		}
		if fresh && text[i] == '#' {
			if m := marker.FindStringSubmatch(text[i:]); m != nil {
				n, _ := strconv.Atoi(m[1])
				line, file = n-1, m[2]
			}
			for i < len(text) && text[i] != '\n' {
				if text[i] == '\\' && i+1 < len(text) && text[i+1] == '\n' {
					line++
					i++
				}
				i++
			}
			continue
		}
		fresh = false
		s := pieces.FindString(text[i:])
		if s == "]" && open > 0 && strings.HasPrefix(text[i:], "]]") {
			s = "]]"
			open--
		}
		if s == "[[" {
			open++
		}
		tokens = append(tokens, token{s, i, file, line})
		line += strings.Count(s, "\n")
		i += len(s)
	}
	return tokens
}

var closers = map[string]string{"(": ")", "{": "}", "[": "]", "[[": "]]"}

// closing is the index of the token that closes the bracket at i, or len(t).
func closing(t []token, i int) int {
	var open []string
	for k := i; k < len(t); k++ {
		if c, ok := closers[t[k].text]; ok {
			open = append(open, c)
		} else if len(open) > 0 && t[k].text == open[len(open)-1] {
			open = open[:len(open)-1]
			if len(open) == 0 {
				return k
			}
		}
	}
	return len(t)
}

// angles is the index of the > that closes the < at i, or -1 where it closes none: a comparison.
func angles(t []token, i int) int {
	depth := 0
	for k := i; k < len(t); k++ {
		switch t[k].text {
		case "<":
			depth++
		case ">":
			if depth--; depth == 0 {
				return k
			}
		case "(", "[", "[[":
			k = closing(t, k)
		case ";", "{", "}", "&&", "||", ")", "]":
			return -1
		}
	}
	return -1
}

// split cuts tokens at the commas outside all brackets.
func split(t []token) [][]token {
	var parts [][]token
	last := 0
	for k := 0; k < len(t); k++ {
		switch t[k].text {
		case "(", "{", "[", "[[":
			k = closing(t, k)
		case "<":
			if e := angles(t, k); e > 0 {
				k = e
			}
		case ",":
			parts = append(parts, t[last:k])
			last = k + 1
		}
	}
	if last < len(t) {
		parts = append(parts, t[last:])
	}
	return parts
}

func spell(t []token) string {
	var words []string
	for _, x := range t {
		words = append(words, x.text)
	}
	return strings.Join(words, " ")
}
