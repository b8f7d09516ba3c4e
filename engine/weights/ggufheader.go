package weights

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// Metadata are the key-value pairs of a GGUF file. Integers are int64, floating-point numbers float64; arrays are []int64, []float64,
// []bool or []string.
type Metadata map[string]any

// The types of GGUF values, from the format's specification.
const (
	ggufBool   = 7
	ggufString = 8
	ggufArray  = 9
)

// maxGGUFHeader is the largest header that is read, in bytes. That of a file with 256,000 tokens has about 15 MB.
const maxGGUFHeader = 64 << 20

// ggufScalars reads the numbers of each GGUF value type, and holds their sizes in bytes.
var ggufScalars = map[uint32]struct {
	size int
	read func([]byte) any
}{
	0:  {1, func(b []byte) any { return int64(b[0]) }},
	1:  {1, func(b []byte) any { return int64(int8(b[0])) }},
	2:  {2, func(b []byte) any { return int64(binary.LittleEndian.Uint16(b)) }},
	3:  {2, func(b []byte) any { return int64(int16(binary.LittleEndian.Uint16(b))) }},
	4:  {4, func(b []byte) any { return int64(binary.LittleEndian.Uint32(b)) }},
	5:  {4, func(b []byte) any { return int64(int32(binary.LittleEndian.Uint32(b))) }},
	6:  {4, func(b []byte) any { return float64(math.Float32frombits(binary.LittleEndian.Uint32(b))) }},
	7:  {1, func(b []byte) any { return b[0] != 0 }},
	10: {8, func(b []byte) any { return int64(binary.LittleEndian.Uint64(b)) }},
	11: {8, func(b []byte) any { return int64(binary.LittleEndian.Uint64(b)) }},
	12: {8, func(b []byte) any { return math.Float64frombits(binary.LittleEndian.Uint64(b)) }},
}

var errCutOff = errors.New("want more bytes, file is cut off")

// ggufReader walks the header. After an error it returns zeros.
type ggufReader struct {
	data []byte
	at   int
	err  error
}

func (r *ggufReader) take(n uint64) []byte {
	if r.err == nil && n > uint64(len(r.data)-r.at) {
		r.err = errCutOff
	}
	if r.err != nil {
		return nil
	}
	b := r.data[r.at : r.at+int(n)]
	r.at += int(n)
	return b
}

func (r *ggufReader) u32() uint32 {
	if b := r.take(4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

func (r *ggufReader) u64() uint64 {
	if b := r.take(8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

func (r *ggufReader) text() string { return string(r.take(r.u64())) }

// count reads how many things of at least size bytes follow; more than the file can hold is an error.
func (r *ggufReader) count(size int) int {
	n := r.u64()
	if r.err == nil && n > uint64((len(r.data)-r.at)/size) {
		r.err = errCutOff
	}
	if r.err != nil {
		return 0
	}
	return int(n)
}

func (r *ggufReader) value(kind uint32) any {
	switch kind {
	case ggufString:
		return r.text()
	case ggufArray:
		return r.array()
	}
	s, ok := ggufScalars[kind]
	if !ok {
		r.fail("want a known value type, file has %d", kind)
		return nil
	}
	if b := r.take(uint64(s.size)); b != nil {
		return s.read(b)
	}
	return nil
}

func (r *ggufReader) array() any {
	kind := r.u32()
	if kind == ggufString {
		list := make([]string, r.count(8))
		for i := range list {
			list[i] = r.text()
		}
		return list
	}
	s, ok := ggufScalars[kind]
	if !ok {
		r.fail("want an array of numbers or strings, file has type %d", kind)
		return nil
	}
	n := r.count(s.size)
	switch b := r.take(uint64(n) * uint64(s.size)); kind {
	case 6, 12:
		return scalars[float64](b, s.size, s.read)
	case ggufBool:
		return scalars[bool](b, s.size, s.read)
	default:
		return scalars[int64](b, s.size, s.read)
	}
}

func scalars[T any](b []byte, size int, read func([]byte) any) []T {
	list := make([]T, len(b)/size)
	for i := range list {
		list[i] = read(b[i*size:]).(T)
	}
	return list
}

func (r *ggufReader) fail(format string, a ...any) {
	if r.err == nil {
		r.err = fmt.Errorf(format, a...)
	}
}

// ggufTensor is one tensor as the header declares it. Shape is outermost first, as everywhere here.
type ggufTensor struct {
	name   string
	shape  []int
	kind   uint32
	offset uint64
	data   []byte
}

// parseGGUF reads the header of a GGUF file and checks that its tensors lie inside the file.
func parseGGUF(file []byte) (Metadata, []*ggufTensor, error) {
	r := &ggufReader{data: file[:min(len(file), maxGGUFHeader)]}
	if string(r.take(4)) != "GGUF" {
		return nil, nil, errors.New("want a GGUF file, found something else")
	}
	if v := r.u32(); v != 2 && v != 3 {
		return nil, nil, fmt.Errorf("want GGUF version 2 or 3, file has %d", v)
	}
	tensors := make([]*ggufTensor, 0, r.count(24)) // name, rank, type and offset take 24 bytes at least
	meta := Metadata{}
	for range r.count(13) { // key, type and value take 13 bytes at least
		key := r.text()
		if _, ok := meta[key]; ok {
			return nil, nil, fmt.Errorf("%q: want it once, header has it twice", key)
		}
		if meta[key] = r.value(r.u32()); r.err != nil {
			return nil, nil, fmt.Errorf("%q: %w", key, r.err)
		}
	}
	seen := map[string]bool{}
	for range cap(tensors) {
		t := r.tensor()
		if r.err != nil {
			return nil, nil, fmt.Errorf("%q: %w", t.name, r.err)
		}
		if seen[t.name] {
			return nil, nil, fmt.Errorf("%q: want it once, header has it twice", t.name)
		}
		seen[t.name] = true
		tensors = append(tensors, t)
	}
	if r.err != nil {
		return nil, nil, r.err
	}
	return meta, tensors, locate(file, r.at, meta, tensors)
}

func (r *ggufReader) tensor() *ggufTensor {
	t := &ggufTensor{name: r.text()}
	rank := r.u32()
	if rank > 4 {
		r.fail("want at most 4 dimensions, file has %d", rank)
		return t
	}
	t.shape = make([]int, rank)
	for i := range t.shape {
		d := r.u64()
		if d > math.MaxInt32 {
			r.fail("want dimensions below 2^31, file has %d", d)
		}
		t.shape[len(t.shape)-1-i] = int(d)
	}
	t.kind, t.offset = r.u32(), r.u64()
	return t
}

// locate finds each tensor's bytes: after the header, at a multiple of general.alignment.
func locate(file []byte, header int, meta Metadata, tensors []*ggufTensor) error {
	align := int64(32) // the format's default
	if a, ok := meta["general.alignment"].(int64); ok {
		align = a
	}
	if align < 1 || align > 1<<20 || align&(align-1) != 0 {
		return fmt.Errorf("\"general.alignment\": want a power of two, file has %d", align)
	}
	start := (int64(header) + align - 1) / align * align
	for _, t := range tensors {
		size, err := t.bytes()
		if err != nil {
			return fmt.Errorf("%q: %w", t.name, err)
		}
		room := int64(len(file)) - start
		if t.offset%uint64(align) != 0 || room < 0 || t.offset > uint64(room) || int64(size) > room-int64(t.offset) {
			return fmt.Errorf("%q: want %d bytes at %d of the data, file has %d: it is cut off", t.name, size, t.offset, max(room, 0))
		}
		at := start + int64(t.offset)
		t.data = file[at : at+int64(size) : at+int64(size)]
	}
	return nil
}
