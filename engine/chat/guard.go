package chat

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"
)

// guard keeps messages from spelling control tokens. It breaks every such spelling by a rune that occurs nowhere in the
// prompt; the template carries it along, and unmark takes it out of the text after the control tokens have been found.
type guard struct {
	rune    string
	control []string
	byFirst map[byte][]string // control, by first byte
}

// newGuard picks a rune of the private use area that neither the messages nor the template has.
func newGuard(source string, messages []Message, o Options) (guard, error) {
	all := []string{source, o.BOS, o.EOS, strings.Join(o.Control, "")}
	for _, m := range messages {
		for _, p := range m.Parts {
			all = append(all, p.Text)
		}
	}
	for _, v := range o.Extra {
		if s, ok := v.(string); ok {
			all = append(all, s)
		}
	}
	used := map[rune]bool{}
	for _, s := range all {
		for _, r := range s {
			if unicode.Is(unicode.Co, r) {
				used[r] = true
			}
		}
	}
	for r := '\uE000'; r <= '\uF8FF'; r++ {
		if !used[r] {
			byFirst := map[byte][]string{}
			for _, c := range o.Control {
				if c != "" {
					byFirst[c[0]] = append(byFirst[c[0]], c)
				}
			}
			return guard{rune: string(r), control: o.Control, byFirst: byFirst}, nil
		}
	}
	return guard{}, errors.New("chat: messages: want one unused private-use character, found all in use")
}

// mark breaks the control tokens that a text spells, and what could become one next to another text: a beginning at its
// end, an ending at its start.
func (g guard) mark(text string) string {
	var out strings.Builder
	body := strings.TrimRightFunc(text, unicode.IsSpace) // a template may trim
	lead := len(text) - len(strings.TrimLeftFunc(text, unicode.IsSpace))
	if g.ends(text[lead:]) {
		out.WriteString(text[:lead] + g.rune)
	} else {
		lead = 0
	}
	for i := lead; i < len(text); {
		_, n := utf8.DecodeRuneInString(text[i:])
		out.WriteString(text[i : i+n])
		if g.begins(text[i:]) || i < len(body) && g.begins(body[i:]) {
			out.WriteString(g.rune)
		}
		i += n
	}
	return out.String()
}

// begins reports whether text begins with a control token, or is the beginning of one.
func (g guard) begins(text string) bool {
	for _, c := range g.byFirst[text[0]] {
		if strings.HasPrefix(text, c) || strings.HasPrefix(c, text) {
			return true
		}
	}
	return false
}

// ends reports whether text begins with a proper ending of a control token.
func (g guard) ends(text string) bool {
	for _, c := range g.control {
		for i := 1; i < len(c); i++ {
			if utf8.RuneStart(c[i]) && strings.HasPrefix(text, c[i:]) {
				return true
			}
		}
	}
	return false
}

func (g guard) unmark(text string) string { return strings.ReplaceAll(text, g.rune, "") }
