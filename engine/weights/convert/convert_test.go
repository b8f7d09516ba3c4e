package convert

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"sightglass/engine/tensor"
	"sightglass/engine/weights"
)

const configJSON = `{"architectures":["LlavaForConditionalGeneration"],"eos_token_id":2,"text_config":{"rope_theta":1e6,"rms_norm_eps":1e-05}}`

// values are numbers of a fixed pattern between -1 and 1.
func values(n int) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(math.Sin(float64(i)*12.9898) * 0.9)
	}
	return v
}

func array(d tensor.DType, shape ...int) tensor.Array {
	a := tensor.NewArray(d, shape...)
	a.Store(values(a.Shape.Size()))
	return a
}

// folder is a model folder with one of each kind of tensor.
func folder(t *testing.T, edit func(map[string]tensor.Array)) string {
	t.Helper()
	dir := t.TempDir()
	tensors := map[string]tensor.Array{
		"model.text_model.embed_tokens.weight":              array(tensor.BF16, 48, 128),
		"model.text_model.layers.0.mlp.up_proj.weight":      array(tensor.F16, 5, 64),
		"model.text_model.layers.0.mlp.up_proj.bias":        array(tensor.F16, 5),
		"model.text_model.layers.0.odd.weight":              array(tensor.F32, 3, 40),
		"model.text_model.norm.weight":                      array(tensor.BF16, 63),
		"model.vision_model.fc1.weight":                     array(tensor.BF16, 8, 64),
		"model.vision_model.embeddings.position_ids":        {Type: tensor.Type{DType: tensor.I32, Shape: tensor.Shape{1}}, Data: make([]byte, 4)},
		"model.text_model.layers.0.self_attn.q_norm.weight": array(tensor.F32, 1, 64),
	}
	if edit != nil {
		edit(tensors)
	}
	var entries []weights.Entry
	for name, a := range tensors {
		entries = append(entries, weights.EntryOf(name, a))
	}
	if err := weights.Save(filepath.Join(dir, "model.safetensors"), nil, entries); err != nil {
		t.Fatal(err)
	}
	for file, text := range map[string]string{"config.json": configJSON, "tokenizer.json": "{}", "chat_template.jinja": "x", "modeling.py": "import os", "model.safetensors.index.json": `{"weight_map":{"model.text_model.norm.weight":"model.safetensors"}}`} {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func convert(t *testing.T, src string, o Options) (string, weights.Source) {
	t.Helper()
	dst := filepath.Join(t.TempDir(), "out")
	if err := Convert(context.Background(), src, dst, o); err != nil {
		t.Fatal(err)
	}
	out, err := weights.Open(dst)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { out.Close() })
	return dst, out
}

func TestConvertRoundsLinearLayersAndEmbeddings(t *testing.T) {
	a := tensor.Affine{Bits: 4, Group: 64}
	src := folder(t, nil)
	dst, out := convert(t, src, Options{Affine: a})
	in, err := weights.Open(src)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	rounded := map[string]bool{"model.text_model.embed_tokens.weight": true, "model.text_model.layers.0.mlp.up_proj.weight": true}
	for _, name := range in.Names() {
		was, _ := in.Get(name)
		got, err := out.Get(name)
		if err != nil {
			t.Fatal(err)
		}
		if !rounded[name] {
			if got.DType != was.DType || string(got.Data) != string(was.Data) {
				t.Errorf("%q: got %v, want it as it was, %v", name, got.Type, was.Type)
			}
			continue
		}
		words, scales, biases := weights.Quantize(was.Floats(), a)
		if !slices.Equal(got.U32(), words) {
			t.Errorf("%q: got other words than Quantize gives", name)
		}
		for part, v := range map[string][]float32{".scales": scales, ".biases": biases} {
			got, err := out.Get(strings.TrimSuffix(name, ".weight") + part)
			if err != nil {
				t.Fatal(err)
			}
			want := tensor.NewArray(was.DType, was.Shape[0], was.Shape[1]/a.Group)
			want.Store(v)
			if got.Type.String() != want.Type.String() || string(got.Data) != string(want.Data) {
				t.Errorf("%q: %s: got %v, want %v", name, part, got.Floats(), want.Floats())
			}
		}
	}
	if got, want := len(out.Names()), len(in.Names())+2*len(rounded); got != want {
		t.Errorf("got %d tensors, want %d", got, want)
	}
	var config struct {
		Architectures []string
		Quantization  struct {
			GroupSize int `json:"group_size"`
			Bits      int
			Mode      string
		}
		TextConfig json.RawMessage `json:"text_config"`
	}
	readJSON(t, dst, "config.json", &config)
	if q := config.Quantization; q.GroupSize != 64 || q.Bits != 4 || q.Mode != "affine" || config.Architectures[0] != "LlavaForConditionalGeneration" || !strings.Contains(string(config.TextConfig), "1e-05") {
		t.Errorf("config.json: got %+v", config)
	}
	files, _ := os.ReadDir(dst)
	var names []string
	for _, f := range files {
		names = append(names, f.Name())
	}
	if want := []string{"chat_template.jinja", "config.json", "model.safetensors", "tokenizer.json"}; !slices.Equal(names, want) {
		t.Errorf("got files %v, want %v", names, want)
	}
}

func TestConvertOfGGUFKeepsItsValues(t *testing.T) {
	dst, out := convert(t, "../testdata/tiny.gguf", Options{})
	in, err := weights.Open("../testdata/tiny.gguf")
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	if !slices.Equal(out.Names(), in.Names()) {
		t.Errorf("got %v, want %v", out.Names(), in.Names())
	}
	for _, name := range in.Names() {
		was, _ := in.Get(name)
		if got, err := out.Get(name); err != nil || got.Type.String() != was.Type.String() || string(got.Data) != string(was.Data) {
			t.Errorf("%q: got %v %v, want %v as it was", name, got.Type, err, was.Type)
		}
	}
	var config struct {
		HeadDim      int     `json:"head_dim"`
		Eps          float64 `json:"rms_norm_eps"`
		Tied         bool    `json:"tie_word_embeddings"`
		Quantization map[string]any
	}
	readJSON(t, dst, "config.json", &config)
	if config.HeadDim != 16 || config.Eps != 1e-5 || config.Tied || config.Quantization["bits"] != 4.0 || config.Quantization["group_size"] != 32.0 {
		t.Errorf("config.json: got %+v", config)
	}
	if q, ok := config.Quantization["model.embed_tokens"].(map[string]any); !ok || q["bits"] != 8.0 {
		t.Errorf("config.json: got %v for the embedding, want 8 bits", q)
	}
	var tokenizer struct {
		Model struct {
			Vocab  map[string]int
			Merges []string
		}
	}
	readJSON(t, dst, "tokenizer.json", &tokenizer)
	if tokenizer.Model.Vocab["t31"] != 31 || !slices.Equal(tokenizer.Model.Merges, []string{"t 1", "t 2"}) {
		t.Errorf("tokenizer.json: got %+v", tokenizer.Model)
	}
}

func TestConvertOfGGUFRoundsTheRest(t *testing.T) {
	_, out := convert(t, "../testdata/tiny.gguf", Options{Affine: tensor.Affine{Bits: 8, Group: 64}})
	for name, want := range map[string]tensor.Shape{
		"model.layers.0.self_attn.k_proj.scales": {32, 1}, // f16 in the file
		"model.layers.0.mlp.gate_proj.scales":    {96, 2}, // Q4_1
	} {
		if got, err := out.Get(name); err != nil || !got.Shape.Equal(want) {
			t.Errorf("%q: got %v %v, want %v", name, got.Shape, err, want)
		}
	}
}

func TestConvertThatFailsLeavesNothing(t *testing.T) {
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	nan := func(m map[string]tensor.Array) {
		m["model.text_model.embed_tokens.weight"].U16()[128*7+3] = 0x7fc0 // NaN
		m["model.text_model.embed_tokens.weight"] = pad(m["model.text_model.embed_tokens.weight"])
	}
	for name, c := range map[string]struct {
		ctx  context.Context
		src  string
		o    Options
		want string
	}{
		"a cancelled one":        {cancelled, folder(t, nil), Options{}, context.Canceled.Error()},
		"three bits":             {context.Background(), folder(t, nil), Options{Affine: tensor.Affine{Bits: 3, Group: 64}}, "want 4 or 8 bits"},
		"a weight that is NaN":   {context.Background(), folder(t, nan), Options{Affine: tensor.Affine{Bits: 4, Group: 32}}, `"model.text_model.embed_tokens.weight": want finite numbers, file has NaN or infinity in row 7`},
		"a folder without model": {context.Background(), t.TempDir(), Options{}, "want model.safetensors"},
	} {
		t.Run(name, func(t *testing.T) {
			parent := t.TempDir()
			err := Convert(c.ctx, c.src, filepath.Join(parent, "out"), c.o)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want an error with %q", err, c.want)
			}
			if left, _ := os.ReadDir(parent); len(left) > 0 {
				t.Errorf("got %v left behind", left)
			}
		})
	}
}

// pad makes a matrix larger than what is searched for NaN when a file is opened.
func pad(a tensor.Array) tensor.Array {
	big := tensor.NewArray(a.DType, 20000, a.Shape[1])
	copy(big.Data, a.Data)
	return big
}

func TestConvertRefuses(t *testing.T) {
	src := folder(t, nil)
	if err := Convert(context.Background(), src, src, Options{}); err == nil || !strings.Contains(err.Error(), "want a new folder") {
		t.Errorf("to its own folder: got %v", err)
	}
	once, _ := convert(t, src, Options{Affine: tensor.Affine{Bits: 4, Group: 64}})
	err := Convert(context.Background(), once, filepath.Join(t.TempDir(), "x"), Options{Affine: tensor.Affine{Bits: 8, Group: 64}})
	if err == nil || !strings.Contains(err.Error(), "the model is quantized already") {
		t.Errorf("a second time: got %v", err)
	}
	if again, _ := convert(t, once, Options{}); again == "" {
		t.Error("a copy of a quantized model: got nothing")
	}
	if err := Convert(context.Background(), src, t.TempDir(), Options{}); err != nil {
		t.Errorf("to an empty folder: got %v", err)
	}
	if _, err := os.Stat(filepath.Join(src, "model.safetensors")); errors.Is(err, os.ErrNotExist) {
		t.Error("the source is gone")
	}
}

func TestConvertTellsItsProgress(t *testing.T) {
	var last, whole int64
	convert(t, folder(t, nil), Options{Affine: tensor.Affine{Bits: 8, Group: 32}, Progress: func(done, total int64) {
		if done <= last || (whole != 0 && total != whole) {
			t.Errorf("got %d of %d after %d of %d", done, total, last, whole)
		}
		last, whole = done, total
	}})
	if last == 0 || last != whole {
		t.Errorf("got %d of %d at the end", last, whole)
	}
}

func readJSON(t *testing.T, dir, file string, v any) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, file))
	if err == nil {
		err = json.Unmarshal(data, v)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// A model of many matrices takes no more memory than a few of them: what was written stays neither on the heap nor of the mapped file. Of
// that, a machine may bring in some around what is read.
func TestConvertHoldsFewTensors(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("asks Linux what of a file is in memory")
	}
	const matrices, size = 24, 512 * 1024 * 2 // of bf16
	src := folder(t, func(tensors map[string]tensor.Array) {
		for i := range matrices {
			tensors[fmt.Sprintf("model.text_model.layers.%d.mlp.down_proj.weight", i)] = array(tensor.BF16, 512, 1024)
			tensors[fmt.Sprintf("model.vision_model.layers.%d.fc1.weight", i)] = array(tensor.BF16, 512, 1024) // stays as it is
		}
	})
	var before runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	var mapped, heap int64
	err := Convert(t.Context(), src, filepath.Join(t.TempDir(), "out"), Options{Affine: tensor.Affine{Bits: 4, Group: 32}, Progress: func(int64, int64) {
		mapped = resident(t, filepath.Join(src, "model.safetensors"))
		var now runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&now)
		heap = max(heap, int64(now.HeapAlloc)-int64(before.HeapAlloc))
	}})
	if err != nil {
		t.Fatal(err)
	}
	if mapped == 0 || mapped > matrices*size {
		t.Errorf("the file: got %d bytes in memory at the end, want some, at most half of the matrices of %d", mapped, size)
	}
	if heap > 3*size {
		t.Errorf("the heap: got up to %d bytes more, want at most three matrices of %d", heap, size)
	}
}

// resident is how many bytes of a mapped file are in memory.
func resident(t *testing.T, path string) (sum int64) {
	t.Helper()
	maps, err := os.ReadFile("/proc/self/smaps")
	if err != nil {
		t.Fatal(err)
	}
	here := false
	for line := range strings.Lines(string(maps)) {
		fields := strings.Fields(line)
		if !strings.HasSuffix(fields[0], ":") {
			here = fields[len(fields)-1] == path
		} else if n, err := strconv.ParseInt(fields[1], 10, 64); here && fields[0] == "Rss:" && err == nil {
			sum += 1024 * n
		}
	}
	return sum
}
