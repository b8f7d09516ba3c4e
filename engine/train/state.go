package train

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"sightglass/engine/adapter"
	"sightglass/engine/tensor"
	"sightglass/engine/weights"
)

// doneName is the entry of a state that counts the steps.
const doneName = "steps"

// Save writes all that the next steps depend on to a safetensors file, which appears whole or not at all.
func (t *Trainer) Save(path string) error {
	entries := []weights.Entry{weights.EntryOf(doneName, tensor.OfInts([]int32{int32(t.Done)}, 1))}
	for _, p := range t.params {
		shape := p.Array().Shape
		entries = append(entries, weights.EntryOf(p.Name, p.Array()))
		if p.m != nil {
			entries = append(entries, weights.EntryOf(p.Name+".mean", tensor.Of(p.m, shape...)), weights.EntryOf(p.Name+".square", tensor.Of(p.v, shape...)))
		}
	}
	return weights.Save(path, nil, entries)
}

// Load goes on from a state that Save wrote under the same Options.
func (t *Trainer) Load(path string) error {
	src, err := weights.OpenFile(path)
	if err != nil {
		return err
	}
	defer src.Close()
	done, err := src.Get(doneName)
	if err != nil || done.DType != tensor.I32 || done.Shape.Size() != 1 {
		return fmt.Errorf("train: state: want a count of steps, found none: %w", err)
	}
	for _, p := range t.params {
		if err := p.load(src, p.Name, p.Array().F32()); err != nil {
			return err
		}
		if done.I32()[0] == 0 {
			continue
		}
		p.m, p.v = make([]float32, p.size()), make([]float32, p.size())
		if err := p.load(src, p.Name+".mean", p.m); err != nil {
			return err
		}
		if err := p.load(src, p.Name+".square", p.v); err != nil {
			return err
		}
	}
	t.Done = int(done.I32()[0])
	return nil
}

func (p *Param) load(src weights.Source, name string, into []float32) error {
	a, err := src.Get(name)
	if err != nil {
		return fmt.Errorf("train: state: %q: %w", name, err)
	}
	if !a.DType.Float() || !a.Shape.Equal(p.Array().Shape) {
		return fmt.Errorf("train: state: %q: want %v, found %v", name, p.Array().Type, a.Type)
	}
	a.Convert(into)
	return nil
}

// Init takes start values from a safetensors file, of adapters with PEFT's names. Every matrix that is trained must be there.
func (t *Trainer) Init(path string) error {
	src, err := weights.OpenFile(path)
	if err != nil {
		return err
	}
	defer src.Close()
	names := map[string]string{}
	for _, n := range src.Names() {
		names[strings.Replace(n, ".default", "", 1)] = n
	}
	for _, p := range t.params {
		name, ok := names[p.Name]
		if !ok && strings.HasSuffix(p.Name, "magnitude_vector") {
			name, ok = names[p.Name+".weight"]
			if !ok {
				continue // lengths of the base
			}
		}
		if !ok {
			return fmt.Errorf("train: start values: want %q, %s has none", p.Name, filepath.Base(path))
		}
		if err := p.load(src, name, p.Array().F32()); err != nil {
			return err
		}
	}
	return nil
}

// File is the name of the file with the numbers that Export writes and Init reads.
func (t *Trainer) File() string {
	if t.Method == Full {
		return "weights.safetensors"
	}
	return adapter.PEFTFile
}

// Export writes the adapter as PEFT lays one out, or whole weights in f32 by the model's own names: Session.Write makes a model folder of those.
// base names the model that it belongs to.
func (t *Trainer) Export(dir, base string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("train: export: %w", err)
	}
	if t.Method == Full {
		var entries []weights.Entry
		for _, p := range t.Params() {
			entries = append(entries, weights.EntryOf(p.Name, p.Array()))
		}
		return weights.Save(filepath.Join(dir, t.File()), nil, entries)
	}
	var entries []weights.Entry
	c := adapter.Config{Rank: t.Rank, Alpha: t.Alpha, Dropout: t.Dropout, DoRA: t.Method == DoRA, Base: base}
	for _, p := range t.Params() {
		entries = append(entries, weights.EntryOf(p.Name, p.Array()))
		layer, part, _ := strings.Cut(strings.TrimPrefix(p.Name, adapter.PEFTPrefix), ".lora_")
		if strings.HasPrefix(part, "A") {
			c.Layers = append(c.Layers, layer)
		}
	}
	if err := c.WritePEFT(dir); err != nil {
		return err
	}
	return weights.Save(filepath.Join(dir, t.File()), map[string]string{"format": "pt"}, entries)
}
