package engine

import (
	"errors"
	"strings"
	"testing"

	"sightglass/engine/cpu"
	"sightglass/engine/device"
	"sightglass/engine/image"
)

// counting is a device that counts what is allocated.
type counting struct {
	device.Device
	bytes int64
}

func (c *counting) Alloc(bytes int) (device.Buffer, error) {
	c.bytes += int64(bytes)
	return c.Device.Alloc(bytes)
}

func openCounting(t *testing.T, dir string, opts Options) (*Session, *counting, error) {
	t.Helper()
	dev, err := cpu.Open(cpu.Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	c := &counting{Device: dev}
	s, err := Open(t.Context(), c, dir, opts)
	t.Cleanup(func() {
		if err == nil {
			s.Close()
		}
		dev.Close()
	})
	return s, c, err
}

func TestBudgetIsWhatIsTaken(t *testing.T) {
	for _, dir := range []string{splitCheckpoint, "testdata/llava-next-vicuna", "model/qwenvl/testdata/qwen2-vl", "model/qwenvl/testdata/qwen2.5-vl", "model/qwenvl/testdata/qwen3-vl", "model/gemma3/testdata/gemma3"} {
		t.Run(dir, func(t *testing.T) {
			s, c, err := openCounting(t, dir, Options{})
			if err != nil {
				t.Fatal(err)
			}
			var cache int64
			for i := range s.writer.Cache.Keys {
				cache += int64(s.writer.Cache.Keys[i].Type.Bytes() + s.writer.Cache.Values[i].Type.Bytes())
			}
			if s.Budget.Cache != cache {
				t.Errorf("cache: got a plan of %d bytes, want the %d that are taken", s.Budget.Cache, cache)
			}
			look, err := s.eyes.vision.Look(largePicture)
			if err != nil {
				t.Fatal(err)
			}
			before := c.bytes
			if _, err := s.eyes.program(look.View); err != nil {
				t.Fatal(err)
			}
			pixels := 3 * (largePicture.Pixels() + look.Scaled.Pixels())
			if got, want := s.Budget.Vision-pixels, c.bytes-before; got != want {
				t.Errorf("vision: got a plan of %d bytes beside pixels, want the %d that are taken", got, want)
			}
		})
	}
}

func TestModelTooLargeForTheMemoryIsRefusedBeforeItIsTaken(t *testing.T) {
	_, c, err := openCounting(t, splitCheckpoint, Options{Memory: 1 << 20})
	if !errors.Is(err, ErrMemory) || !strings.Contains(err.Error(), "found 0.0 GB") {
		t.Errorf("got %v, want ErrMemory with the numbers", err)
	}
	if c.bytes > 1<<20 {
		t.Errorf("got %d bytes taken before, want none but small weights", c.bytes)
	}
}

func TestPicturesAreScaledToTheAskedSizeAndTheContext(t *testing.T) {
	const dir = "model/qwenvl/testdata/qwen2-vl" // squares of 8 pixels a side, at most 1536 pixels
	for name, c := range map[string]struct {
		opts Options
		most int // tokens of a picture
	}{
		"the family's own limit": {Options{}, 24},
		"fewer pixels":           {Options{MaxPixels: 640}, 10},
		"more than the family's": {Options{MaxPixels: 1 << 30}, 24},
		"next to none":           {Options{MaxPixels: 1}, 1},
		"a small context":        {Options{Context: 16}, 8},
	} {
		t.Run(name, func(t *testing.T) {
			s := openTest(t, dir, c.opts)
			for _, size := range []image.Size{largePicture, {Width: 100, Height: 90}, {Width: 64, Height: 64}} {
				look, err := s.eyes.vision.Look(size)
				if err != nil {
					t.Fatal(err)
				}
				if look.Tokens > c.most || look.Tokens < c.most/2 {
					t.Errorf("%v: got %d tokens, want at most %d and not much less", size, look.Tokens, c.most)
				}
			}
		})
	}
}
