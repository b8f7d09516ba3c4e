package convert

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sightglass/engine/tensor"
)

// maxFile is the largest configuration or tokenizer file that is copied, in bytes. The largest published tokenizer.json has 34 MB.
const maxFile = 256 << 20

// copied are the files of a model folder that go along, by their ends. Programs do not.
var copied = []string{".json", ".jinja", ".txt", ".model", "LICENSE", "README.md"}

// copyFiles copies what is not a weight.
func copyFiles(src, dst string) error {
	info, err := os.Stat(src)
	if err != nil {
		return fmt.Errorf("convert: %w", err)
	}
	if !info.IsDir() {
		src = filepath.Dir(src)
	}
	entries, err := os.ReadDir(src)
	if err != nil {
		return fmt.Errorf("convert: %w", err)
	}
	for _, e := range entries {
		name := e.Name()
		match := slices.ContainsFunc(copied, func(end string) bool { return strings.HasSuffix(name, end) })
		if !match || strings.HasSuffix(name, ".safetensors.index.json") {
			continue
		}
		if err := copyFile(filepath.Join(src, name), filepath.Join(dst, name)); err != nil {
			return fmt.Errorf("convert: %w", err)
		}
	}
	return nil
}

// copyFile copies a regular file, or what a link points to: the Hugging Face cache holds links.
func copyFile(from, to string) error {
	info, err := os.Stat(from)
	if err != nil || !info.Mode().IsRegular() {
		return err
	}
	if info.Size() > maxFile {
		return fmt.Errorf("%q: want at most %d bytes, file has %d", filepath.Base(from), maxFile, info.Size())
	}
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, io.LimitReader(in, maxFile))
	return errors.Join(err, out.Close())
}

// quantizeConfig writes "quantization" into config.json as mlx-lm does: the common group size and bits, those of layers that differ, and false for
// layers that are no longer rounded. All else stays as it is.
func quantizeConfig(path string, a tensor.Affine, modules []module) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("convert: %w", err)
	}
	var config map[string]json.RawMessage
	if err := json.Unmarshal(data, &config); err != nil || config == nil {
		return fmt.Errorf("convert: config.json: want an object: %w", err)
	}
	common, q, err := quantization(config, a, modules)
	if err != nil {
		return err
	}
	if q == nil {
		if _, ok := config["quantization"]; !ok {
			return nil
		}
		delete(config, "quantization") // no layer is rounded any more
		delete(config, "quantization_config")
		return writeJSON(path, config)
	}
	for _, m := range modules {
		switch {
		case m.affine.Bits > 0 && m.affine != common:
			q[m.stem()] = map[string]any{"group_size": m.affine.Group, "bits": m.affine.Bits}
		case m.affine.Bits > 0:
			delete(q, m.stem())
		case m.packed && m.change != nil:
			q[m.stem()] = false
		}
	}
	text, err := json.Marshal(q)
	if err != nil {
		return fmt.Errorf("convert: config.json: %w", err)
	}
	config["quantization"], config["quantization_config"] = text, text
	return writeJSON(path, config)
}

// quantization is what config.json says of it, or will say: what most layers have, and the object, nil where no layer is rounded.
func quantization(config map[string]json.RawMessage, a tensor.Affine, modules []module) (common tensor.Affine, q map[string]any, err error) {
	old, packed := config["quantization"]
	if slices.ContainsFunc(modules, module.stays) && packed {
		if err := json.Unmarshal(old, &q); err != nil {
			return common, nil, fmt.Errorf("convert: config.json: \"quantization\": want an object: %w", err)
		}
		bits, _ := q["bits"].(float64)
		group, _ := q["group_size"].(float64)
		return tensor.Affine{Bits: int(bits), Group: int(group)}, q, nil
	}
	if common = a; a.Bits == 0 {
		common = mostCommon(modules)
	}
	if common.Bits == 0 {
		return common, nil, nil
	}
	return common, map[string]any{"group_size": common.Group, "bits": common.Bits, "mode": "affine"}, nil
}
