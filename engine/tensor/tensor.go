// Package tensor names what a block of numbers is: its element type, its shape and, on the host, its bytes. It does no maths.
package tensor

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"unsafe"
)

// DType is the type of one element.
type DType uint8

// The element types. Weights of affine quantization are packed in U32, see Affine.
const (
	F32 DType = iota
	F16
	BF16
	I32
	U32
	U8
	I8
)

var dtypes = [...]struct {
	name string
	size int
}{F32: {"f32", 4}, F16: {"f16", 2}, BF16: {"bf16", 2}, I32: {"i32", 4}, U32: {"u32", 4}, U8: {"u8", 1}, I8: {"i8", 1}}

func (d DType) String() string { return dtypes[d].name }

// Size is the size of one element in bytes.
func (d DType) Size() int { return dtypes[d].size }

// Float reports whether the elements are floating-point numbers.
func (d DType) Float() bool { return d <= BF16 }

// Shape is the extent of each dimension, outermost first.
type Shape []int

// Size is the number of elements; 1 for a scalar.
func (s Shape) Size() int {
	n := 1
	for _, d := range s {
		n *= d
	}
	return n
}

// Last is the innermost extent; 1 for a scalar.
func (s Shape) Last() int {
	if len(s) == 0 {
		return 1
	}
	return s[len(s)-1]
}

// Rows is the number of innermost rows.
func (s Shape) Rows() int {
	if len(s) == 0 {
		return 1
	}
	return Shape(s[:len(s)-1]).Size()
}

// Equal reports whether both shapes are the same.
func (s Shape) Equal(t Shape) bool { return slices.Equal(s, t) }

func (s Shape) String() string {
	return strings.ReplaceAll(fmt.Sprint([]int(s)), ",", "")
}

// Type is what a tensor is, without its numbers.
type Type struct {
	DType DType
	Shape Shape
}

// Bytes is the size of the tensor's numbers in bytes.
func (t Type) Bytes() int { return t.Shape.Size() * t.DType.Size() }

func (t Type) String() string { return t.DType.String() + t.Shape.String() }

// Array is a tensor on the host. Its bytes are row-major and in the machine's byte order, and shared, not copied.
type Array struct {
	Type
	Data []byte
}

// NewArray returns a zeroed array.
func NewArray(d DType, shape ...int) Array {
	t := Type{d, shape}
	return Array{t, make([]byte, t.Bytes())}
}

// Of returns an f32 array that shares v.
func Of(v []float32, shape ...int) Array {
	return Array{Type{F32, shape}, bytesOf(v)}
}

// OfInts returns an i32 array that shares v.
func OfInts(v []int32, shape ...int) Array {
	return Array{Type{I32, shape}, bytesOf(v)}
}

// F32 views the elements of an f32 array.
func (a Array) F32() []float32 { return view[float32](a.Data) }

// I32 views the elements of an i32 array.
func (a Array) I32() []int32 { return view[int32](a.Data) }

// U32 views the elements of a u32 array.
func (a Array) U32() []uint32 { return view[uint32](a.Data) }

// U16 views the raw elements of an f16 or bf16 array.
func (a Array) U16() []uint16 { return view[uint16](a.Data) }

// Rows views the innermost rows of an f32 array.
func (a Array) Rows() [][]float32 {
	v, n := a.F32(), a.Shape.Last()
	rows := make([][]float32, a.Shape.Rows())
	for i := range rows {
		rows[i] = v[i*n : (i+1)*n]
	}
	return rows
}

// Floats returns the elements as f32: the array's own for f32, a converted copy for f16 and bf16.
func (a Array) Floats() []float32 {
	if a.DType == F32 {
		return a.F32()
	}
	out := make([]float32, a.Shape.Size())
	a.Convert(out)
	return out
}

// Convert writes the elements of a floating-point array to out as f32.
func (a Array) Convert(out []float32) {
	switch a.DType {
	case F32:
		copy(out, a.F32())
	case F16:
		for i, h := range a.U16() {
			out[i] = HalfToFloat(h)
		}
	case BF16:
		for i, h := range a.U16() {
			out[i] = math.Float32frombits(uint32(h) << 16)
		}
	default:
		panic("tensor: Convert of " + a.DType.String())
	}
}

// Store writes v, rounded to nearest even, into the elements of a floating-point array.
func (a Array) Store(v []float32) {
	switch a.DType {
	case F32:
		copy(a.F32(), v)
	case F16:
		for i, f := range v {
			a.U16()[i] = FloatToHalf(f)
		}
	case BF16:
		for i, f := range v {
			a.U16()[i] = FloatToBF16(f)
		}
	default:
		panic("tensor: Store into " + a.DType.String())
	}
}

func bytesOf[T any](v []T) []byte {
	if len(v) == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(&v[0])), len(v)*int(unsafe.Sizeof(v[0])))
}

func view[T any](b []byte) []T {
	if len(b) == 0 {
		return nil
	}
	var t T
	return unsafe.Slice((*T)(unsafe.Pointer(&b[0])), len(b)/int(unsafe.Sizeof(t)))
}
