// Package weights reads model files, safetensors and GGUF, and writes safetensors. Files are mapped, not copied, and never trusted: lengths,
// offsets and names are checked before use. Bind gives a model its weights; Quantize rounds a matrix as MLX does.
package weights

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// maxIndex is the largest model.safetensors.index.json that is read, in bytes. Published ones have up to 9 MB.
const maxIndex = 64 << 20

// Open opens the weights of a model folder: the shards of model.safetensors.index.json, else model.safetensors, else all model*.safetensors,
// else the only other safetensors or GGUF file. The path of a file opens that file.
func Open(path string) (Source, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("weights: %w", err)
	}
	if !info.IsDir() {
		return OpenFile(path)
	}
	index, err := readIndex(filepath.Join(path, "model.safetensors.index.json"))
	if err == nil {
		return openIndexed(path, index)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	files, err := pick(path)
	if err != nil {
		return nil, err
	}
	return openAll(path, files)
}

// OpenFile opens one safetensors or GGUF file.
func OpenFile(path string) (Source, error) {
	if !strings.EqualFold(filepath.Ext(path), ".gguf") {
		return openSafetensors(path)
	}
	g, err := OpenGGUF(path)
	if err != nil {
		return nil, err // not a Source that holds a nil pointer
	}
	return g, nil
}

// pick chooses the weight files of a folder that has no index.
func pick(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("weights: %w", err)
	}
	var model, other, gguf []string
	for _, e := range entries {
		switch name := e.Name(); {
		case name == "model.safetensors":
			return []string{name}, nil
		case strings.HasPrefix(name, "model") && filepath.Ext(name) == ".safetensors":
			model = append(model, name)
		case filepath.Ext(name) == ".safetensors":
			other = append(other, name)
		case strings.EqualFold(filepath.Ext(name), ".gguf"):
			gguf = append(gguf, name)
		}
	}
	switch {
	case len(model) > 0:
		return model, complete(model)
	case len(other) == 1:
		return other, nil
	case len(other) == 0 && len(gguf) == 1:
		return gguf, nil
	}
	return nil, fmt.Errorf("weights: %q: want model.safetensors or one GGUF file, folder has %d safetensors and %d GGUF files", dir, len(other), len(gguf))
}

// complete checks that files named model-00001-of-00003.safetensors are all there.
func complete(files []string) error {
	var i, n int
	if _, err := fmt.Sscanf(files[0], "model-%d-of-%d.safetensors", &i, &n); err == nil && n != len(files) {
		return fmt.Errorf("weights: %q: want %d files, folder has %d", files[0], n, len(files))
	}
	return nil
}

// readIndex returns weight_map of model.safetensors.index.json: the file of each tensor.
func readIndex(path string) (map[string]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("weights: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxIndex+1))
	if err != nil {
		return nil, fmt.Errorf("weights: %w", err)
	}
	if len(data) > maxIndex {
		return nil, fmt.Errorf("weights: %q: want at most %d bytes, file has more", filepath.Base(path), maxIndex)
	}
	index, err := parseIndex(data)
	if err != nil {
		return nil, fmt.Errorf("weights: %q: %w", filepath.Base(path), err)
	}
	return index, nil
}

func parseIndex(data []byte) (map[string]string, error) {
	var index struct {
		WeightMap map[string]string `json:"weight_map"`
	}
	if err := json.Unmarshal(data, &index); err != nil {
		return nil, err
	}
	if len(index.WeightMap) == 0 {
		return nil, errors.New("want \"weight_map\" with the file of each tensor, found none")
	}
	for name, file := range index.WeightMap {
		// A plain name: neither a path out of the folder nor another kind of file.
		if strings.ContainsAny(file, "/\\:\x00") || filepath.Ext(file) != ".safetensors" {
			return nil, fmt.Errorf("%q: want the name of a safetensors file in the folder, found %q", name, file)
		}
	}
	return index.WeightMap, nil
}

func openIndexed(dir string, index map[string]string) (Source, error) {
	src, err := openAll(dir, slices.Compact(slices.Sorted(maps.Values(index))))
	if err != nil {
		return nil, err
	}
	names := map[string]bool{}
	for _, n := range src.Names() {
		names[n] = true
	}
	for _, n := range slices.Sorted(maps.Keys(index)) {
		if !names[n] {
			src.Close()
			return nil, fmt.Errorf("weights: %q: want it in %q, file has no such tensor", n, index[n])
		}
	}
	return src, nil
}

func openAll(dir string, files []string) (Source, error) {
	s := &shards{of: map[string]Source{}}
	for _, file := range files {
		src, err := OpenFile(filepath.Join(dir, file))
		if err != nil {
			s.Close()
			return nil, err
		}
		s.files = append(s.files, src)
		for _, name := range src.Names() {
			if s.of[name] != nil {
				s.Close()
				return nil, fmt.Errorf("weights: %q: want it in one file, %q has it again", name, file)
			}
			s.of[name] = src
		}
	}
	if len(s.files) == 1 {
		return s.files[0], nil
	}
	return s, nil
}

// shards is a checkpoint of several files.
type shards struct {
	files []Source
	of    map[string]Source
}

func (s *shards) Names() []string { return slices.Sorted(maps.Keys(s.of)) }

func (s *shards) Get(name string) (Tensor, error) {
	src := s.of[name]
	if src == nil {
		return Tensor{}, missing(name)
	}
	return src.Get(name)
}

func (s *shards) Close() error {
	var errs []error
	for _, f := range s.files {
		errs = append(errs, f.Close())
	}
	return errors.Join(errs...)
}

func missing(name string) error {
	return fmt.Errorf("weights: %q: want it, file has no such tensor", name)
}
