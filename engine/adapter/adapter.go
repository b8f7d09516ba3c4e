// Package adapter puts LoRA adapters on models: it reads PEFT's folders and attaches their matrices where the model has layers of that name.
package adapter

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sightglass/engine/device"
	"sightglass/engine/graph"
	"sightglass/engine/nn"
	"sightglass/engine/tensor"
	"sightglass/engine/weights"
)

// ErrNoMatch is returned when an adapter has no matrix for any layer of the model.
var ErrNoMatch = errors.New("the adapter fits no layer of this model")

// config is adapter_config.json, as far as it matters for running an adapter.
type config struct {
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

type ranks map[string]float64

// scale is PEFT's: alpha/r, or alpha/√r with use_rslora.
func (c config) scale() float32 {
	if c.RSLoRA {
		return float32(c.Alpha / math.Sqrt(float64(c.Rank)))
	}
	return float32(c.Alpha / float64(c.Rank))
}

// Attach puts the adapter in a folder on the layers of a bound model. Every matrix of the adapter must find its layer: by name, or, as names
// differ between versions of transformers, by the longest end of the name that only one layer has.
func Attach(dev device.Device, model any, dir string) error {
	c, err := readConfig(filepath.Join(dir, "adapter_config.json"))
	if err != nil {
		return err
	}
	src, err := weights.OpenFile(filepath.Join(dir, "adapter_model.safetensors"))
	if err != nil {
		return err
	}
	defer src.Close()
	pairs, err := group(src.Names())
	if err != nil {
		return err
	}
	layers := map[string]*nn.Linear{}
	nn.EachLinear(model, func(name string, l *nn.Linear) { layers[name] = l })
	matched := 0
	var missing []string
	for _, name := range slices.Sorted(maps.Keys(pairs)) {
		l := find(layers, name)
		if l == nil {
			missing = append(missing, name)
			continue
		}
		if err := attach(dev, src, pairs[name], l, c); err != nil {
			return fmt.Errorf("adapter: %q: %w", name, err)
		}
		matched++
	}
	switch {
	case matched == 0:
		return fmt.Errorf("adapter: %w: want layers such as %q, the adapter has %q", ErrNoMatch, example(layers), strings.Join(missing[:min(3, len(missing))], ", "))
	case len(missing) > 0:
		return fmt.Errorf("adapter: want a layer for each of %d matrices, the model has none for %q", len(pairs), missing[0])
	}
	return nil
}

// pair names the matrices of one layer in the file, and for DoRA the lengths of its rows.
type pair struct{ a, b, magnitude string }

// group sorts PEFT's names base_model.model.<layer>.lora_A[.default].weight by layer.
func group(names []string) (map[string]pair, error) {
	pairs := map[string]pair{}
	for _, name := range names {
		layer, rest, ok := strings.Cut(name, ".lora_")
		layer = strings.TrimPrefix(layer, "base_model.model.")
		p := pairs[layer]
		part, _, _ := strings.Cut(rest, ".")
		switch {
		case ok && part == "A" && strings.HasSuffix(rest, "weight"):
			p.a = name
		case ok && part == "B" && strings.HasSuffix(rest, "weight"):
			p.b = name
		case ok && part == "magnitude_vector":
			p.magnitude = name
		default:
			return nil, fmt.Errorf("adapter: %q: want a matrix of LoRA, found something else", name)
		}
		pairs[layer] = p
	}
	for layer, p := range pairs {
		if p.a == "" || p.b == "" {
			return nil, fmt.Errorf("adapter: %q: want lora_A and lora_B, found one of them", layer)
		}
	}
	return pairs, nil
}

// find returns the layer of that name, or the only one that shares the name's end from the layer's number on.
func find(layers map[string]*nn.Linear, name string) *nn.Linear {
	if l, ok := layers[name]; ok {
		return l
	}
	for end := name; end != ""; {
		_, end, _ = strings.Cut(end, ".")
		if !strings.ContainsAny(end, "0123456789") {
			return nil
		}
		var found []*nn.Linear
		for full, l := range layers {
			if full == end || strings.HasSuffix(full, "."+end) {
				found = append(found, l)
			}
		}
		if len(found) == 1 {
			return found[0]
		}
		if len(found) > 1 {
			return nil
		}
	}
	return nil
}

// attach reads the matrices of one layer and checks them against it.
func attach(dev device.Device, src weights.Source, p pair, l *nn.Linear, c config) error {
	out, in := l.Out(), l.In()
	lora := &nn.LoRA{Scale: c.scale(), Pictures: c.Pictures}
	if (p.magnitude != "") != c.DoRA {
		return fmt.Errorf("want lengths of rows (lora_magnitude_vector) where \"use_dora\" is set, and only there")
	}
	type part struct {
		name  string
		into  **graph.Node
		shape tensor.Shape
	}
	parts := []part{{p.a, &lora.A, tensor.Shape{c.Rank, in}}, {p.b, &lora.B, tensor.Shape{out, c.Rank}}}
	if c.DoRA {
		parts = append(parts, part{p.magnitude, &lora.Magnitude, tensor.Shape{out}})
	}
	for _, m := range parts {
		t, err := src.Get(m.name)
		if err != nil {
			return err
		}
		if !t.DType.Float() || !t.Shape.Equal(m.shape) {
			return fmt.Errorf("want %v, file has %v", m.shape, t.Type)
		}
		typ := t.Type
		if len(typ.Shape) == 1 {
			typ.DType = tensor.F32 // lengths meet activations
		}
		n := graph.Param(m.name, typ.DType, typ.Shape...)
		buf, err := dev.Alloc(typ.Bytes())
		if err != nil {
			return err
		}
		n.Bind(device.Slice{Buffer: buf, Type: typ})
		if typ.DType == t.DType {
			copy(buf.Bytes(), t.Data)
		} else {
			t.Convert(n.Array().F32())
		}
		*m.into = n
	}
	l.LoRA = append(l.LoRA, lora)
	return nil
}

func example(layers map[string]*nn.Linear) string {
	for _, name := range slices.Sorted(maps.Keys(layers)) {
		return name
	}
	return "none"
}

func readConfig(path string) (config, error) {
	var c config
	f, err := os.Open(path)
	if err != nil {
		return c, fmt.Errorf("adapter: %w", err)
	}
	defer f.Close()
	if err := json.NewDecoder(io.LimitReader(f, 1<<20)).Decode(&c); err != nil {
		return c, fmt.Errorf("adapter: adapter_config.json: %w", err)
	}
	switch {
	case c.Type != "" && c.Type != "LORA":
		return c, fmt.Errorf("adapter: adapter_config.json: \"peft_type\": want \"LORA\", found %q", c.Type)
	case c.FanInOut || len(c.RankOf) > 0 || len(c.AlphaOf) > 0 || (c.LayerBias != "" && c.LayerBias != "none"):
		return c, fmt.Errorf("adapter: adapter_config.json: want LoRA or DoRA with one rank and no bias, found more")
	case c.Rank <= 0 || c.Rank > 1<<16:
		return c, fmt.Errorf("adapter: adapter_config.json: \"r\": want a rank from 1 to %d, found %d", 1<<16, c.Rank)
	}
	return c, nil
}
