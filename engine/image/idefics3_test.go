package image

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// tiled is what Idefics3ImageProcessorPil made of a picture.
type tiled struct {
	Config     string
	Pattern    [2]int // a picture made by pattern, or
	File       string // one in testdata/pictures
	Rows, Cols int
	Shape      [4]int   // [tiles, 3, height, width]
	SHA256     []string // of each tile's float32 bytes
	Samples    []sample
}

func TestIdefics3IsTransformers(t *testing.T) {
	configs := golden[map[string]json.RawMessage](t, "idefics3_configs.json")
	for _, c := range golden[[]tiled](t, "idefics3.json") {
		source := c.File
		if source == "" {
			source = Size{c.Pattern[0], c.Pattern[1]}.String()
		}
		t.Run(fmt.Sprintf("%s with config %s", source, c.Config), func(t *testing.T) {
			pic := pattern(Size{c.Pattern[0], c.Pattern[1]})
			if c.File != "" {
				var err error
				if pic, err = decodeFile(t, filepath.Join("testdata/pictures", c.File)); err != nil {
					t.Fatal(err)
				}
			}
			config, err := ParseIdefics3(configs[c.Config])
			if err != nil {
				t.Fatal(err)
			}
			plan, err := config.Plan(pic.Size)
			if err != nil {
				t.Fatal(err)
			}
			got := [...]int{plan.Rows, plan.Cols, len(plan.Tiles), plan.TileSize.Height, plan.TileSize.Width}
			want := [...]int{c.Rows, c.Cols, c.Shape[0], c.Shape[2], c.Shape[3]}
			if got != want {
				t.Fatalf("got rows, columns, tiles, tile height and width %v, want %v", got, want)
			}
			if last := plan.Tiles[len(plan.Tiles)-1]; !last.Whole() {
				t.Errorf("got last tile %+v, want the view of the whole", last)
			}
			tiles, err := plan.Pixels(context.Background(), pic)
			if err != nil {
				t.Fatal(err)
			}
			var all []float32
			for i, tile := range tiles {
				checkHash(t, tile, c.SHA256[i], nil)
				all = append(all, tile...)
			}
			checkSamples(t, all, c.Samples, 0)
		})
	}
}

func TestPlanAllocatesNoPixels(t *testing.T) {
	config, err := ParseIdefics3([]byte(`{"size": {"longest_edge": 2048}, "max_image_size": {"longest_edge": 512}}`))
	if err != nil {
		t.Fatal(err)
	}
	plan, err := config.Plan(Size{1_000_000, 999_999})
	if err != nil {
		t.Fatal(err)
	}
	if len(plan.Tiles) != 17 || plan.Rows != 4 || plan.Cols != 4 {
		t.Errorf("got %d tiles in %d rows and %d columns, want 17, 4 and 4", len(plan.Tiles), plan.Rows, plan.Cols)
	}
	if got, want := plan.Bytes(), int64(3_000_000_000_000); got < want {
		t.Errorf("got an estimate of %d bytes, want at least the source's %d", got, want)
	}
}

func TestPlanRefusesAnotherPicture(t *testing.T) {
	config, err := ParseIdefics3([]byte(`{}`))
	if err != nil {
		t.Fatal(err)
	}
	plan, err := config.Plan(Size{10, 10})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := plan.Pixels(context.Background(), pattern(Size{10, 11})); err == nil || !strings.Contains(err.Error(), "want a picture of 10x10, got 10x11") {
		t.Errorf("got %v, want an error with both sizes", err)
	}
}

func TestParseIdefics3Refuses(t *testing.T) {
	for name, c := range map[string]struct{ config, says string }{
		"an edge of zero":       {`{"max_image_size": {"height": 5}}`, "max_image_size.longest_edge: want 1 to 16384, got 0"},
		"an endless edge":       {`{"size": {"longest_edge": 1000000000}}`, "size: want"},
		"nearest neighbour":     {`{"resample": 0}`, "resample: want 1"},
		"a reach below zero":    {`{"tile_reach": -1}`, "tile_reach: want 1 to 16384, got -1"},
		"an endless reach":      {`{"whole_reach": {"width": 1000000000}}`, "whole_reach: want a width and height of 1 to 16384"},
		"a deviation of zero":   {`{"image_std": [0.5, 0, 0.5]}`, "image_std"},
		"a file that is broken": {`{"size": `, "unexpected end"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := ParseIdefics3([]byte(c.config)); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want an error with %q", err, c.says)
			}
		})
	}
}

func TestFractionalPositionsAreTransformers(t *testing.T) {
	for _, c := range golden[[]struct {
		Side, Grid int
		IDs        []int32
	}](t, "positions.json") {
		t.Run(fmt.Sprintf("%d patches over a side of %d", c.Grid, c.Side), func(t *testing.T) {
			got := FractionalPositions(c.Grid, c.Grid, c.Side)
			for i, id := range got {
				if want := c.IDs[i/c.Grid]*int32(c.Side) + c.IDs[i%c.Grid]; id != want {
					t.Fatalf("patch %d: got %d, want %d", i, id, want)
				}
			}
		})
	}
}

func TestPatchesAreAConvolutionsWindows(t *testing.T) {
	// Values name their own place: channel * 100 + row * 10 + column, in a tile of 5 rows and 7 columns.
	size, patch := Size{7, 5}, 2
	tile := make([]float32, 3*5*7)
	for i := range tile {
		tile[i] = float32(i/35*100 + i/7%5*10 + i%7)
	}
	got := Patches(tile, size, patch)
	if want := 2 * 3 * 3 * patch * patch; len(got) != want {
		t.Fatalf("got %d values, want %d", len(got), want)
	}
	for i, v := range got {
		p, c, y, x := i/12, i/4%3, i/2%2, i%2
		if want := float32(c*100 + (p/3*2+y)*10 + p%3*2 + x); v != want {
			t.Fatalf("patch %d, channel %d, row %d, column %d: got %v, want %v", p, c, y, x, v, want)
		}
	}
}
