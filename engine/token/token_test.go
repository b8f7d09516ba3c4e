package token

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// golden is one <name>.golden.json, written by build/golden/tokens.py.
type golden struct {
	Texts []struct {
		Text    string
		IDs     []int32
		Decoded string
	}
	Prompts []struct {
		Text         string
		IDs, Whole   []int32
		Decoded, Raw string
	}
}

var names = []string{"byte_level", "metaspace", "wordpiece"}

func open(t testing.TB, name string) *Tokenizer {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	tok, err := FromBytes(data)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tok.Close() })
	return tok
}

func readGolden(t testing.TB, name string) (g golden) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name+".golden.json"))
	if err == nil {
		err = json.Unmarshal(data, &g)
	}
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestGolden(t *testing.T) {
	for _, name := range names {
		tok, g := open(t, name), readGolden(t, name)
		t.Run(name+": a user text has the library's ids and no control token", func(t *testing.T) {
			for _, c := range g.Texts {
				got, err := tok.Encode(c.Text)
				if err != nil {
					t.Fatal(err)
				}
				if !slices.Equal(got, c.IDs) {
					t.Errorf("Encode(%q): got %v, want %v", c.Text, got, c.IDs)
				}
				decoded, err := tok.Decode(got, false)
				if err != nil || decoded != c.Decoded {
					t.Errorf("Decode(%v): got %q, %v, want %q", got, decoded, err, c.Decoded)
				}
			}
		})
		t.Run(name+": a prompt has the library's ids", func(t *testing.T) {
			for _, c := range g.Prompts {
				for _, affixes := range []bool{false, true} {
					want := c.IDs
					if affixes && !slices.Equal(c.IDs[:min(1, len(c.IDs))], tok.prefix) {
						want = c.Whole
					} else if affixes {
						want = slices.Concat(c.IDs, tok.suffix)
					}
					got, err := tok.EncodePrompt(Split(c.Text, tok.Control()), affixes)
					if err != nil || !slices.Equal(got, want) {
						t.Errorf("EncodePrompt(%q, %v): got %v, %v, want %v", c.Text, affixes, got, err, want)
					}
				}
				if got, _ := tok.Decode(c.Whole, true); got != c.Decoded {
					t.Errorf("Decode(%v, true): got %q, want %q", c.Whole, got, c.Decoded)
				}
				if got, _ := tok.Decode(c.Whole, false); got != c.Raw {
					t.Errorf("Decode(%v, false): got %q, want %q", c.Whole, got, c.Raw)
				}
			}
		})
		t.Run(name+": a stream's texts, joined, are the decoded text", func(t *testing.T) {
			for _, c := range g.Texts {
				checkStream(t, tok, c.IDs, c.Decoded)
			}
		})
	}
}

func checkStream(t *testing.T, tok *Tokenizer, ids []int32, want string) {
	t.Helper()
	s := tok.Stream(true)
	var got strings.Builder
	for _, id := range ids {
		text, err := s.Push(id)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(text, "\uFFFD") && !strings.Contains(want, "\uFFFD") {
			t.Errorf("Push(%d): got a part of a character: %q", id, text)
		}
		got.WriteString(text)
	}
	text, err := s.Flush()
	if err != nil {
		t.Fatal(err)
	}
	got.WriteString(text)
	if got.String() != want {
		t.Errorf("stream of %v: got %q, want %q", ids, got.String(), want)
	}
}

func TestEncode(t *testing.T) {
	tok := open(t, "byte_level")
	same := func(a, b string) {
		t.Helper()
		ids, err := tok.Encode(a)
		want, _ := tok.Encode(b)
		if err != nil || !slices.Equal(ids, want) || len(ids) == 0 {
			t.Errorf("Encode(%q): got %v, %v, want those of %q, %v", a, ids, err, b, want)
		}
	}
	t.Run("NUL does not end a text", func(t *testing.T) { same("a\x00b", "a\uFFFDb") })
	t.Run("bytes that are not UTF-8 read as U+FFFD", func(t *testing.T) { same("a\xffb", "a\uFFFDb") })
	t.Run("a text over the limit is an error", func(t *testing.T) {
		if _, err := tok.Encode(strings.Repeat("a ", maxText/2+1)); err == nil {
			t.Error("got no error")
		}
	})
	t.Run("neighbouring texts are one text", func(t *testing.T) {
		got, _ := tok.EncodePrompt([]Segment{{Text: "What is in th"}, {Text: "is picture?"}}, false)
		want, _ := tok.Encode("What is in this picture?")
		if !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	})
	t.Run("an unknown control token is an error", func(t *testing.T) {
		if _, err := tok.EncodePrompt([]Segment{{Text: "<none>", Control: true}}, false); err == nil {
			t.Error("got no error")
		}
	})
}

// A vocabulary of words holds [SEP] itself, and no pre-tokenizer takes it apart.
func TestControlWordInVocabulary(t *testing.T) {
	tok, err := FromBytes([]byte(`{"version":"1.0","added_tokens":[{"id":1,"content":"[SEP]","special":true}],
		"pre_tokenizer":{"type":"WhitespaceSplit"},
		"model":{"type":"WordLevel","vocab":{"[UNK]":0,"[SEP]":1,"hello":2,"[":3,"SEP]":4},"unk_token":"[UNK]"}}`))
	if err != nil {
		t.Fatal(err)
	}
	defer tok.Close()
	got, err := tok.Encode("hello [SEP] hello")
	if want := []int32{2, 3, 4, 2}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
}

func TestStream(t *testing.T) {
	tok := open(t, "byte_level")
	t.Run("an unfinished character at the end reads as U+FFFD", func(t *testing.T) {
		ids, err := tok.Encode("ok 🦀")
		if err != nil {
			t.Fatal(err)
		}
		cut := ids[:len(ids)-1]
		want, _ := tok.Decode(cut, true)
		if !strings.HasSuffix(want, "\uFFFD") {
			t.Fatalf("the cut text ends in %q: not a case", want)
		}
		checkStream(t, tok, cut, want)
	})
	t.Run("bytes that never become a character are not held for ever", func(t *testing.T) {
		id, ok := continuation(tok)
		if !ok {
			t.Fatal("no token of one continuation byte")
		}
		s := tok.Stream(true)
		var got string
		for range 4 * maxHeld {
			text, err := s.Push(id)
			if err != nil {
				t.Fatal(err)
			}
			got += text
			if len(s.ids) > 2*maxHeld {
				t.Fatalf("window: got %d tokens, want at most %d", len(s.ids), 2*maxHeld)
			}
		}
		if got == "" {
			t.Error("got nothing")
		}
	})
	t.Run("the window stays short in a long answer", func(t *testing.T) {
		ids, _ := tok.Encode(strings.Repeat("The quick brown fox. ", 50))
		s := tok.Stream(true)
		for _, id := range ids {
			if _, err := s.Push(id); err != nil {
				t.Fatal(err)
			}
			if len(s.ids) > maxHeld {
				t.Fatalf("window: got %d tokens", len(s.ids))
			}
		}
	})
	t.Run("special tokens are left out", func(t *testing.T) {
		end, _ := tok.ID("<|im_end|>")
		if text, err := tok.Stream(true).Push(end); text != "" || err != nil {
			t.Errorf("got %q, %v", text, err)
		}
		if text, err := tok.Stream(false).Push(end); text != "<|im_end|>" || err != nil {
			t.Errorf("kept: got %q, %v", text, err)
		}
	})
}

// continuation finds a token that is one UTF-8 continuation byte.
func continuation(tok *Tokenizer) (int32, bool) {
	ids, _ := tok.Encode("🦀")
	id := ids[len(ids)-1]
	text, _ := tok.Decode([]int32{id}, false)
	return id, text == "\uFFFD"
}

func TestAdded(t *testing.T) {
	tok := open(t, "byte_level")
	for text, want := range map[string]Added{
		"<image>":     {Special: true, Control: true},
		"<tool_call>": {Control: true},
		"    ":        {},
	} {
		id, ok := tok.ID(text)
		i := slices.IndexFunc(tok.Added(), func(a Added) bool { return a.Text == text })
		if !ok || i < 0 {
			t.Errorf("%q: not found", text)
			continue
		}
		got := tok.Added()[i]
		if got.ID != id || got.Special != want.Special || got.Control != want.Control {
			t.Errorf("%q: got %+v, want %+v", text, got, want)
		}
	}
	if id, ok := tok.ID("<none>"); ok {
		t.Errorf("<none>: got %d, want none", id)
	}
	if got, want := tok.Size(), 423; got != want {
		t.Errorf("size: got %d, want %d", got, want)
	}
}

func TestClose(t *testing.T) {
	tok := open(t, "metaspace")
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 50 {
				if ids, err := tok.Encode("What is in this picture?"); err == nil && len(ids) == 0 {
					t.Error("got no ids and no error")
				}
				if _, err := tok.Decode([]int32{300, 301}, true); err != nil && !errors.Is(err, ErrClosed) {
					t.Error(err)
				}
			}
		})
	}
	wg.Go(func() { tok.Close() })
	wg.Wait()
	if err := tok.Close(); err != nil {
		t.Errorf("closing again: %v", err)
	}
	if _, err := tok.Encode("a"); !errors.Is(err, ErrClosed) {
		t.Errorf("after Close: got %v, want ErrClosed", err)
	}
}
