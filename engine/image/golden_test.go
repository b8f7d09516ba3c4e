package image

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"
)

// Golden files come from build/golden/image.py, which names the versions of Pillow and transformers.

func golden[T any](t *testing.T, name string) T {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	var v T
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return v
}

// pattern is the picture of the same name in image.py: slopes that wrap around, under noise.
func pattern(size Size) *Picture {
	p := NewPicture(size)
	for at := range p.Pix {
		i := uint32(at)
		noise := i * 2654435761
		noise ^= noise >> 13
		noise *= 0x5bd1e995
		noise ^= noise >> 15
		c, x, y := i%3, i/3%uint32(size.Width), i/3/uint32(size.Width)
		p.Pix[at] = byte(x*(c+1)*7 + y*(5-c)*3 + noise%64)
	}
	return p
}

func decodeFile(t *testing.T, path string) (*Picture, error) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return Decode(context.Background(), bytes.NewReader(data), Limits{})
}

// sample is an index into flattened values and the value there.
type sample [2]float64

// checkHash compares all bytes with the golden hash and, when they differ, says where the samples do.
func checkHash[T byte | float32](t *testing.T, values []T, want string, samples []sample) {
	t.Helper()
	if got := digest(values)[:len(want)]; got != want {
		t.Errorf("got hash %s, want %s", got, want)
	}
	checkSamples(t, values, samples, 0)
}

func checkSamples[T byte | float32](t *testing.T, values []T, samples []sample, tolerance float64) {
	t.Helper()
	for _, s := range samples {
		if i := int(s[0]); i >= len(values) {
			t.Errorf("got %d values, want one at %d", len(values), i)
		} else if got := float64(values[i]); math.Abs(got-s[1]) > tolerance {
			t.Errorf("value %d: got %v, want %v", i, got, s[1])
		}
	}
}

func digest[T byte | float32](values []T) string {
	h := sha256.New()
	if err := binary.Write(h, binary.LittleEndian, values); err != nil {
		panic(err)
	}
	return hex.EncodeToString(h.Sum(nil))
}
