package tensor

import "fmt"

// Affine is MLX's affine quantization of a matrix [out, in]: in each group of consecutive inputs w = scale*q + bias with q of Bits bits.
// A matrix is three tensors: U32 [out, in*Bits/32] with value i of a word at bits i*Bits, and scales and biases [out, in/Group].
// The zero value means not quantized.
type Affine struct {
	Bits, Group int
}

// AffineOf finds the quantization of a matrix of in inputs from the widths of its packed words and of its scales.
func AffineOf(in, words, scales int) (Affine, error) {
	if in <= 0 || words <= 0 || scales <= 0 || words*32%in != 0 || in%scales != 0 {
		return Affine{}, fmt.Errorf("tensor: affine: want widths that divide, found %d inputs, %d words, %d scales", in, words, scales)
	}
	a := Affine{Bits: words * 32 / in, Group: in / scales}
	return a, a.Check()
}

// Check returns an error unless the engine knows this quantization.
func (a Affine) Check() error {
	if (a.Bits != 4 && a.Bits != 8) || (a.Group != 32 && a.Group != 64 && a.Group != 128) {
		return fmt.Errorf("tensor: affine: want 4 or 8 bits in groups of 32, 64 or 128, found %d bits in groups of %d", a.Bits, a.Group)
	}
	return nil
}

// Row writes the dequantized row of packed words to out.
func (a Affine) Row(out []float32, words []uint32, scales, biases []float32) {
	per, mask := 32/a.Bits, uint32(1)<<a.Bits-1
	for i := range out {
		q := words[i/per] >> (i % per * a.Bits) & mask
		out[i] = float32(scales[i/a.Group]*float32(q)) + biases[i/a.Group] // the conversion forbids a fused multiply-add
	}
}
