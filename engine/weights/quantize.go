package weights

import (
	"fmt"
	"math"

	"sightglass/engine/tensor"
)

// Quantize rounds rows of w to affine groups exactly as mlx.core.quantize does on an array whose values are w: words of w, and the scale and
// bias of each group before they are rounded to the array's type. The length of w is a multiple of a.Group.
//
// In each group, with n = 2^Bits - 1, the edge is the value farthest from zero and s = ±max((max - min)/n, 1e-7), negative where the edge
// is positive. If q0 = round(edge/s) is not 0, zero is made exact: scale = edge/q0 and bias = edge; else scale = s and bias = 0.
func Quantize(w []float32, a tensor.Affine) (words []uint32, scales, biases []float32) {
	groups, per := len(w)/a.Group, 32/a.Bits
	words, scales, biases = make([]uint32, len(w)/per), make([]float32, groups), make([]float32, groups)
	n := float32(uint32(1)<<a.Bits - 1)
	for g := range groups {
		group := w[g*a.Group:][:a.Group]
		scale, bias := fitGroup(group, n)
		scales[g], biases[g] = scale, bias
		for i, v := range group {
			q := min(max(rint((v-bias)/scale), 0), n)
			words[(g*a.Group+i)/per] |= uint32(q) << (i % per * a.Bits)
		}
	}
	return words, scales, biases
}

// fitGroup is the scale and the bias of one group.
func fitGroup(group []float32, n float32) (scale, bias float32) {
	lo, hi := float32(math.Inf(1)), float32(math.Inf(-1))
	for _, v := range group {
		lo, hi = min(lo, v), max(hi, v)
	}
	scale, edge := max((hi-lo)/n, 1e-7), lo
	if math.Abs(float64(lo)) <= math.Abs(float64(hi)) {
		scale, edge = -scale, hi
	}
	q0 := rint(edge / scale)
	if q0 == 0 {
		return scale, 0
	}
	return edge / q0, edge
}

func rint(v float32) float32 { return float32(math.RoundToEven(float64(v))) }

// Dequantize returns the values of a packed matrix, row after row. biases has the type of scales.
func Dequantize(words, scales, biases tensor.Array, a tensor.Affine) ([]float32, error) {
	in := words.Shape.Last() * 32 / a.Bits
	want := tensor.Shape{words.Shape.Rows(), in / a.Group}
	if len(words.Shape) != 2 || !scales.Shape.Equal(want) || !biases.Shape.Equal(want) {
		return nil, fmt.Errorf("weights: want scales and biases %v for packed %v, found %v and %v", want, words.Shape, scales.Shape, biases.Shape)
	}
	w, u, s, b := make([]float32, want[0]*in), words.U32(), scales.Floats(), biases.Floats()
	for i := range want[0] {
		a.Row(w[i*in:][:in], u[i*words.Shape[1]:], s[i*want[1]:], b[i*want[1]:])
	}
	return w, nil
}
