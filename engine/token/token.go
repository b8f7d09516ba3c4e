package token

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/daulet/tokenizers"
)

const (
	maxFile = 128 << 20 // bytes of tokenizer.json; the largest known (Gemma 3) has 33 MB
	maxText = 16 << 20  // bytes of one text
)

// ErrClosed is returned when a tokenizer is used after Close.
var ErrClosed = errors.New("token: the tokenizer is closed")

// Added is a token outside the trained vocabulary, or one that is matched whole before it.
type Added struct {
	ID   int32
	Text string
	// Special tokens are left out of decoded text on request.
	Special bool
	// Control tokens are never made from a text: the special ones, and those spelled like markup, as <tool_call> is.
	Control bool

	trimLeft, trimRight bool // the token takes the white space before, after it
}

// Tokenizer is safe for concurrent use. Close frees its memory, which is outside Go's heap.
type Tokenizer struct {
	mu     sync.RWMutex // held for reading while a library call runs, for writing by Close
	closed bool
	start  *tokenizers.Tokenizer // encodes a text at the start of a prompt
	inner  *tokenizers.Tokenizer // encodes a text after a control token; mostly the same

	size           int
	added          []Added
	byText         map[string]Added
	byID           map[int32]Added
	control        []string
	prefix, suffix []int32 // what post_processor puts around a prompt
}

// Open reads tokenizer.json in a model folder.
func Open(folder string) (*Tokenizer, error) {
	f, err := os.Open(filepath.Join(folder, "tokenizer.json"))
	if err != nil {
		return nil, fmt.Errorf("token: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("token: %w", err)
	}
	return FromBytes(data)
}

// FromBytes reads the contents of a tokenizer.json.
func FromBytes(data []byte) (*Tokenizer, error) {
	file, err := parse(data)
	if err != nil {
		return nil, fmt.Errorf("token: tokenizer.json: %w", err)
	}
	t := &Tokenizer{size: file.size, added: file.added, byText: map[string]Added{}, byID: map[int32]Added{}}
	for _, a := range t.added {
		t.byText[a.Text] = a
		if !t.byID[a.ID].Control {
			t.byID[a.ID] = a
		}
		if a.Control {
			t.control = append(t.control, a.Text)
		}
	}
	if t.start, err = load(file.start); err != nil {
		return nil, err
	}
	t.inner = t.start
	if file.inner != nil {
		if t.inner, err = load(file.inner); err != nil {
			t.Close()
			return nil, err
		}
	}
	t.findAffixes()
	return t, nil
}

func load(data []byte) (*tokenizers.Tokenizer, error) {
	t, err := tokenizers.FromBytes(data, tokenizers.WithEncodeSpecialTokens())
	if err != nil {
		return nil, fmt.Errorf("token: tokenizer.json: %w", err)
	}
	return t, nil
}

// findAffixes learns the post-processor's tokens from what they surround in a sample.
func (t *Tokenizer) findAffixes() {
	const sample = "a"
	bare := t.start.EncodeWithOptions(sample, false).IDs
	whole := t.start.EncodeWithOptions(sample, true).IDs
	for i := 0; len(bare) > 0 && i+len(bare) <= len(whole); i++ {
		if slices.Equal(whole[i:i+len(bare)], bare) {
			t.prefix, _ = t.ids(whole[:i])
			t.suffix, _ = t.ids(whole[i+len(bare):])
			return
		}
	}
}

// Close frees the tokenizer once running calls have ended. Closing again does nothing.
func (t *Tokenizer) Close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return nil
	}
	t.closed = true
	t.start.Close()
	if t.inner != nil && t.inner != t.start {
		t.inner.Close()
	}
	return nil
}

// Size is one more than the largest id: an embedding table needs as many rows.
func (t *Tokenizer) Size() int { return t.size }

// Added returns the added tokens, by id.
func (t *Tokenizer) Added() []Added { return slices.Clone(t.added) }

// Control returns the control tokens, by id.
func (t *Tokenizer) Control() []string { return slices.Clone(t.control) }

// ID returns the id of the added token spelled text.
func (t *Tokenizer) ID(text string) (id int32, ok bool) {
	a, ok := t.byText[text]
	return a.ID, ok
}

// Encode returns the ids of a text, none of which is a control token. Bytes that are not UTF-8, and NUL, read as U+FFFD.
func (t *Tokenizer) Encode(text string) ([]int32, error) {
	return t.EncodePrompt([]Segment{{Text: text}}, false)
}

// EncodePrompt returns the ids of a prompt. With affixes, the tokens that the model's post_processor puts around every
// prompt (<s> for Llama 2) are added, unless they are there already.
func (t *Tokenizer) EncodePrompt(segments []Segment, affixes bool) ([]int32, error) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if t.closed {
		return nil, ErrClosed
	}
	var ids []int32
	segments = merged(segments)
	for i, s := range segments {
		if s.Control {
			a, ok := t.byText[s.Text]
			if !ok {
				return nil, fmt.Errorf("token: %q: want a control token, the vocabulary has none of that name", s.Text)
			}
			ids = append(ids, a.ID)
			continue
		}
		handle := t.inner
		if i == 0 {
			handle = t.start
		}
		more, err := t.encode(handle, t.trimmed(segments, i))
		if err != nil {
			return nil, err
		}
		ids = append(ids, more...)
	}
	if affixes && !(len(t.prefix) > 0 && len(ids) >= len(t.prefix) && slices.Equal(ids[:len(t.prefix)], t.prefix)) {
		ids = slices.Concat(t.prefix, ids)
	}
	if affixes && !(len(ids) >= len(t.suffix) && slices.Equal(ids[len(ids)-len(t.suffix):], t.suffix)) {
		ids = append(ids, t.suffix...)
	}
	return ids, nil
}

// merged joins neighbouring texts: a word is split into tokens whole, wherever it came from.
func merged(segments []Segment) []Segment {
	var out []Segment
	for _, s := range segments {
		if last := len(out) - 1; last >= 0 && !s.Control && !out[last].Control {
			out[last].Text += s.Text
			continue
		}
		out = append(out, s)
	}
	return out
}

// trimmed is the text of segment i without the white space that its neighbours take.
func (t *Tokenizer) trimmed(segments []Segment, i int) string {
	text := segments[i].Text
	if i > 0 && t.byText[segments[i-1].Text].trimRight {
		text = strings.TrimLeftFunc(text, unicode.IsSpace)
	}
	if i+1 < len(segments) && t.byText[segments[i+1].Text].trimLeft {
		text = strings.TrimRightFunc(text, unicode.IsSpace)
	}
	return text
}

// encode returns the ids of a text. The library does not look for control tokens in it, but a model's vocabulary may hold
// their spelling as a word; the text is then cut inside that spelling.
func (t *Tokenizer) encode(handle *tokenizers.Tokenizer, text string) ([]int32, error) {
	if len(text) > maxText {
		return nil, fmt.Errorf("token: text: want at most %d bytes, got %d", maxText, len(text))
	}
	text = strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "\uFFFD")
	if text == "" {
		return nil, nil
	}
	ids, err := t.ids(handle.EncodeWithOptions(text, false).IDs)
	if err != nil {
		return nil, err
	}
	if len(ids) == 0 && strings.ContainsFunc(text, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) {
		return nil, fmt.Errorf("token: text: want tokens, tokenizer.json gives none for %q", clip(text))
	}
	if !slices.ContainsFunc(ids, func(id int32) bool { return t.byID[id].Control }) {
		return ids, nil
	}
	ids = nil
	for _, piece := range t.cut(text) {
		more, err := t.ids(handle.EncodeWithOptions(piece, false).IDs)
		if err != nil {
			return nil, err
		}
		ids = append(ids, more...)
		handle = t.inner
	}
	return slices.DeleteFunc(ids, func(id int32) bool { return t.byID[id].Control }), nil
}

// cut cuts a text after the first character of every control token that it spells.
func (t *Tokenizer) cut(text string) []string {
	var pieces []string
	piece := ""
	for _, s := range Split(text, t.control) {
		if s.Control {
			_, n := utf8.DecodeRuneInString(s.Text)
			pieces = append(pieces, piece+s.Text[:n])
			piece = s.Text[n:]
			continue
		}
		piece += s.Text
	}
	return append(pieces, piece)
}

// ids checks what the library returned against the size of the vocabulary.
func (t *Tokenizer) ids(raw []uint32) ([]int32, error) {
	ids := make([]int32, len(raw))
	for i, id := range raw {
		if uint64(id) >= uint64(t.size) {
			return nil, fmt.Errorf("token: id %d: want less than %d", id, t.size)
		}
		ids[i] = int32(id)
	}
	return ids, nil
}
