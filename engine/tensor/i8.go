package tensor

import (
	"encoding/binary"
	"math"
)

// RoundToI8 rounds x to 8 bits each, and puts what they are to be multiplied by behind them, as f32: max |x| / 127, rounded up to four binary
// digits. It is infinite or NaN where a number is.
func RoundToI8(to []byte, x []float32) {
	var most uint32 // as bits, for which NaN is more than all numbers
	for _, v := range x {
		most = max(most, math.Float32bits(v)&0x7fffffff)
	}
	const digits = 0xfffff    // below the fourth
	const away = 1 + 1.0/4096 // takes what lies half-way between two numbers away from zero, on every device
	scale := math.Float32frombits((math.Float32bits(math.Float32frombits(most)/127) + digits) &^ digits)
	for i, v := range x {
		to[i] = 0
		if scale > 0 && !math.IsInf(float64(scale), 0) {
			to[i] = byte(int8(math.RoundToEven(float64(v / scale * away))))
		}
	}
	binary.NativeEndian.PutUint32(to[len(x):], math.Float32bits(scale))
}

// FloatsOfI8 undoes RoundToI8 for rows of d numbers.
func FloatsOfI8(rows []byte, d int) []float32 {
	out := make([]float32, 0, len(rows)/(d+4)*d)
	for ; len(rows) > 0; rows = rows[d+4:] {
		scale := math.Float32frombits(binary.NativeEndian.Uint32(rows[d:]))
		for _, v := range rows[:d] {
			out = append(out, scale*float32(int8(v)))
		}
	}
	return out
}
