package token

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

const (
	maxVocab  = 1 << 24 // ids; the largest known vocabulary has 262,144
	maxGrowth = 256     // bytes out per byte in, through a normalizer or decoder
)

// file is a checked tokenizer.json, rewritten for the library.
type file struct {
	start []byte
	inner []byte // nil: the same as start
	added []Added
	size  int
}

// addedJSON is one of added_tokens.
type addedJSON struct {
	ID         uint32 `json:"id"`
	Content    string `json:"content"`
	SingleWord bool   `json:"single_word"`
	LStrip     bool   `json:"lstrip"`
	RStrip     bool   `json:"rstrip"`
	Normalized bool   `json:"normalized"`
	Special    bool   `json:"special"`
}

func parse(data []byte) (*file, error) {
	if len(data) > maxFile {
		return nil, fmt.Errorf("want at most %d bytes", maxFile)
	}
	top, err := object(data)
	if err != nil {
		return nil, err
	}
	f := &file{}
	if f.size, err = vocabSize(top["model"]); err != nil {
		return nil, err
	}
	if err := f.readAdded(top); err != nil {
		return nil, err
	}
	for _, name := range []string{"normalizer", "pre_tokenizer", "decoder"} {
		if err := checkGrowth(top[name]); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	// Neither belongs to a prompt, and a hostile padding length is an allocation.
	delete(top, "truncation")
	delete(top, "padding")
	if f.start, err = json.Marshal(top); err != nil {
		return nil, err
	}
	later, changed, err := withoutFirst(top["pre_tokenizer"])
	if err == nil && changed {
		top["pre_tokenizer"] = later
		f.inner, err = json.Marshal(top)
	}
	return f, err
}

// object reads a JSON object exactly: keys as they are spelled, null as no object.
func object(data []byte) (map[string]json.RawMessage, error) {
	var m map[string]json.RawMessage
	if err := json.Unmarshal(data, &m); err != nil {
		return nil, err
	}
	if m == nil {
		return nil, errors.New("want an object, found null")
	}
	return m, nil
}

// readAdded reads added_tokens and marks every control token special in what the library sees: it looks for the others
// in texts.
func (f *file) readAdded(top map[string]json.RawMessage) error {
	var list []addedJSON
	if raw, ok := top["added_tokens"]; ok {
		if err := json.Unmarshal(raw, &list); err != nil {
			return fmt.Errorf("added_tokens: %w", err)
		}
	}
	seen := map[string]bool{}
	list = slices.DeleteFunc(list, func(a addedJSON) bool {
		drop := a.Content == "" || strings.Contains(a.Content, "\x00") || seen[a.Content]
		seen[a.Content] = true
		return drop
	})
	for i, a := range list {
		if a.ID >= maxVocab {
			return fmt.Errorf("added_tokens: %q: want an id below %d, found %d", clip(a.Content), maxVocab, a.ID)
		}
		control := a.Special || markup(a.Content)
		f.added = append(f.added, Added{ID: int32(a.ID), Text: a.Content, Special: a.Special, Control: control,
			trimLeft: a.LStrip, trimRight: a.RStrip})
		f.size = max(f.size, int(a.ID)+1)
		list[i].Special = control
	}
	slices.SortStableFunc(f.added, func(a, b Added) int { return int(a.ID) - int(b.ID) })
	raw, err := json.Marshal(list)
	if len(list) == 0 {
		raw = []byte("[]")
	}
	top["added_tokens"] = raw
	return err
}

// markup reports whether a token is spelled like a tag: <think>, [INST].
func markup(text string) bool {
	return len(text) > 2 && (text[0] == '<' && text[len(text)-1] == '>' || text[0] == '[' && text[len(text)-1] == ']')
}

// vocabSize is one more than the largest id of model.vocab: an object of ids, or Unigram's array of pieces.
func vocabSize(raw json.RawMessage) (int, error) {
	model, err := object(raw)
	if err != nil {
		return 0, fmt.Errorf("model: %w", err)
	}
	vocab := bytes.TrimSpace(model["vocab"])
	if len(vocab) == 0 {
		return 0, errors.New("model: want a vocab, found none")
	}
	size := 0
	if vocab[0] == '[' {
		var pieces []json.RawMessage
		if err := json.Unmarshal(vocab, &pieces); err != nil {
			return 0, fmt.Errorf("model: vocab: %w", err)
		}
		size = len(pieces)
	} else {
		var ids map[string]uint32
		if err := json.Unmarshal(vocab, &ids); err != nil {
			return 0, fmt.Errorf("model: vocab: %w", err)
		}
		for _, id := range ids {
			size = max(size, int(id)+1)
		}
	}
	if size > maxVocab {
		return 0, fmt.Errorf("model: vocab: want ids below %d, found %d", maxVocab, size-1)
	}
	return size, nil
}

// checkGrowth bounds how much a section can lengthen a text: a chain of replacements grows it exponentially.
func checkGrowth(raw json.RawMessage) error {
	if len(raw) == 0 {
		return nil
	}
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		return err
	}
	if g := growth(v); g > maxGrowth {
		return fmt.Errorf("want it to lengthen a text at most %d times, found %.3g", maxGrowth, g)
	}
	return nil
}

func growth(v any) float64 {
	g := 1.0
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			g *= growth(e)
		}
	case map[string]any:
		for _, e := range v {
			g *= growth(e)
		}
		switch v["type"] {
		case "Replace":
			content, _ := v["content"].(string)
			pattern, _ := v["pattern"].(map[string]any)
			fixed, _ := pattern["String"].(string)
			if fixed == "" { // a regular expression, which may match between any two bytes
				g *= float64(len(content) + 1)
			} else {
				g *= math.Max(1, float64(len(content))/float64(len(fixed)))
			}
		case "Prepend":
			prepend, _ := v["prepend"].(string)
			g *= float64(len(prepend) + 1)
		case "ByteLevel", "Metaspace":
			g *= 3
		}
	}
	return math.Min(g, math.MaxFloat64)
}

// withoutFirst rewrites a Metaspace that marks the first word of a prompt ("prepend_scheme": "first") to mark none.
func withoutFirst(raw json.RawMessage) (json.RawMessage, bool, error) {
	if !bytes.Contains(raw, []byte("prepend_scheme")) {
		return nil, false, nil
	}
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		return nil, false, err
	}
	if !markNone(v) {
		return nil, false, nil
	}
	out, err := json.Marshal(v)
	return out, true, err
}

func markNone(v any) (changed bool) {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			changed = markNone(e) || changed
		}
	case map[string]any:
		for _, e := range v {
			changed = markNone(e) || changed
		}
		if v["prepend_scheme"] == "first" {
			v["prepend_scheme"] = "never"
			delete(v, "add_prefix_space")
			changed = true
		}
	}
	return changed
}

// clip shortens a text for an error.
func clip(text string) string {
	if len(text) <= 40 {
		return text
	}
	return strings.ToValidUTF8(text[:40], "") + "…"
}
