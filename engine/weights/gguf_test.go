package weights

import (
	"bytes"
	"encoding/binary"
	"os"
	"slices"
	"strings"
	"testing"

	"sightglass/engine/tensor"
)

func TestGGUFHasTheValuesOfLlamaCpp(t *testing.T) {
	g, want := open(t, "testdata/tiny.gguf"), open(t, "testdata/tiny.safetensors")
	names := g.Names()
	for _, name := range want.Names() {
		t.Run(name, func(t *testing.T) {
			got, stem := get(t, g, name), strings.TrimSuffix(name, "weight")
			values := []float32(nil)
			if got.DType == tensor.U32 {
				scales := get(t, g, stem+"scales")
				a, err := tensor.AffineOf(get(t, want, name).Shape[1], got.Shape[1], scales.Shape[1])
				if err != nil {
					t.Fatal(err)
				}
				if values, err = Dequantize(got.Array, scales.Array, get(t, g, stem+"biases").Array, a); err != nil {
					t.Fatal(err)
				}
			} else {
				values = got.Floats()
			}
			w := get(t, want, name).F32()
			if i := firstDifference(values, w); i >= 0 {
				t.Errorf("value %d: got %g, want %g", i, values[i], w[i])
			}
			names = slices.DeleteFunc(names, func(n string) bool { return strings.HasPrefix(n, stem) })
		})
	}
	if len(names) > 0 {
		t.Errorf("got %v besides", names)
	}
}

func TestGGUFMetadata(t *testing.T) {
	g, err := OpenGGUF("testdata/tiny.gguf")
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	if got := g.Metadata["llama.attention.head_count_kv"]; got != int64(2) {
		t.Errorf("head_count_kv: got %v, want 2", got)
	}
	if got := g.Metadata["llama.rope.freq_base"]; got != float64(10000) {
		t.Errorf("freq_base: got %v, want 10000", got)
	}
	if got := g.Metadata["tokenizer.ggml.merges"].([]string); !slices.Equal(got, []string{"t 1", "t 2"}) {
		t.Errorf("merges: got %q", got)
	}
	if got := g.Metadata["tokenizer.ggml.token_type"].([]int64); len(got) != 32 || got[2] != 3 || got[3] != 1 {
		t.Errorf("token_type: got %v", got)
	}
}

func TestGGUFThatLiesIsRefused(t *testing.T) {
	good, err := os.ReadFile("testdata/tiny.gguf")
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(good, []byte("blk.0.attn_q.weight")) + len("blk.0.attn_q.weight")
	for name, c := range map[string]struct {
		edit func([]byte) []byte
		want string
	}{
		"another format":                {func(b []byte) []byte { return append([]byte("GGML"), b[4:]...) }, "want a GGUF file"},
		"version 1":                     {func(b []byte) []byte { return put32(b, 4, 1) }, "want GGUF version 2 or 3, file has 1"},
		"more tensors than bytes":       {func(b []byte) []byte { return put64(b, 8, 1<<60) }, "cut off"},
		"more pairs than bytes":         {func(b []byte) []byte { return put64(b, 16, 1<<60) }, "cut off"},
		"a key longer than the file":    {func(b []byte) []byte { return put64(b, 24, 1<<63) }, "cut off"},
		"a file cut in its data":        {func(b []byte) []byte { return b[:len(b)-64] }, "cut off"},
		"a file cut in its header":      {func(b []byte) []byte { return b[:100] }, "cut off"},
		"five dimensions":               {func(b []byte) []byte { return put32(b, at, 5) }, "want at most 4 dimensions, file has 5"},
		"a huge dimension":              {func(b []byte) []byte { return put64(b, at+4, 1<<40) }, "want dimensions below 2^31"},
		"rows that are no whole blocks": {func(b []byte) []byte { return put64(b, at+4, 63) }, "want a matrix with rows of a multiple of 32"},
		"an unknown element type":       {func(b []byte) []byte { return put32(b, at+20, 14) }, "want F32, F16, BF16, Q4_0, Q4_1 or Q8_0, file has ggml type 14"},
		"an offset past the end":        {func(b []byte) []byte { return put64(b, at+24, 1<<40) }, "cut off"},
		"an offset that overflows":      {func(b []byte) []byte { return put64(b, at+24, ^uint64(31)) }, "cut off"},
		"an offset between alignments":  {func(b []byte) []byte { return put64(b, at+24, 1) }, "cut off"},
	} {
		t.Run(name, func(t *testing.T) {
			g, err := newGGUF(c.edit(slices.Clone(good)))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v (%v), want an error with %q", err, g != nil, c.want)
			}
		})
	}
}

func put32(b []byte, at int, v uint32) []byte {
	binary.LittleEndian.PutUint32(b[at:], v)
	return b
}

func put64(b []byte, at int, v uint64) []byte {
	binary.LittleEndian.PutUint64(b[at:], v)
	return b
}

// ggufBytes is a GGUF file of one matrix of two blocks.
func ggufBytes() []byte {
	text := func(b []byte, s string) []byte {
		return append(binary.LittleEndian.AppendUint64(b, uint64(len(s))), s...)
	}
	pair := func(b []byte, key string, kind uint32) []byte {
		return binary.LittleEndian.AppendUint32(text(b, key), kind)
	}
	b := binary.LittleEndian.AppendUint32([]byte("GGUF"), 3)
	b = binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(b, 1), 3)
	b = text(pair(b, "general.architecture", ggufString), "llama")
	b = binary.LittleEndian.AppendUint32(pair(b, "llama.attention.head_count", 4), 1)
	b = binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint32(pair(b, "list", ggufArray), 0), 2)
	b = binary.LittleEndian.AppendUint32(text(append(b, 1, 2), "blk.0.attn_q.weight"), 2)
	b = binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(b, 32), 2)
	b = binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint32(b, 3), 0)
	return append(b, make([]byte, (32-len(b)%32)%32+2*20)...)
}

func FuzzGGUF(f *testing.F) {
	if _, err := newGGUF(ggufBytes()); err != nil {
		f.Fatal(err)
	}
	f.Add(ggufBytes())
	f.Fuzz(func(t *testing.T, file []byte) {
		g, err := newGGUF(file)
		if err != nil {
			return
		}
		for _, name := range g.Names() {
			if a, err := g.Get(name); err == nil && len(a.Data) < a.Bytes() {
				t.Errorf("%q: got %d bytes for %v", name, len(a.Data), a.Type)
			}
		}
		g.file = nil // not mapped
		g.Close()
	})
}
