package graph

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"sightglass/engine/tensor"
)

// Inputs makes the inputs of a case, with random numbers that depend on seed alone: normal floats, integers between the bounds, any words.
// The floats after packed words (u32) are their scales, small and positive. It panics where the case is not well written.
func (c Case) Inputs(seed uint64) ([]*Node, map[*Node]tensor.Array) {
	r := rand.New(rand.NewPCG(seed, 0))
	var in []*Node
	feeds := map[*Node]tensor.Array{}
	for i, field := range strings.Fields(c.In) {
		s, err := parseSpec(field)
		if err != nil {
			panic(fmt.Errorf("graph: case %q: %w", c.In, err))
		}
		n := Input("in"+strconv.Itoa(i), s.DType, s.Shape...)
		scales := i > 0 && in[i-1].Type.DType == tensor.U32
		feeds[n] = s.random(r, scales)
		in = append(in, n)
	}
	return in, feeds
}

// spec is one input of a case: its type and, for integers, the range [lo, hi).
type spec struct {
	tensor.Type
	lo, hi int
}

// parseSpec reads a shape, such as 3x64, and after a colon a type: f32 (the default), f16, bf16, i8, u32, i32<10 (from 0) or i32>-2<10 (from -1).
func parseSpec(field string) (spec, error) {
	var s spec
	dims, kind, typed := strings.Cut(field, ":")
	for _, d := range strings.Split(dims, "x") {
		n, err := strconv.Atoi(d)
		if err != nil || n < 1 {
			return s, fmt.Errorf("want dimensions like 3x64, found %q", field)
		}
		s.Shape = append(s.Shape, n)
	}
	if !typed {
		return s, nil
	}
	if bounds, ok := strings.CutPrefix(kind, "i32"); ok {
		s.DType = tensor.I32
		low, high, ok := strings.Cut(bounds, "<")
		if low == "" {
			low = ">-1"
		}
		var err error
		if s.hi, err = strconv.Atoi(high); !ok || err != nil {
			return s, fmt.Errorf("want a bound like i32<10, found %q", field)
		}
		if s.lo, err = strconv.Atoi(strings.TrimPrefix(low, ">")); err != nil || low[0] != '>' || s.lo+1 >= s.hi {
			return s, fmt.Errorf("want bounds like i32>-2<10, found %q", field)
		}
		s.lo++
		return s, nil
	}
	for _, d := range []tensor.DType{tensor.F32, tensor.F16, tensor.BF16, tensor.I8, tensor.U32} {
		if d.String() == kind {
			s.DType = d
			return s, nil
		}
	}
	return s, fmt.Errorf("want f32, f16, bf16, i8, u32 or i32, found %q", field)
}

func (s spec) random(r *rand.Rand, scales bool) tensor.Array {
	a := tensor.NewArray(s.DType, s.Shape...)
	switch s.DType {
	case tensor.I32:
		for i := range a.I32() {
			a.I32()[i] = int32(s.lo + r.IntN(s.hi-s.lo))
		}
	case tensor.U32:
		for i := range a.U32() {
			a.U32()[i] = r.Uint32()
		}
	case tensor.I8: // rows of a cache, each with its scale at the end
		for row := range slices.Chunk(a.Data, s.Shape.Last()) {
			for i := range row {
				row[i] = byte(r.IntN(255) - 127)
			}
			binary.NativeEndian.PutUint32(row[len(row)-4:], math.Float32bits(0.01+0.01*r.Float32()))
		}
	default:
		v := make([]float32, s.Shape.Size())
		for i := range v {
			v[i] = float32(r.NormFloat64())
			if scales {
				v[i] = 0.005 + 0.02*r.Float32()
			}
		}
		a.Store(v)
	}
	return a
}
