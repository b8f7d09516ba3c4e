package image

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"go/build"
	"hash/crc32"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// decoded is what Pillow made of a file: a hash and samples of all pixels, or for lossy files the pixels as a PNG.
type decoded struct {
	File    string
	Mode    string
	Size    [2]int
	SHA256  string
	Samples []sample
	Pixels  string
	Error   string
}

// jpegTolerance is in grey levels of 255: libjpeg and Go round their inverse cosine transforms differently.
const jpegTolerance = 3

func TestDecodeIsPillows(t *testing.T) {
	for _, c := range golden[[]decoded](t, "pictures.json") {
		t.Run(c.File, func(t *testing.T) {
			got, err := decodeFile(t, filepath.Join("testdata/pictures", c.File))
			if err != nil {
				t.Fatal(err)
			}
			if want := (Size{c.Size[0], c.Size[1]}); got.Size != want {
				t.Fatalf("got %v, want %v", got.Size, want)
			}
			if c.Pixels == "" {
				checkHash(t, got.Pix, c.SHA256, c.Samples)
				return
			}
			want, err := decodeFile(t, filepath.Join("testdata/pictures", c.Pixels))
			if err != nil {
				t.Fatal(err)
			}
			checkNear(t, got.Pix, want.Pix, jpegTolerance)
		})
	}
}

func checkNear(t *testing.T, got, want []byte, tolerance int) {
	t.Helper()
	worst, at, sum := 0, 0, 0
	for i := range want {
		off := max(int(got[i])-int(want[i]), int(want[i])-int(got[i]))
		sum += off
		if off > worst {
			worst, at = off, i
		}
	}
	mean := float64(sum) / float64(len(want))
	t.Logf("differences: largest %d, mean %.3f", worst, mean)
	if worst > tolerance || mean > 0.25 {
		t.Errorf("value %d: got %d, want %d; mean difference %.3f, want at most 0.25", at, got[at], want[at], mean)
	}
}

// goTestdata is the folder of pictures in Go's own source tree.
func goTestdata(t testing.TB) string {
	dir := filepath.Join(build.Default.GOROOT, "src/image")
	if _, err := os.Stat(filepath.Join(dir, "testdata")); err != nil {
		t.Skip("Go was installed without its source: ", err)
	}
	return dir
}

// stricter lists the files that Pillow reads and Decode refuses: they end before the PNG does.
var stricter = []string{"png/testdata/invalid-noend.png", "png/testdata/invalid-trunc.png"}

// subsampledRGB has red at full and green and blue at half size. Its chroma-like channels are repeated, not interpolated.
const subsampledRGB = "testdata/video-001.rgb.jpeg"

func TestDecodeSuiteIsPillows(t *testing.T) {
	dir := goTestdata(t)
	for _, c := range golden[[]decoded](t, "suite.json") {
		t.Run(c.File, func(t *testing.T) {
			got, err := decodeFile(t, filepath.Join(dir, c.File))
			if c.Error != "" || slices.Contains(stricter, c.File) {
				if !errors.Is(err, ErrNotPicture) {
					t.Errorf("got %v, want %v", err, ErrNotPicture)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if want := (Size{c.Size[0], c.Size[1]}); got.Size != want {
				t.Fatalf("got %v, want %v", got.Size, want)
			}
			switch {
			case c.File == subsampledRGB:
				checkSamples(t, got.Pix, c.Samples, 45)
			case strings.HasSuffix(c.File, ".jpeg"):
				checkSamples(t, got.Pix, c.Samples, jpegTolerance)
			default:
				checkHash(t, got.Pix, c.SHA256, c.Samples)
			}
		})
	}
}

// hugePNG is a valid header, and nothing else.
func hugePNG(width, height uint32) []byte {
	header := binary.BigEndian.AppendUint32([]byte("IHDR"), width)
	header = binary.BigEndian.AppendUint32(header, height)
	header = append(header, 8, 2, 0, 0, 0)
	file := append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0d"), header...)
	return binary.BigEndian.AppendUint32(file, crc32.ChecksumIEEE(header))
}

func TestDecodeRefuses(t *testing.T) {
	cases := []struct {
		name   string
		data   string
		limits Limits
		is     error
		says   string
	}{
		{"30000x30000 pixels", string(hugePNG(30000, 30000)), Limits{}, ErrTooLarge, "30000x30000 is 900 million pixels, at most 100 million"},
		{"the largest size there is", string(hugePNG(1<<31-1, 1<<31-1)), Limits{}, nil, ""},
		{"a width of zero", string(hugePNG(0, 5)), Limits{}, ErrNotPicture, ""},
		{"a picture over its own limit", string(hugePNG(20, 20)), Limits{MaxPixels: 399}, ErrTooLarge, "20x20"},
		{"a file over the byte limit", string(hugePNG(20, 20)), Limits{MaxBytes: 10}, ErrTooLarge, "over 10 bytes"},
		{"a header without pixels", string(hugePNG(20, 20)), Limits{}, ErrNotPicture, "broken PNG"},
		{"an empty file", "", Limits{}, ErrNotPicture, "0 bytes"},
		{"text", "hello, world", Limits{}, ErrNotPicture, "not PNG, JPEG"},
		{"HEIC", "\x00\x00\x00\x18ftypheic\x00\x00\x00\x00", Limits{}, ErrNotPicture, "HEIC"},
		{"AVIF", "\x00\x00\x00\x18ftypavif\x00\x00\x00\x00", Limits{}, ErrNotPicture, "AVIF"},
		{"SVG", "\xef\xbb\xbf<?xml version='1.0'?>\n<svg xmlns='http://www.w3.org/2000/svg'/>", Limits{}, ErrNotPicture, "SVG"},
		{"PDF", "%PDF-1.7\n", Limits{}, ErrNotPicture, "PDF"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := Decode(context.Background(), strings.NewReader(c.data), c.limits)
			runtime.ReadMemStats(&after)
			if err == nil || c.is != nil && !errors.Is(err, c.is) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want %v saying %q", err, c.is, c.says)
			}
			if got := after.TotalAlloc - before.TotalAlloc; got > 1<<20 {
				t.Errorf("allocated %d bytes, want under 1 MiB", got)
			}
		})
	}
}

func TestDecodeStopsWhenCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, file := range []string{"rgb.png", "420.jpg", "lossy.webp", "palette.gif", "rgb.bmp", "rgb_raw.tiff"} {
		t.Run(file, func(t *testing.T) {
			data, err := os.ReadFile(filepath.Join("testdata/pictures", file))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := Decode(ctx, bytes.NewReader(data), Limits{}); !errors.Is(err, context.Canceled) {
				t.Errorf("got %v, want %v", err, context.Canceled)
			}
		})
	}
}

func TestProbeTellsTheUprightSize(t *testing.T) {
	for file, want := range map[string]Info{
		"turned1.jpg": {Format: "JPEG", Size: Size{24, 17}},
		"turned6.jpg": {Format: "JPEG", Size: Size{17, 24}},
		"turned8.png": {Format: "PNG", Size: Size{5, 7}},
		"inset.gif":   {Format: "GIF", Size: Size{45, 40}},
		"lossy.webp":  {Format: "WebP", Size: Size{61, 43}},
	} {
		t.Run(file, func(t *testing.T) {
			data, err := os.ReadFile(filepath.Join("testdata/pictures", file))
			if err != nil {
				t.Fatal(err)
			}
			got, err := Probe(bytes.NewReader(data), Limits{})
			if err != nil || got.Format != want.Format || got.Size != want.Size {
				t.Errorf("got %v %v, %v, want %v %v", got.Format, got.Size, err, want.Format, want.Size)
			}
		})
	}
}
