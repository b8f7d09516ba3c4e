package weights

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"sync"

	"sightglass/engine/tensor"
)

const (
	// maxHeader is the largest safetensors header that is read, in bytes. The format allows 100 MB; published ones stay below 10 MB.
	maxHeader = 32 << 20
	// maxRank is the most dimensions a tensor may have; GGUF allows 4, a convolution over video needs 5.
	maxRank = 8
)

// dtypes are the element types of safetensors, and their sizes in bytes. Those the engine has no type for can be passed by.
var dtypes = map[string]struct {
	dtype tensor.DType
	size  int
	known bool
}{
	"F32": {tensor.F32, 4, true}, "F16": {tensor.F16, 2, true}, "BF16": {tensor.BF16, 2, true},
	"I32": {tensor.I32, 4, true}, "U32": {tensor.U32, 4, true}, "U8": {tensor.U8, 1, true},
	"F64": {size: 8}, "I64": {size: 8}, "U64": {size: 8}, "I16": {size: 2}, "U16": {size: 2}, "I8": {size: 1}, "BOOL": {size: 1},
	"F8_E4M3": {size: 1}, "F8_E5M2": {size: 1}, "C64": {size: 8},
}

// ErrType is returned when a tensor's element type is one of the format that the engine has not. Others of the file can be read.
var ErrType = errors.New("want f32, f16, bf16, i32, u32 or u8")

// safetensors is one mapped file.
type safetensors struct {
	file    []byte
	tensors map[string]*stored
}

// stored is where a tensor lies in the file.
type stored struct {
	DType   string    `json:"dtype"`
	Shape   []int     `json:"shape"`
	Offsets []int     `json:"data_offsets"`
	name    string    // for sorting
	check   sync.Once // looks for values that are not finite
	err     error
}

func openSafetensors(path string) (Source, error) {
	file, err := mapFile(path)
	if err != nil {
		return nil, err
	}
	tensors, err := parseSafetensors(file)
	if err != nil {
		unmap(file)
		return nil, fmt.Errorf("weights: %q: %w", filepath.Base(path), err)
	}
	return &safetensors{file, tensors}, nil
}

// parseSafetensors reads and checks the header. Offsets of the result are into file. It is our own because the header comes from anywhere:
// every length is held against the file before it is used, a name must come once, and the error names the tensor.
func parseSafetensors(file []byte) (map[string]*stored, error) {
	if len(file) < 8 {
		return nil, fmt.Errorf("want a safetensors header, file has %d bytes", len(file))
	}
	n := binary.LittleEndian.Uint64(file)
	if n > maxHeader {
		return nil, fmt.Errorf("want a safetensors header of at most %d bytes, file has %d", maxHeader, n)
	}
	if n > uint64(len(file)-8) {
		return nil, fmt.Errorf("want a header of %d bytes, file has %d: it is cut off", n, len(file)-8)
	}
	tensors, err := parseHeader(file[8 : 8+n])
	if err != nil {
		return nil, err
	}
	return tensors, place(tensors, len(file)-8-int(n), 8+int(n))
}

// parseHeader decodes the JSON object token by token, so that a name that comes twice is seen.
func parseHeader(header []byte) (map[string]*stored, error) {
	d := json.NewDecoder(bytes.NewReader(header))
	d.DisallowUnknownFields()
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, errors.New("want a safetensors header, file has something else")
	}
	tensors := map[string]*stored{}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return nil, fmt.Errorf("header: %w", err)
		}
		name := t.(string) // a key
		if name == "__metadata__" {
			if err := d.Decode(&map[string]string{}); err != nil {
				return nil, fmt.Errorf("header: %q: %w", name, err)
			}
			continue
		}
		if tensors[name] != nil {
			return nil, fmt.Errorf("%q: want it once, header has it twice", name)
		}
		s := &stored{name: name}
		if err := d.Decode(s); err != nil {
			return nil, fmt.Errorf("header: %q: %w", name, err)
		}
		if len(s.Offsets) != 2 {
			return nil, fmt.Errorf("%q: want where it begins and ends, header has %v", name, s.Offsets)
		}
		tensors[name] = s
	}
	if _, err := d.Token(); err != nil {
		return nil, fmt.Errorf("header: %w", err)
	}
	if len(bytes.TrimRight(header[d.InputOffset():], " \x00")) > 0 {
		return nil, errors.New("want one header object, file has more")
	}
	return tensors, nil
}

// place checks that the tensors fill the data of the file without holes or overlaps, and makes their offsets count from the file's start.
func place(tensors map[string]*stored, size, start int) error {
	sorted := slices.SortedFunc(maps.Values(tensors), func(a, b *stored) int {
		return cmp.Or(cmp.Compare(a.Offsets[0], b.Offsets[0]), cmp.Compare(a.Offsets[1], b.Offsets[1]), cmp.Compare(a.name, b.name))
	})
	end := 0
	for _, s := range sorted {
		bytes, err := s.bytes()
		if err != nil {
			return fmt.Errorf("%q: %w", s.name, err)
		}
		switch {
		case s.Offsets[0] != end || s.Offsets[1] < end:
			return fmt.Errorf("%q: want it at byte %d of the data, header has %v", s.name, end, s.Offsets)
		case bytes != s.Offsets[1]-end:
			return fmt.Errorf("%q: want %d bytes for %s %v, header has %d", s.name, bytes, s.DType, tensor.Shape(s.Shape), s.Offsets[1]-end)
		case s.Offsets[1] > size:
			return fmt.Errorf("%q: want %d bytes of data, file has %d: it is cut off", s.name, s.Offsets[1], size)
		}
		end = s.Offsets[1]
		s.Offsets[0], s.Offsets[1] = s.Offsets[0]+start, s.Offsets[1]+start
	}
	if end != size {
		return fmt.Errorf("want %d bytes of data, file has %d", end, size)
	}
	return nil
}

// bytes is the size of the tensor by its type and shape.
func (s *stored) bytes() (int, error) {
	d, ok := dtypes[s.DType]
	if !ok {
		return 0, fmt.Errorf("want a known element type, header has %q", s.DType)
	}
	return sizeOf(s.Shape, d.size)
}

// sizeOf is the bytes of a tensor, if they can be counted.
func sizeOf(shape []int, elem int) (int, error) {
	if len(shape) > maxRank {
		return 0, fmt.Errorf("want at most %d dimensions, header has %d", maxRank, len(shape))
	}
	n := elem
	for _, d := range shape {
		const most = 1 << 46 // bytes; no file is larger
		if d < 0 || (d > 0 && n > most/d) {
			return 0, fmt.Errorf("want a shape that fits a file, header has %v", tensor.Shape(shape))
		}
		n *= d
	}
	return n, nil
}

func (f *safetensors) Names() []string { return slices.Sorted(maps.Keys(f.tensors)) }

func (f *safetensors) Get(name string) (Tensor, error) {
	s := f.tensors[name]
	if s == nil {
		return Tensor{}, missing(name)
	}
	d := dtypes[s.DType]
	if !d.known {
		return Tensor{}, fmt.Errorf("weights: %q: %w, file has %s", name, ErrType, s.DType)
	}
	t := Tensor{Array: tensor.Array{Type: tensor.Type{DType: d.dtype, Shape: s.Shape}, Data: f.file[s.Offsets[0]:s.Offsets[1]:s.Offsets[1]]}, File: f.file}
	s.check.Do(func() { s.err = finite(name, t.Array) })
	return t, s.err
}

func (f *safetensors) Close() error {
	err := unmap(f.file)
	f.file, f.tensors = nil, nil
	return err
}
