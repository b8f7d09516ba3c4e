package weights

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"errors"

	"sightglass/engine/tensor"
)

// folder writes files: safetensors with one tensor for each of the names, anything else as text.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for file, content := range files {
		path := filepath.Join(dir, file)
		if filepath.Ext(file) != ".safetensors" {
			if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			continue
		}
		var entries []Entry
		for i, name := range strings.Fields(content) {
			entries = append(entries, EntryOf(name, tensor.Of([]float32{float32(i)}, 1)))
		}
		if err := Save(path, nil, entries); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestOpenFindsTheWeights(t *testing.T) {
	const index = "model.safetensors.index.json"
	for name, c := range map[string]struct {
		files map[string]string
		want  string
	}{
		"one file":                       {map[string]string{"model.safetensors": "a b"}, "a b"},
		"one file beside an adapter":     {map[string]string{"model.safetensors": "a", "adapter_model.safetensors": "x"}, "a"},
		"a file of another name":         {map[string]string{"weights.safetensors": "a"}, "a"},
		"shards with an index":           {map[string]string{"x-1.safetensors": "a b", "x-2.safetensors": "c", index: `{"weight_map":{"a":"x-1.safetensors","b":"x-1.safetensors","c":"x-2.safetensors"}}`}, "a b c"},
		"shards without an index":        {map[string]string{"model-00001-of-00002.safetensors": "a", "model-00002-of-00002.safetensors": "b"}, "a b"},
		"an index beside a stray weight": {map[string]string{"m.safetensors": "a", "old.safetensors": "z", index: `{"weight_map":{"a":"m.safetensors"}}`}, "a"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := open(t, folder(t, c.files)).Names(); !slices.Equal(got, strings.Fields(c.want)) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestOpenRefusesFoldersThatAreNotWhole(t *testing.T) {
	const index = "model.safetensors.index.json"
	for name, c := range map[string]struct {
		files map[string]string
		want  string
	}{
		"an empty folder":                 {nil, "folder has 0 safetensors and 0 GGUF files"},
		"a shard that is missing":         {map[string]string{"model-00001-of-00002.safetensors": "a"}, "want 2 files, folder has 1"},
		"a shard of the index missing":    {map[string]string{"x.safetensors": "a", index: `{"weight_map":{"a":"x.safetensors","b":"y.safetensors"}}`}, "y.safetensors"},
		"a tensor of the index missing":   {map[string]string{"x.safetensors": "a", index: `{"weight_map":{"a":"x.safetensors","b":"x.safetensors"}}`}, `"b": want it in "x.safetensors", file has no such tensor`},
		"a tensor in two shards":          {map[string]string{"model-1.safetensors": "a", "model-2.safetensors": "a"}, `"a": want it in one file, "model-2.safetensors" has it again`},
		"an index that leaves the folder": {map[string]string{index: `{"weight_map":{"a":"../x.safetensors"}}`}, `want the name of a safetensors file in the folder, found "../x.safetensors"`},
		"an index to an absolute path":    {map[string]string{index: `{"weight_map":{"a":"/etc/x.safetensors"}}`}, "want the name of a safetensors file in the folder"},
		"an index to another format":      {map[string]string{index: `{"weight_map":{"a":"pytorch_model.bin"}}`}, "want the name of a safetensors file in the folder"},
		"an index without a map":          {map[string]string{index: `{}`}, `want "weight_map"`},
		"an index that is no JSON":        {map[string]string{index: `<html>`}, index},
		"an empty file":                   {map[string]string{"m.gguf": ""}, "file has 0 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			src, err := Open(folder(t, c.files))
			if err == nil || src != nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want an error with %q", err, c.want)
			}
		})
	}
	if _, err := Open(filepath.Join(t.TempDir(), "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a folder that is not there: got %v, want %v", err, fs.ErrNotExist)
	}
}

func FuzzIndex(f *testing.F) {
	f.Add([]byte(`{"metadata":{"total_size":1},"weight_map":{"a":"model-00001-of-00002.safetensors"}}`))
	f.Add([]byte(`{"weight_map":{"a":"..\\x.safetensors"}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		index, err := parseIndex(data)
		if err != nil {
			return
		}
		for _, file := range index {
			if !filepath.IsLocal(file) || filepath.Base(file) != file {
				t.Errorf("got %q, want a name in the folder", file)
			}
		}
	})
}
