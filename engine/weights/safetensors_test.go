package weights

import (
	"encoding/binary"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	reference "github.com/nlpodyssey/safetensors"

	"sightglass/engine/tensor"
)

// file is a safetensors file with this header and so many bytes of data.
func file(header string, data int) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(b, header...), make([]byte, data)...)
}

func TestSafetensorsThatLieAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		file []byte
		want string
	}{
		"an empty file":                     {nil, "file has 0 bytes"},
		"a header longer than the file":     {file("{}", 0)[:9], "want a header of 2 bytes, file has 1: it is cut off"},
		"a header of exabytes":              {binary.LittleEndian.AppendUint64(nil, 1<<62), "want a safetensors header of at most"},
		"a web page":                        {[]byte("<!DOCTYPE html><html></html>"), "want a safetensors header of at most"},
		"a header that is a list":           {file("[]", 0), "want a safetensors header"},
		"a header cut in the middle":        {file(`{"a":{"dtype":"F32"`, 0), "header"},
		"two headers":                       {file(`{}{}`, 0), "want one header object"},
		"a name that comes twice":           {file(`{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}`, 2), `"a": want it once`},
		"an unknown type":                   {file(`{"a":{"dtype":"F3","shape":[1],"data_offsets":[0,1]}}`, 1), `want a known element type, header has "F3"`},
		"a negative dimension":              {file(`{"a":{"dtype":"U8","shape":[-1],"data_offsets":[0,1]}}`, 1), "want a shape that fits a file, header has [-1]"},
		"a shape whose product overflows":   {file(`{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}`, 0), "want a shape that fits a file"},
		"nine dimensions":                   {file(`{"a":{"dtype":"U8","shape":[1,1,1,1,1,1,1,1,1],"data_offsets":[0,1]}}`, 1), "want at most 8 dimensions"},
		"a dimension that is no integer":    {file(`{"a":{"dtype":"U8","shape":[1.5],"data_offsets":[0,1]}}`, 1), `header: "a"`},
		"one offset":                        {file(`{"a":{"dtype":"U8","shape":[1],"data_offsets":[0]}}`, 1), "want where it begins and ends, header has [0]"},
		"offsets in the wrong order":        {file(`{"a":{"dtype":"U8","shape":[1],"data_offsets":[1,0]}}`, 1), "want it at byte 0"},
		"a negative offset":                 {file(`{"a":{"dtype":"U8","shape":[1],"data_offsets":[-1,0]}}`, 1), "want it at byte 0"},
		"tensors that overlap":              {file(`{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}`, 3), `"b": want it at byte 2`},
		"a hole between tensors":            {file(`{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"U8","shape":[1],"data_offsets":[2,3]}}`, 3), `"b": want it at byte 1`},
		"a shape that is not the size":      {file(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}`, 4), `"a": want 8 bytes for F32 [2], header has 4`},
		"data that is cut off":              {file(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`, 7), `"a": want 8 bytes of data, file has 7: it is cut off`},
		"data that nobody owns":             {file(`{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}`, 2), "want 1 bytes of data, file has 2"},
		"metadata that are not strings":     {file(`{"__metadata__":{"a":1}}`, 0), `header: "__metadata__"`},
		"a field that the format has not":   {file(`{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"url":"x"}}`, 1), `header: "a"`},
		"a tensor that is not an object":    {file(`{"a":7}`, 0), `header: "a"`},
		"a tensor of no bytes at the front": {file(`{"a":{"dtype":"U8","shape":[0],"data_offsets":[5,5]}}`, 0), `"a": want it at byte 0`},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := parseSafetensors(c.file); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want an error with %q", err, c.want)
			}
		})
	}
}

func TestSaveIsReadBackTheSame(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.safetensors")
	want := map[string]tensor.Array{
		"matrix": tensor.Of([]float32{1, -2, 3.5, 1e-30, math.MaxFloat32, 0}, 2, 3), "packed": {Type: tensor.Type{DType: tensor.U32, Shape: tensor.Shape{1, 2}}, Data: []byte("12345678")},
		"half": {Type: tensor.Type{DType: tensor.F16, Shape: tensor.Shape{2}}, Data: []byte{0, 0x3c, 1, 0x3c}}, "scalar": tensor.Of([]float32{7}), "none": tensor.Of(nil, 0, 4),
	}
	var entries []Entry
	for _, name := range []string{"matrix", "packed", "none", "scalar", "half"} {
		entries = append(entries, EntryOf(name, want[name]))
	}
	if err := Save(path, map[string]string{"format": "mlx"}, entries); err != nil {
		t.Fatal(err)
	}
	src := open(t, path)
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	other, err := reference.Deserialize(raw) // another implementation of the format
	if err != nil {
		t.Fatal(err)
	}
	for name, w := range want {
		got := get(t, src, name)
		if got.DType != w.DType || !slices.Equal(got.Shape, w.Shape) || string(got.Data) != string(w.Data) {
			t.Errorf("%q: got %v %x, want %v %x", name, got.Type, got.Data, w.Type, w.Data)
		}
		if v, ok := other.Tensor(name); !ok || string(v.Data()) != string(w.Data) || len(v.Shape()) != len(w.Shape) {
			t.Errorf("%q: the reference reads %v, want %v", name, v.Shape(), w.Type)
		}
	}
	if len(src.Names()) != len(want) || other.Len() != len(want) {
		t.Errorf("got %d tensors, the reference %d, want %d", len(src.Names()), other.Len(), len(want))
	}
}

func TestSaveThatFailsLeavesTheOldFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "m.safetensors")
	if err := Save(path, nil, []Entry{EntryOf("a", tensor.Of([]float32{1}, 1))}); err != nil {
		t.Fatal(err)
	}
	before, _ := os.ReadFile(path)
	full := errors.New("no space left on device")
	err := Save(path, nil, []Entry{EntryOf("a", tensor.Of([]float32{2}, 1)), {"b", tensor.Type{Shape: tensor.Shape{1}}, func() ([]byte, error) { return nil, full }}})
	if !errors.Is(err, full) {
		t.Errorf("got %v, want %v", err, full)
	}
	if err := Save(path, nil, []Entry{{"a", tensor.Type{Shape: tensor.Shape{2}}, func() ([]byte, error) { return make([]byte, 4), nil }}}); err == nil {
		t.Error("got no error, want one for 4 bytes of f32[2]")
	}
	if after, _ := os.ReadFile(path); string(after) != string(before) {
		t.Error("the old file has changed")
	}
	if files, _ := os.ReadDir(dir); len(files) != 1 {
		t.Errorf("got %d files, want the old one alone", len(files))
	}
	if err := Save(path, nil, []Entry{EntryOf("a", tensor.Of(nil, 0)), EntryOf("a", tensor.Of(nil, 0))}); err == nil {
		t.Error("got no error, want one for a name that comes twice")
	}
}

func TestValuesThatAreNotFiniteAreNamed(t *testing.T) {
	nan := float32(math.NaN())
	for name, dtype := range map[string]tensor.DType{"f32": tensor.F32, "f16": tensor.F16, "bf16": tensor.BF16} {
		for _, bad := range []float32{nan, float32(math.Inf(1)), float32(math.Inf(-1))} {
			path := filepath.Join(t.TempDir(), "m.safetensors")
			a := tensor.NewArray(dtype, 3)
			a.Store([]float32{60000, bad, 1})
			if err := Save(path, nil, []Entry{EntryOf("norm.weight", a)}); err != nil {
				t.Fatal(err)
			}
			want := `weights: "norm.weight": want finite numbers, file has NaN or infinity at 1`
			if _, err := open(t, path).Get("norm.weight"); err == nil || err.Error() != want {
				t.Errorf("%s with %g: got %v, want %s", name, bad, err, want)
			}
		}
	}
}

func TestTypesTheEngineHasNotArePassedBy(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.safetensors")
	header := `{"ids":{"dtype":"I64","shape":[2],"data_offsets":[0,16]},"w":{"dtype":"F32","shape":[1],"data_offsets":[16,20]}}`
	if err := os.WriteFile(path, file(header, 20), 0o600); err != nil {
		t.Fatal(err)
	}
	src := open(t, path)
	if got := get(t, src, "w").F32(); got[0] != 0 {
		t.Errorf("got %v, want 0", got)
	}
	if _, err := src.Get("ids"); err == nil || !strings.Contains(err.Error(), "file has I64") {
		t.Errorf("got %v, want an error that names I64", err)
	}
}

func FuzzSafetensors(f *testing.F) {
	f.Add(file(`{"a":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},"__metadata__":{"format":"pt"}}`, 8))
	f.Add(file(`{"a":{"dtype":"BF16","shape":[],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[0,9],"data_offsets":[2,2]}}`, 2))
	f.Fuzz(func(t *testing.T, b []byte) {
		tensors, err := parseSafetensors(b)
		if err != nil {
			return
		}
		src := &safetensors{b, tensors}
		for _, name := range src.Names() {
			if a, err := src.Get(name); err == nil && len(a.Data) != a.Bytes() {
				t.Errorf("%q: got %d bytes for %v", name, len(a.Data), a.Type)
			}
		}
	})
}
