package chat

import (
	"strings"

	"github.com/nikolalohinski/gonja/v2/tokens"
)

// rewrite replaces conditional expressions inside brackets, which the template library does not know and Gemma's template
// has, by what means the same: (a if c else b) becomes (((c) and [a] or [b])[0]).
func rewrite(source string) string {
	var out strings.Builder
	var stack []*operand
	stream := tokens.LexAll(source, settings())
	at := 0
	copyTo := func(end int) {
		if len(stack) > 0 {
			stack[len(stack)-1].text.WriteString(source[at:end])
		} else {
			out.WriteString(source[at:end])
		}
		at = end
	}
	// pop ends the innermost operand, and hands its text to the one around it.
	pop := func() {
		text := stack[len(stack)-1].String()
		stack = stack[:len(stack)-1]
		if len(stack) > 0 {
			stack[len(stack)-1].text.WriteString(text)
		} else {
			out.WriteString(text)
		}
	}
	for ; !stream.End(); stream.Next() {
		token := stream.Current()
		if token.Pos < at || token.Pos > len(source) {
			continue
		}
		switch {
		case token.Type == tokens.LeftParenthesis || token.Type == tokens.LeftBracket || token.Type == tokens.LeftBrace:
			copyTo(token.Pos + 1)
			stack = append(stack, &operand{})
		case len(stack) == 0:
		case token.Type == tokens.RightParenthesis || token.Type == tokens.RightBracket || token.Type == tokens.RightBrace:
			copyTo(token.Pos)
			for stack[len(stack)-1].chained {
				pop()
			}
			pop()
		case token.Type == tokens.Comma || token.Type == tokens.Colon || token.Type == tokens.Assign:
			copyTo(token.Pos)
			for stack[len(stack)-1].chained {
				pop()
			}
			pop()
			stack = append(stack, &operand{})
			copyTo(token.Pos + 1)
		case token.Type == tokens.Name && token.Val == "if":
			copyTo(token.Pos)
			if stack[len(stack)-1].clause > 0 { // a if c else b if d else e
				stack = append(stack, &operand{chained: true})
				prior := stack[len(stack)-2]
				stack[len(stack)-1].text.WriteString(prior.text.String())
				prior.text.Reset()
			}
			stack[len(stack)-1].next()
			at += len("if")
		case token.Type == tokens.Name && token.Val == "else":
			copyTo(token.Pos)
			stack[len(stack)-1].next()
			at += len("else")
		}
	}
	copyTo(len(source))
	for len(stack) > 0 { // brackets that do not close are the parser's to report
		pop()
	}
	return out.String()
}

// operand is what stands between brackets and commas: a, or a if c, or a if c else b.
type operand struct {
	clause  int // 0 in a, 1 in c, 2 in b
	done    [2]string
	text    strings.Builder // of the clause
	chained bool            // the b of the operand around it
}

func (e *operand) next() {
	if e.clause < 2 {
		e.done[e.clause] = e.text.String()
		e.text.Reset()
		e.clause++
	}
}

func (e *operand) String() string {
	switch e.clause {
	case 1:
		return "((" + e.text.String() + ") and [" + e.done[0] + "] or [none])[0]"
	case 2:
		return "((" + e.done[1] + ") and [" + e.done[0] + "] or [" + e.text.String() + "])[0]"
	}
	return e.text.String()
}
