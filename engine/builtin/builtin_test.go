package builtin_test

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sightglass/engine/builtin"
	"sightglass/engine/tensor"
	"sightglass/engine/weights"
)

// The hashes are of the values that builtin.py packed, which it proved equal to those of the GGUF file.
func TestWeightsHaveTheValuesThatWerePacked(t *testing.T) {
	src, err := weights.Open(builtin.In(".").Model())
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	text, err := os.ReadFile("testdata/dequantized.sha256")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{}
	for line := range strings.Lines(string(text)) {
		hash, name, _ := strings.Cut(strings.TrimSpace(line), "  ")
		want[name] = hash
	}
	for _, name := range src.Names() {
		if strings.HasSuffix(name, ".scales") || strings.HasSuffix(name, ".biases") {
			continue
		}
		if got := hash(t, src, name); got != want[name] {
			t.Errorf("%q: got values with hash %s, want %s", name, got, want[name])
		}
		delete(want, name)
	}
	for name := range want {
		t.Errorf("%q: want it, the model has no such tensor", name)
	}
}

// hash is the SHA-256 of a tensor's values as little-endian f32.
func hash(t *testing.T, src weights.Source, name string) string {
	t.Helper()
	w, err := src.Get(name)
	if err != nil {
		t.Fatal(err)
	}
	var values []float32
	if w.DType == tensor.U32 {
		stem := strings.TrimSuffix(name, "weight")
		scales, err := src.Get(stem + "scales")
		if err != nil {
			t.Fatal(err)
		}
		biases, err := src.Get(stem + "biases")
		if err != nil {
			t.Fatal(err)
		}
		a := tensor.Affine{Bits: 4, Group: 32} // as in config.json
		switch {
		case strings.HasPrefix(name, "model.vision_model"), strings.HasPrefix(name, "model.connector"):
			a = tensor.Affine{Bits: 8, Group: 64}
		case strings.Contains(name, "embed_tokens"):
			a = tensor.Affine{Bits: 8, Group: 32}
		}
		if values, err = weights.Dequantize(w.Array, scales.Array, biases.Array, a); err != nil {
			t.Fatal(err)
		}
	} else {
		values = w.Floats()
	}
	h, row := sha256.New(), make([]byte, 0, 4096)
	for i, v := range values {
		if row = binary.LittleEndian.AppendUint32(row, math.Float32bits(v)); len(row) == cap(row) || i == len(values)-1 {
			h.Write(row)
			row = row[:0]
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

func TestAdapterHasTwoMatricesForEachLayer(t *testing.T) {
	src, err := weights.OpenFile(filepath.Join(builtin.In(".").Adapter(), "adapter_model.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	if got, want := len(src.Names()), 30*7*2; got != want {
		t.Errorf("got %d matrices, want %d", got, want)
	}
}

func TestFilesStaySmallEnoughForGit(t *testing.T) {
	total := int64(0)
	for _, pattern := range []string{"model/*", "adapter/*"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: got %v %v, want files", pattern, files, err)
		}
		for _, f := range files {
			info, err := os.Stat(f)
			if err != nil {
				t.Fatal(err)
			}
			if info.Size() > 95e6 {
				t.Errorf("%s: got %d bytes, want at most 95 MB", f, info.Size())
			}
			total += info.Size()
		}
	}
	if total > 150e6 {
		t.Errorf("got %d bytes in all, want at most 150 MB", total)
	}
}

func TestSampleHasQuestions(t *testing.T) {
	f, err := os.Open(builtin.In(".").Sample())
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := png.Decode(f); err != nil {
		t.Error(err)
	}
	data, err := os.ReadFile("sample.json")
	if err != nil {
		t.Fatal(err)
	}
	var questions []struct{ Question, Answer string }
	if err := json.Unmarshal(data, &questions); err != nil || len(questions) < 3 || questions[0].Answer == "" {
		t.Errorf("sample.json: got %v %v, want questions with answers", questions, err)
	}
}
