package weights

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"

	"sightglass/engine/tensor"
)

// Entry is a tensor to save. Data is called once, in the order of the entries, so that only one tensor has to be in memory.
type Entry struct {
	Name string
	tensor.Type
	Data func() ([]byte, error)
}

// EntryOf is an entry that holds its array.
func EntryOf(name string, a tensor.Array) Entry {
	return Entry{name, a.Type, func() ([]byte, error) { return a.Data, nil }}
}

// fileDTypes are the names of element types in safetensors.
var fileDTypes = map[tensor.DType]string{
	tensor.F32: "F32", tensor.F16: "F16", tensor.BF16: "BF16", tensor.I32: "I32", tensor.U32: "U32", tensor.U8: "U8",
}

// Save writes a safetensors file. The file appears whole or not at all: it is written beside path, flushed to the disk and then renamed, so
// that a full disk or a power cut leaves what was there before. metadata may be nil.
func Save(path string, metadata map[string]string, entries []Entry) error {
	header, err := encodeHeader(metadata, entries)
	if err != nil {
		return err
	}
	err = replace(path, func(w io.Writer) error {
		if _, err := w.Write(header); err != nil {
			return err
		}
		for _, e := range entries {
			data, err := e.Data()
			if err != nil {
				return err
			}
			if len(data) != e.Bytes() {
				return fmt.Errorf("%q: want %d bytes for %v, found %d", e.Name, e.Bytes(), e.Type, len(data))
			}
			if _, err := w.Write(data); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("weights: writing %q: %w", filepath.Base(path), err)
	}
	return nil
}

// encodeHeader is the length and the JSON of the header, padded so that the data begins at a multiple of 64 bytes.
func encodeHeader(metadata map[string]string, entries []Entry) ([]byte, error) {
	type info struct {
		DType   string       `json:"dtype"`
		Shape   tensor.Shape `json:"shape"`
		Offsets [2]int       `json:"data_offsets"`
	}
	header, end := map[string]any{}, 0
	if len(metadata) > 0 {
		header["__metadata__"] = metadata
	}
	for _, e := range entries {
		if _, ok := header[e.Name]; ok || e.Name == "__metadata__" {
			return nil, fmt.Errorf("weights: %q: want it once, found it twice", e.Name)
		}
		shape := e.Shape
		if shape == nil {
			shape = tensor.Shape{}
		}
		if n := e.Bytes(); n < 0 || n > math.MaxInt-end {
			return nil, fmt.Errorf("weights: %q: want a shape that fits a file, found %v", e.Name, shape)
		}
		header[e.Name] = info{fileDTypes[e.DType], shape, [2]int{end, end + e.Bytes()}}
		end += e.Bytes()
	}
	text, err := json.Marshal(header)
	if err != nil {
		return nil, fmt.Errorf("weights: header: %w", err)
	}
	for (8+len(text))%64 != 0 {
		text = append(text, ' ')
	}
	if len(text) > maxHeader {
		return nil, fmt.Errorf("weights: want a header of at most %d bytes, found %d", maxHeader, len(text))
	}
	return append(binary.LittleEndian.AppendUint64(nil, uint64(len(text))), text...), nil
}

// replace writes a file beside path and renames it to path once all of it is on the disk.
func replace(path string, write func(io.Writer) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
		}
	}()
	w := bufio.NewWriterSize(f, 1<<20)
	if err = write(w); err != nil {
		return err
	}
	if err = w.Flush(); err != nil {
		return err
	}
	if err = f.Chmod(0o644); err != nil {
		return err
	}
	if err = f.Sync(); err != nil {
		return err
	}
	if err = f.Close(); err != nil {
		return err
	}
	if err = os.Rename(f.Name(), path); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// syncFolder makes a rename in the folder last.
func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
