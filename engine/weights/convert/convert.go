// Package convert writes a model folder with rounded or changed weights: from a folder of safetensors or from a GGUF file, to MLX's affine
// quantization.
package convert

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sightglass/engine/tensor"
	"sightglass/engine/weights"
)

// DefaultGroup is how many weights share a scale unless another number is asked for: that of MLX.
const DefaultGroup = 64

// Options say what becomes of the weights.
type Options struct {
	// Quantization of the linear layers and embeddings of the language model; the zero value leaves all weights as they are. The vision
	// tower, norms, convolutions and position embeddings always stay as they are, which is what mlx-vlm does.
	tensor.Affine
	// Changed are other values of some weights, by name. Of packed weights they stand in the place of words, scales and biases, in the type of
	// the scales; with a quantization they are rounded anew, and the packed weights beside them stay as they are.
	Changed map[string]Change
	// Progress, if not nil, is told how many of how many bytes are written.
	Progress func(done, total int64)
}

// Change is what a weight becomes.
type Change struct {
	Shape  tensor.Shape
	Values func() ([]float32, error) // row after row; called once
}

// shardBytes is the most data of one file, as MLX splits its own.
const shardBytes = 5 << 30

// Convert writes the model at src, a folder or a GGUF file, to the new folder dst: weights, config.json with "quantization", and the files of
// tokenizer and processor. The folder appears whole or not at all. Of a folder one weight is in
// memory at a time; a GGUF file is repacked as a whole.
func Convert(ctx context.Context, src, dst string, o Options) (err error) {
	if o.Affine != (tensor.Affine{}) {
		if err := o.Check(); err != nil {
			return err
		}
	}
	if err := vacant(dst); err != nil {
		return err
	}
	source, err := weights.Open(src)
	if err != nil {
		return err
	}
	defer source.Close()
	modules, err := plan(source, o)
	if err != nil {
		return err
	}
	for name := range o.Changed {
		if !slices.ContainsFunc(modules, func(m module) bool { return m.name == name }) {
			return fmt.Errorf("convert: %q: want a weight to change, the model has none of that name", name)
		}
	}
	part, err := os.MkdirTemp(filepath.Dir(filepath.Clean(dst)), ".convert-*")
	if err != nil {
		return fmt.Errorf("convert: %w", err)
	}
	defer os.RemoveAll(part)
	if gguf, ok := source.(*weights.GGUF); ok {
		err = writeGGUFFiles(gguf, part)
	} else {
		err = copyFiles(src, part)
	}
	if err != nil {
		return err
	}
	if err := quantizeConfig(filepath.Join(part, "config.json"), o.Affine, modules); err != nil {
		return err
	}
	if err := writeShards(ctx, source, modules, part, o.Progress); err != nil {
		return err
	}
	if err := os.Chmod(part, 0o755); err != nil {
		return fmt.Errorf("convert: %w", err)
	}
	if err := os.Remove(dst); err != nil && !errors.Is(err, fs.ErrNotExist) { // an empty folder is in the way
		return fmt.Errorf("convert: %w", err)
	}
	if err := os.Rename(part, dst); err != nil {
		return fmt.Errorf("convert: %w", err)
	}
	return nil
}

// vacant returns an error unless dst can be made: it is not there, or an empty folder.
func vacant(dst string) error {
	entries, err := os.ReadDir(dst)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("convert: %w", err)
	case len(entries) > 0:
		return fmt.Errorf("convert: %q: want a new folder, found one with files", dst)
	}
	return nil
}

// module is what becomes of one tensor X.weight, or of a tensor alone.
type module struct {
	name   string        // of the weight
	affine tensor.Affine // after conversion; zero: copied
	packed bool          // before conversion
	change *Change
	typ    tensor.Type // of the weight, after any change and without a quantization of ours
}

// stays reports whether words, scales and biases stay as they are.
func (m module) stays() bool { return m.packed && m.change == nil }

// stem is the name of the layer.
func (m module) stem() string { return strings.TrimSuffix(m.name, ".weight") }

// plan decides about each tensor, by name.
func plan(src weights.Source, o Options) ([]module, error) {
	a, names := o.Affine, src.Names()
	has := map[string]bool{}
	for _, n := range names {
		has[n] = true
	}
	_, isGGUF := src.(*weights.GGUF)
	var modules []module
	for _, name := range names {
		stem, isWeight := strings.CutSuffix(name, ".weight")
		if s, part := cutLast(name); (part == "scales" || part == "biases") && has[s+".weight"] {
			continue // goes with its weight
		}
		m := module{name: name, packed: isWeight && has[stem+".scales"]}
		t, err := src.Get(name)
		if m.typ = t.Type; err == nil {
			err = m.changed(src, o.Changed)
		}
		switch {
		case errors.Is(err, weights.ErrType):
			continue // position_ids and the like
		case err != nil:
			return nil, err
		case m.packed && isGGUF:
			if m.affine, err = packing(src, stem, t); err != nil {
				return nil, err
			}
		case m.stays() && len(o.Changed) == 0 && a != tensor.Affine{}:
			return nil, fmt.Errorf("convert: %q: want floating-point numbers, file has packed ones: the model is quantized already", name)
		case !m.stays() && a.Bits > 0 && isWeight && quantizable(stem, m.typ, a.Group):
			m.affine = a
		}
		modules = append(modules, m)
	}
	return modules, nil
}

// changed looks for a change of the weight.
func (m *module) changed(src weights.Source, all map[string]Change) error {
	c, ok := all[m.name]
	if !ok {
		return nil
	}
	m.change, m.typ.Shape = &c, c.Shape
	if m.packed {
		scales, err := src.Get(m.stem() + ".scales")
		m.typ.DType = scales.DType
		return err
	}
	return nil
}

func cutLast(name string) (string, string) {
	i := strings.LastIndexByte(name, '.')
	return name[:max(i, 0)], name[i+1:]
}

// packing is the quantization of a packed weight of a GGUF file.
func packing(src weights.Source, stem string, t weights.Tensor) (tensor.Affine, error) {
	s, err := src.Get(stem + ".scales")
	if err != nil {
		return tensor.Affine{}, err
	}
	return tensor.AffineOf(s.Shape.Last()*weights.GGUFGroup, t.Shape.Last(), s.Shape.Last())
}

// wide are parts of the names of layers that are not rounded: those that mlx-vlm leaves out, Qwen's name for its tower, and what are no linear
// layers although they are matrices.
var wide = []string{"vision", "visual", "aligner", "vl_connector", "sam_model", "audio_model", "audio_tower", "code_predictor", "img_projector",
	"multi_modal_projector", "patch_merge_mlp", "norm", "conv", "position_embedding", "pos_embed", "patch_embed"}

func quantizable(stem string, t tensor.Type, group int) bool {
	return t.DType.Float() && len(t.Shape) == 2 && t.Shape[0] > 0 && t.Shape[1] > 0 && t.Shape[1]%group == 0 &&
		!slices.ContainsFunc(wide, func(part string) bool { return strings.Contains(stem, part) })
}

// mostCommon is the quantization that most layers have.
func mostCommon(modules []module) tensor.Affine {
	count := map[tensor.Affine]int{}
	for _, m := range modules {
		if m.affine.Bits > 0 {
			count[m.affine]++
		}
	}
	var best tensor.Affine
	for _, a := range slices.SortedFunc(maps.Keys(count), func(a, b tensor.Affine) int { return a.Bits*1000 + a.Group - b.Bits*1000 - b.Group }) {
		if count[a] > count[best] {
			best = a
		}
	}
	return best
}
