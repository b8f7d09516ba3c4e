package image

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// qwenDefaults are those of Qwen2VLImageProcessor.
func qwenDefaults() Qwen {
	return Qwen{Processor: DefaultProcessor(Bicubic, CLIPMean, CLIPStd), MinPixels: 56 * 56, MaxPixels: 28 * 28 * 1280, PatchSize: 14, Frames: 2, MergeSize: 2}
}

func TestQwenIsTransformers(t *testing.T) {
	for _, c := range golden[[]struct {
		Name    string
		Config  json.RawMessage
		Pattern [2]int // a picture made by pattern, or
		File    string // one in testdata/pictures
		Scaled  [2]int
		SHA256  string // of the patches' float32 bytes; none where only the size is to be known
		Samples []sample
	}](t, "qwen.json") {
		source := Size{c.Pattern[0], c.Pattern[1]}
		t.Run(fmt.Sprintf("%v%s with config %s", source, c.File, c.Name), func(t *testing.T) {
			config, err := ParseQwen(c.Config, qwenDefaults())
			if err != nil {
				t.Fatal(err)
			}
			var pic *Picture
			switch {
			case c.File != "":
				if pic, err = decodeFile(t, filepath.Join("testdata/pictures", c.File)); err != nil {
					t.Fatal(err)
				}
				source = pic.Size
			case c.SHA256 != "":
				pic = pattern(source)
			}
			scaled, err := config.Scaled(source)
			if err != nil {
				t.Fatal(err)
			}
			if want := (Size{c.Scaled[0], c.Scaled[1]}); scaled != want {
				t.Fatalf("got size %v, want %v", scaled, want)
			}
			if pic == nil {
				return
			}
			patches, err := config.Patches(context.Background(), pic, scaled)
			if err != nil {
				t.Fatal(err)
			}
			checkHash(t, patches, c.SHA256, c.Samples)
		})
	}
}

func TestQwenRefuses(t *testing.T) {
	for name, c := range map[string]struct{ config, says string }{
		"bounds in disorder":    {`{"min_pixels": 5000, "max_pixels": 4000}`, "min_pixels and max_pixels"},
		"endless pictures":      {`{"max_pixels": 1000000000000}`, "min_pixels and max_pixels"},
		"negative pixels":       {`{"size": {"shortest_edge": -1}}`, "min_pixels and max_pixels"},
		"patches of nothing":    {`{"patch_size": 0}`, "patch_size"},
		"frames without end":    {`{"temporal_patch_size": 1000}`, "temporal_patch_size"},
		"pictures as they are":  {`{"do_resize": false}`, "do_resize"},
		"a deviation of zero":   {`{"image_std": [0.5, 0, 0.5]}`, "image_std"},
		"a file that is broken": {`{"size": `, "unexpected end"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := ParseQwen([]byte(c.config), qwenDefaults()); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want an error with %q", err, c.says)
			}
		})
	}
	if _, err := qwenDefaults().Scaled(Size{201, 1}); !errors.Is(err, ErrTooLarge) {
		t.Errorf("a picture 201 times as wide as high: got %v, want ErrTooLarge", err)
	}
	if _, err := qwenDefaults().Scaled(Size{0, 1}); err == nil {
		t.Error("a picture without width: got no error")
	}
}
