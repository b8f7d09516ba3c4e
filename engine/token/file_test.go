package token

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const tiny = `{"version":"1.0","added_tokens":%s,"normalizer":%s,"pre_tokenizer":%s,"decoder":%s,
	"model":{"type":"BPE","vocab":%s,"merges":%s}}`

func TestHostileFiles(t *testing.T) {
	deep := strings.Repeat(`{"type":"Sequence","normalizers":[`, 3000) + strings.Repeat(`]}`, 3000)
	double := `{"type":"Sequence","normalizers":[` + strings.Repeat(`{"type":"Replace","pattern":{"String":"a"},"content":"aaaa"},`, 30) + `{"type":"NFC"}]}`
	const null, none, ab = "null", "[]", `{"a":0,"b":1}`
	for name, data := range map[string]string{
		"nothing":                    "",
		"null":                       "null",
		"not JSON":                   "{",
		"an array":                   "[]",
		"no model":                   `{"version":"1.0"}`,
		"no vocab":                   `{"model":{"type":"BPE","merges":[]}}`,
		"a negative id":              fmt.Sprintf(tiny, none, null, null, null, `{"a":-1}`, none),
		"an id beyond any table":     fmt.Sprintf(tiny, none, null, null, null, `{"a":4000000000}`, none),
		"an added id beyond any":     fmt.Sprintf(tiny, `[{"id":4000000000,"content":"x","special":true}]`, null, null, null, ab, none),
		"a merge of unknown pieces":  fmt.Sprintf(tiny, none, null, null, null, ab, `["a c"]`),
		"an unknown normalizer":      fmt.Sprintf(tiny, none, `{"type":"\u0000"}`, null, null, ab, none),
		"a normalizer 3000 deep":     fmt.Sprintf(tiny, none, deep, null, null, ab, none),
		"a text that grows 4^30":     fmt.Sprintf(tiny, none, double, null, null, ab, none),
		"an expression out of shape": fmt.Sprintf(tiny, none, null, `{"type":"Split","pattern":{"Regex":"(("},"behavior":"Isolated","invert":false}`, null, ab, none),
		// The library cuts the prefix's length off the second piece of a merge, and panics where it is shorter.
		"a prefix longer than a piece": `{"model":{"type":"BPE","continuing_subword_prefix":"long","vocab":{"a":0,"b":1},"merges":["a b"]}}`,
	} {
		t.Run(name+" is an error", func(t *testing.T) {
			tok, err := FromBytes([]byte(data))
			if err == nil {
				tok.Close()
				t.Fatal("got no error")
			}
			if !strings.HasPrefix(err.Error(), "token: ") {
				t.Errorf("got %q, want it to name the package", err)
			}
		})
	}
}

func TestPaddingAndTruncationAreIgnored(t *testing.T) {
	data := strings.Replace(fmt.Sprintf(tiny, "[]", "null", "null", "null", `{"a":0,"b":1}`, "[]"), `"version"`,
		`"padding":{"strategy":{"Fixed":100000000000},"direction":"Right","pad_to_multiple_of":null,"pad_id":0,"pad_type_id":0,"pad_token":"a"},
		"truncation":{"direction":"Right","max_length":1,"strategy":"LongestFirst","stride":0},"version"`, 1)
	tok, err := FromBytes([]byte(data))
	if err != nil {
		t.Fatal(err)
	}
	defer tok.Close()
	if ids, err := tok.Encode("abab"); err != nil || len(ids) != 4 {
		t.Errorf("got %v, %v, want 4 ids", ids, err)
	}
}

// FuzzTokenizerJSON checks that no file makes a panic or ends the process, and that ids stay below Size.
func FuzzTokenizerJSON(f *testing.F) {
	for _, name := range names {
		data, err := os.ReadFile(filepath.Join("testdata", name+".json"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data, "What is <image> 1 日本?")
	}
	f.Add(fmt.Appendf(nil, tiny, `[{"id":0,"content":"<x>","special":true}]`, `{"type":"Prepend","prepend":"a"}`, `{"type":"Digits"}`,
		`{"type":"Strip","content":"a","start":3,"stop":3}`, `{"a":0,"b":1,"ab":7}`, `["a b"]`), "<x>ab\x00")
	f.Add([]byte(`{"model":{"type":"Unigram","unk_id":9,"vocab":[["a",-1],["b",-2]]}}`), "abc")
	f.Add([]byte(`{"model":{"type":"WordPiece","unk_token":"u","continuing_subword_prefix":"##","max_input_chars_per_word":9,"vocab":{"a":3}}}`), "abc")
	f.Fuzz(func(t *testing.T, data []byte, text string) {
		tok, err := FromBytes(data)
		if err != nil {
			return
		}
		defer tok.Close()
		segments := append(Split(text, tok.Control()), Segment{Text: text})
		ids, err := tok.EncodePrompt(segments, true)
		if err != nil {
			return
		}
		s := tok.Stream(true)
		for _, id := range append(ids, -1, 1<<30) {
			if _, err := s.Push(id); err != nil {
				t.Fatal(err)
			}
		}
		for _, id := range ids {
			if id < 0 || int(id) >= tok.Size() {
				t.Fatalf("id %d: want less than %d", id, tok.Size())
			}
		}
	})
}
