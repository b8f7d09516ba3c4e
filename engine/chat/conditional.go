package chat

import (
	"strings"

	"github.com/nikolalohinski/gonja/v2/tokens"
)

// rewrite replaces conditional expressions inside brackets, which the template library does not know and Gemma's template
// has, by what means the same: (a if c else b) becomes (((c) and [a] or [b])[0]).
func rewrite(source string) string {
	w := rewriter{source: source, stack: []*operand{{}}}
	for stream := tokens.LexAll(source, settings()); !stream.End(); stream.Next() {
		if token := stream.Current(); token.Pos >= w.at && token.Pos <= len(source) {
			w.take(token)
		}
	}
	w.copyTo(len(source))
	for len(w.stack) > 1 { // brackets that do not close are the parser's to report
		w.pop()
	}
	return w.top().String()
}

// rewriter copies source up to at; the text goes to the innermost open operand. The outermost is the template.
type rewriter struct {
	source string
	at     int
	stack  []*operand
}

func (w *rewriter) top() *operand { return w.stack[len(w.stack)-1] }

func (w *rewriter) copyTo(end int) {
	w.top().text.WriteString(w.source[w.at:end])
	w.at = end
}

// pop ends the innermost operand, and hands its text to the one around it.
func (w *rewriter) pop() {
	text := w.top().String()
	w.stack = w.stack[:len(w.stack)-1]
	w.top().text.WriteString(text)
}

func (w *rewriter) take(token *tokens.Token) {
	inside := len(w.stack) > 1
	switch token.Type {
	case tokens.LeftParenthesis, tokens.LeftBracket, tokens.LeftBrace:
		w.copyTo(token.Pos + 1)
		w.stack = append(w.stack, &operand{})
	case tokens.RightParenthesis, tokens.RightBracket, tokens.RightBrace, tokens.Comma, tokens.Colon, tokens.Assign:
		if !inside {
			return
		}
		w.copyTo(token.Pos)
		for w.top().chained {
			w.pop()
		}
		w.pop()
		if token.Type == tokens.Comma || token.Type == tokens.Colon || token.Type == tokens.Assign {
			w.copyTo(token.Pos + 1)
			w.stack = append(w.stack, &operand{})
		}
	case tokens.Name:
		if !inside || token.Val != "if" && token.Val != "else" {
			return
		}
		w.copyTo(token.Pos)
		if outer := w.top(); token.Val == "if" && outer.clause > 0 { // a if c else b if d else e
			b := &operand{chained: true}
			b.text.WriteString(outer.text.String())
			outer.text.Reset()
			w.stack = append(w.stack, b)
		}
		w.top().next()
		w.at += len(token.Val)
	}
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
