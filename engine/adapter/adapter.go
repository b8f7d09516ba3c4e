// Package adapter puts LoRA adapters on models: it reads the folders of PEFT and of mlx-vlm, attaches their matrices where the model has layers of
// that name, and writes both.
package adapter

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"sightglass/engine/device"
	"sightglass/engine/graph"
	"sightglass/engine/nn"
	"sightglass/engine/tensor"
)

// ErrNoMatch is returned when an adapter has no matrix for any layer of the model.
var ErrNoMatch = errors.New("the adapter fits no layer of this model")

// Attach puts the adapter in a folder on the layers of a bound model. rename leads from published names, and mlx-vlm's, to the model's; nil where
// they agree.
func Attach(dev device.Device, model any, dir string, rename func(string) string) error {
	f, err := Open(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	layers, err := f.Match(model, rename)
	if err != nil {
		return err
	}
	for _, name := range f.Names() {
		if err := f.attach(dev, name, layers[name].Linear); err != nil {
			return fmt.Errorf("adapter: %q: %w", name, err)
		}
	}
	return nil
}

// Layer is a layer of a model that an adapter changes.
type Layer struct {
	*nn.Linear
	Name string // by the model's tags
}

// Match finds the layer for each name of the adapter: by name, by its published name or, as names differ between versions of transformers, by the
// longest end of the name that only one layer has. Every one must be found, and have the shape that the matrices have.
func (f *Folder) Match(model any, rename func(string) string) (map[string]Layer, error) {
	layers := map[string]*nn.Linear{}
	nn.EachLinear(model, func(name string, l *nn.Linear) { layers[name] = l })
	found := map[string]Layer{}
	var missing []string
	for _, name := range f.Names() {
		at, l := find(layers, name)
		if l == nil && rename != nil {
			at, l = find(layers, strings.TrimSuffix(rename(name+".weight"), ".weight"))
		}
		if l == nil {
			missing = append(missing, name)
			continue
		}
		if err := f.fits(name, l.Out(), l.In()); err != nil {
			return nil, fmt.Errorf("adapter: %q: %w", name, err)
		}
		found[name] = Layer{l, at}
	}
	switch {
	case len(found) == 0:
		return nil, fmt.Errorf("adapter: %w: want layers such as %q, the adapter has %q", ErrNoMatch, example(layers), strings.Join(missing[:min(3, len(missing))], ", "))
	case len(missing) > 0:
		return nil, fmt.Errorf("adapter: want a layer for each of %d matrices, the model has none for %q", len(f.parts), missing[0])
	}
	return found, nil
}

// find returns the layer of that name, or the only one that shares the name's end from the layer's number on.
func find(layers map[string]*nn.Linear, name string) (string, *nn.Linear) {
	if l, ok := layers[name]; ok {
		return name, l
	}
	for end := name; end != ""; {
		_, end, _ = strings.Cut(end, ".")
		if !strings.ContainsAny(end, "0123456789") {
			return "", nil
		}
		var found []string
		for full := range layers {
			if full == end || strings.HasSuffix(full, "."+end) {
				found = append(found, full)
			}
		}
		if len(found) == 1 {
			return found[0], layers[found[0]]
		}
		if len(found) > 1 {
			return "", nil
		}
	}
	return "", nil
}

// attach reads the matrices of one layer.
func (f *Folder) attach(dev device.Device, name string, l *nn.Linear) error {
	lora := &nn.LoRA{Scale: f.Scale, Pictures: f.pictures}
	into := []**graph.Node{&lora.A, &lora.B, &lora.Magnitude}
	for i, part := range f.parts[name].names() {
		t, err := f.array(part)
		if err != nil {
			return err
		}
		typ := t.Type
		if len(typ.Shape) == 1 {
			typ.DType = tensor.F32 // lengths meet activations
		}
		n := graph.Param(part, typ.DType, typ.Shape...)
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
		*into[i] = n
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
