package adapter

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sightglass/engine/tensor"
	"sightglass/engine/weights"
)

// The files of an adapter's folder.
const (
	configFile = "adapter_config.json"
	PEFTFile   = "adapter_model.safetensors"
	mlxFile    = "adapters.safetensors"
)

// PEFTPrefix begins the names of layers in PEFT's files.
const PEFTPrefix = "base_model.model."

// maxRank bounds the rank of an adapter.
const maxRank = 1 << 16

// Folder is an opened adapter, in PEFT's layout or in mlx-vlm's, which mlx-lm shares.
type Folder struct {
	Rank  int
	Scale float32
	DoRA  bool

	pictures bool
	mlx      bool // matrices lie the other way round
	src      weights.Source
	parts    map[string]parts // by layer
}

// parts name the matrices of one layer in the file, and for DoRA the lengths of its rows.
type parts struct{ a, b, magnitude string }

// names lists the parts that are there.
func (p parts) names() []string {
	if p.magnitude == "" {
		return []string{p.a, p.b}
	}
	return []string{p.a, p.b, p.magnitude}
}

// Open reads the configuration in a folder, and which layers it is for. Of a folder with the files of both, PEFT's count.
func Open(dir string) (*Folder, error) {
	f := &Folder{}
	file := PEFTFile
	if _, err := os.Stat(filepath.Join(dir, PEFTFile)); errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(filepath.Join(dir, mlxFile)); err == nil {
			f.mlx, file = true, mlxFile
		}
	}
	data, err := readConfig(filepath.Join(dir, configFile))
	if err == nil && f.mlx {
		err = f.readMLX(data)
	} else if err == nil {
		err = f.readPEFT(data)
	}
	if err != nil {
		return nil, err
	}
	if f.Rank < 1 || f.Rank > maxRank {
		return nil, fmt.Errorf("adapter: %s: want a rank from 1 to %d, found %d", configFile, maxRank, f.Rank)
	}
	if f.src, err = weights.OpenFile(filepath.Join(dir, file)); err != nil {
		return nil, err
	}
	if err := f.group(); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// Close lets go of the file.
func (f *Folder) Close() error { return f.src.Close() }

// Names lists the layers as the folder calls them.
func (f *Folder) Names() []string { return slices.Sorted(maps.Keys(f.parts)) }

func readConfig(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("adapter: %w", err)
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, 1<<20))
	if err != nil {
		return nil, fmt.Errorf("adapter: %w", err)
	}
	return data, nil
}

// readPEFT reads adapter_config.json, as far as it matters for running an adapter.
func (f *Folder) readPEFT(data []byte) error {
	type ranks map[string]float64
	var c struct {
		Rank      int     `json:"r"`
		Alpha     float64 `json:"lora_alpha"`
		RSLoRA    bool    `json:"use_rslora"`
		DoRA      bool    `json:"use_dora"`
		Type      string  `json:"peft_type"`
		FanInOut  bool    `json:"fan_in_fan_out"`
		RankOf    ranks   `json:"rank_pattern"`
		AlphaOf   ranks   `json:"alpha_pattern"`
		LayerBias string  `json:"bias"`
		Pictures  bool    `json:"pictures_only"` // ours: PEFT leaves out what it does not know, with a warning
	}
	if err := json.Unmarshal(data, &c); err != nil {
		return fmt.Errorf("adapter: %s: %w", configFile, err)
	}
	switch {
	case c.Type != "" && c.Type != "LORA":
		return fmt.Errorf("adapter: %s: \"peft_type\": want \"LORA\", found %q", configFile, c.Type)
	case c.FanInOut || len(c.RankOf) > 0 || len(c.AlphaOf) > 0 || (c.LayerBias != "" && c.LayerBias != "none"):
		return fmt.Errorf("adapter: %s: want LoRA or DoRA with one rank and no bias, found more", configFile)
	}
	f.Rank, f.DoRA, f.pictures = c.Rank, c.DoRA, c.Pictures
	f.Scale = float32(c.Alpha / float64(c.Rank))
	if c.RSLoRA {
		f.Scale = float32(c.Alpha / math.Sqrt(float64(c.Rank)))
	}
	return nil
}

// readMLX reads the adapter_config.json of mlx-vlm 0.7 and mlx-lm, or that of mlx-vlm before, which has rank and alpha alone.
func (f *Folder) readMLX(data []byte) error {
	var c struct {
		Type       string `json:"fine_tune_type"`
		Parameters *struct {
			Rank  int
			Scale float64
		} `json:"lora_parameters"`
		Rank  int
		Alpha float64
	}
	if err := json.Unmarshal(data, &c); err != nil {
		return fmt.Errorf("adapter: %s: %w", configFile, err)
	}
	if c.Type != "" && c.Type != "lora" && c.Type != "dora" {
		return fmt.Errorf("adapter: %s: \"fine_tune_type\": want \"lora\" or \"dora\", found %q", configFile, c.Type)
	}
	f.DoRA = c.Type == "dora"
	if c.Parameters != nil {
		f.Rank, f.Scale = c.Parameters.Rank, float32(c.Parameters.Scale)
	} else {
		f.Rank, f.Scale = c.Rank, float32(c.Alpha/float64(c.Rank))
	}
	return nil
}

// group sorts the file's names by layer: base_model.model.<layer>.lora_A[.default].weight of PEFT, <layer>.lora_a of MLX, <layer>.A of its old layout.
func (f *Folder) group() error {
	f.parts = map[string]parts{}
	for _, name := range f.src.Names() {
		layer, part := f.partOf(name)
		p := f.parts[layer]
		switch part {
		case "a":
			p.a = name
		case "b":
			p.b = name
		case "m":
			p.magnitude = name
		default:
			return fmt.Errorf("adapter: %q: want a matrix of LoRA, found something else", name)
		}
		f.parts[layer] = p
	}
	for layer, p := range f.parts {
		if p.a == "" || p.b == "" {
			return fmt.Errorf("adapter: %q: want both of LoRA's matrices, found one of them", layer)
		}
		if (p.magnitude != "") != f.DoRA {
			return fmt.Errorf("adapter: %q: want lengths of rows (lora_magnitude_vector) where the configuration says DoRA, and only there", layer)
		}
	}
	return nil
}

// partOf splits a name into the layer and "a", "b" or "m"; anything else is no part.
func (f *Folder) partOf(name string) (layer, part string) {
	if f.mlx {
		i := strings.LastIndexByte(name, '.')
		return name[:max(i, 0)], map[string]string{"lora_a": "a", "lora_b": "b", "m": "m", "A": "a", "B": "b"}[name[i+1:]]
	}
	layer, rest, _ := strings.Cut(name, ".lora_")
	layer = strings.TrimPrefix(layer, PEFTPrefix)
	part, end, _ := strings.Cut(rest, ".")
	switch {
	case part == "A" && strings.HasSuffix(end, "weight"):
		return layer, "a"
	case part == "B" && strings.HasSuffix(end, "weight"):
		return layer, "b"
	case part == "magnitude_vector":
		return layer, "m"
	}
	return layer, ""
}

// fits checks the matrices of a layer against its shape.
func (f *Folder) fits(name string, out, in int) error {
	shapes := []tensor.Shape{{f.Rank, in}, {out, f.Rank}, {out}}
	for i, part := range f.parts[name].names() {
		t, err := f.src.Get(part)
		if err != nil {
			return err
		}
		want := shapes[i]
		if f.mlx && len(want) == 2 {
			want = tensor.Shape{want[1], want[0]}
		}
		if !t.DType.Float() || !t.Shape.Equal(want) {
			return fmt.Errorf("want %v, file has %v", want, t.Type)
		}
	}
	return nil
}

// array is a part as PEFT has it: A [R, in], B [out, R], lengths [out].
func (f *Folder) array(part string) (tensor.Array, error) {
	t, err := f.src.Get(part)
	if err != nil || !f.mlx || len(t.Shape) != 2 {
		return t.Array, err
	}
	return transpose(t.Array), nil
}

// transpose swaps rows and columns.
func transpose(a tensor.Array) tensor.Array {
	rows, columns, size := a.Shape[0], a.Shape[1], a.DType.Size()
	t := tensor.NewArray(a.DType, columns, rows)
	for i := range rows {
		for j := range columns {
			copy(t.Data[(j*rows+i)*size:][:size], a.Data[(i*columns+j)*size:])
		}
	}
	return t
}
