package token

import (
	"strings"
	"unicode/utf8"
)

// maxHeld bounds the tokens of one unfinished character: UTF-8 has at most 4 bytes, a token at least one.
const maxHeld = 8

// Decode returns the text of ids; without special tokens when skipSpecial is set. Ids outside the vocabulary have no text.
func (t *Tokenizer) Decode(ids []int32, skipSpecial bool) (string, error) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if t.closed {
		return "", ErrClosed
	}
	raw := make([]uint32, 0, len(ids))
	for _, id := range ids {
		if id < 0 || int(id) >= t.size || skipSpecial && t.byID[id].Special {
			continue
		}
		raw = append(raw, uint32(id))
	}
	return t.inner.Decode(raw, false), nil
}

// Stream decodes an answer token by token. Its texts, joined, are the answer's; a character that spans tokens comes whole.
// A stream is for one goroutine.
type Stream struct {
	t           *Tokenizer
	skipSpecial bool

	// ids is a window that ends at the newest token: those before given are already in the answer and are decoded again
	// only because a decoder may treat the first token of a text apart.
	ids   []int32
	given int
	text  string // of ids[:given]
}

// Stream starts an answer; special tokens are left out when skipSpecial is set.
func (t *Tokenizer) Stream(skipSpecial bool) *Stream { return &Stream{t: t, skipSpecial: skipSpecial} }

// Push returns the text that the next token completes: often a word, and "" inside a character. Its cost does not depend
// on the length of the answer.
func (s *Stream) Push(id int32) (string, error) {
	if s.skipSpecial && s.t.byID[id].Special {
		return "", nil
	}
	s.ids = append(s.ids, id)
	text, err := s.t.Decode(s.ids, false)
	if err != nil {
		return "", err
	}
	if strings.HasSuffix(text, "\uFFFD") && len(s.ids)-s.given < maxHeld {
		return "", nil
	}
	return s.take(text)
}

// Flush returns what is held back, at the end of an answer: an unfinished character reads as U+FFFD.
func (s *Stream) Flush() (string, error) {
	if s.given == len(s.ids) {
		return "", nil
	}
	text, err := s.t.Decode(s.ids, false)
	if err != nil {
		return "", err
	}
	return s.take(text)
}

// take gives what text has over the text given, and moves the window.
func (s *Stream) take(text string) (string, error) {
	fresh := text[commonPrefix(s.text, text):]
	s.ids = s.ids[s.given:]
	s.given = len(s.ids)
	var err error
	s.text, err = s.t.Decode(s.ids, false)
	return fresh, err
}

// commonPrefix is the length in bytes of the whole characters that a and b both begin with.
func commonPrefix(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	for n > 0 && n < len(b) && !utf8.RuneStart(b[n]) {
		n--
	}
	return n
}
