package weights

import (
	"encoding/binary"
	"fmt"

	"sightglass/engine/tensor"
)

// maxFinite is the largest tensor, in bytes, that is searched for values that are not finite. Norms, biases and the scales of all but the
// largest layers are below; the pages of large matrices stay untouched until they are used.
const maxFinite = 4 << 20

// finite returns an error if a floating-point tensor of at most maxFinite bytes holds a NaN or an infinity. Larger ones are not read.
func finite(name string, a tensor.Array) error {
	if !a.DType.Float() || len(a.Data) > maxFinite {
		return nil
	}
	// Exponent bits all set, in the upper half of an f32.
	size, exp := a.DType.Size(), uint16(0x7f80)
	if a.DType == tensor.F16 {
		exp = 0x7c00
	}
	for i := size - 2; i < len(a.Data); i += size {
		if binary.LittleEndian.Uint16(a.Data[i:])&exp == exp {
			return fmt.Errorf("weights: %q: want finite numbers, file has NaN or infinity at %d", name, i/size)
		}
	}
	return nil
}
