package image

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// seed adds the pictures in testdata and in Go's own source, broken ones among them.
func seed(f *testing.F, add func(data []byte)) {
	dir := goTestdata(f)
	for _, pattern := range []string{
		"testdata/pictures/*",
		filepath.Join(dir, "png/testdata/pngsuite/*.png"),
		filepath.Join(dir, "png/testdata/invalid*.png"),
		filepath.Join(dir, "testdata/video-005*"),
		filepath.Join(dir, "testdata/*truncated.jpeg"),
	} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			f.Fatalf("%s: %d files, %v", pattern, len(files), err)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			add(data)
		}
	}
}

func FuzzDecode(f *testing.F) {
	seed(f, func(data []byte) { f.Add(data) })
	f.Add(hugePNG(30000, 30000))
	limits := Limits{MaxPixels: 1 << 16, MaxBytes: 1 << 20}
	// Decoders hold the pixels a few times over, in up to 8 bytes, and tables of their own: WebP's of Huffman codes most.
	const maxAllocated = 64 << 20
	f.Fuzz(func(t *testing.T, data []byte) {
		info, probeErr := Probe(bytes.NewReader(data), limits)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		pic, err := Decode(context.Background(), bytes.NewReader(data), limits)
		runtime.ReadMemStats(&after)
		if got := after.TotalAlloc - before.TotalAlloc; got > maxAllocated {
			t.Errorf("allocated %d bytes, want at most %d", got, maxAllocated)
		}
		if err != nil {
			if !errors.Is(err, ErrNotPicture) && !errors.Is(err, ErrTooLarge) {
				t.Errorf("got %v, want one of the two sentinels", err)
			}
			return
		}
		if probeErr != nil || info.Size != pic.Size {
			t.Errorf("got %v, but its header said %v, %v", pic.Size, info.Size, probeErr)
		}
		if int64(len(pic.Pix)) != 3*pic.Pixels() || pic.Pixels() > limits.MaxPixels {
			t.Errorf("got %d bytes for %v, want 3 a pixel, at most %d pixels", len(pic.Pix), pic.Size, limits.MaxPixels)
		}
	})
}

func FuzzOrientation(f *testing.F) {
	seed(f, func(data []byte) {
		f.Add(data)
		if at := bytes.Index(data, []byte("Exif\x00\x00")); at >= 0 {
			f.Add(data[at:])
		}
	})
	f.Fuzz(func(t *testing.T, data []byte) {
		if got := exifOrientation(data); got < 0 || got > 8 {
			t.Errorf("exif: got %d, want 0 to 8", got)
		}
		for _, read := range formats {
			if got := read.orientation(data); got < 1 || got > 8 {
				t.Errorf("%s: got %d, want 1 to 8", read.name, got)
			}
		}
		gifPalette(data)
	})
}
