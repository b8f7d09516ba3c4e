package weights

import (
	"fmt"
	"slices"
	"testing"

	"sightglass/engine/tensor"
)

func TestQuantizeIsMLXToTheBit(t *testing.T) {
	src := open(t, "testdata/quantize.safetensors")
	for name, dtype := range map[string]tensor.DType{"f32": tensor.F32, "f16": tensor.F16, "bf16": tensor.BF16} {
		for _, a := range []tensor.Affine{{Bits: 4, Group: 32}, {Bits: 4, Group: 64}, {Bits: 4, Group: 128}, {Bits: 8, Group: 32}, {Bits: 8, Group: 64}, {Bits: 8, Group: 128}} {
			stem := fmt.Sprintf("%s_%d_%d.", name, a.Bits, a.Group)
			t.Run(stem+"weight", func(t *testing.T) {
				input, want := get(t, src, stem+"input").Floats(), get(t, src, stem+"weight").U32()
				words, scales, biases := Quantize(input, a)
				if i := firstDifference(words, want); i >= 0 {
					t.Fatalf("word %d: got %#08x, want %#08x", i, words[i], want[i])
				}
				for part, v := range map[string][]float32{"scales": scales, "biases": biases} {
					want := get(t, src, stem+part)
					got := tensor.NewArray(dtype, want.Shape...)
					got.Store(v)
					if i := firstDifference(got.Floats(), want.Floats()); i >= 0 {
						t.Fatalf("%s %d: got %g, want %g", part, i, got.Floats()[i], want.Floats()[i])
					}
				}
			})
		}
	}
}

func TestDequantizeReturnsValuesNearTheInput(t *testing.T) {
	src := open(t, "testdata/quantize.safetensors")
	input := get(t, src, "f32_8_32.input").Floats()
	got, err := Dequantize(get(t, src, "f32_8_32.weight").Array, get(t, src, "f32_8_32.scales").Array, get(t, src, "f32_8_32.biases").Array, tensor.Affine{Bits: 8, Group: 32})
	if err != nil {
		t.Fatal(err)
	}
	for g := 0; g < len(input); g += 32 {
		group := input[g:][:32]
		step := (slices.Max(group) - slices.Min(group)) / 255
		for i, want := range group {
			// Half a step by rounding, and up to half a step because zero is made exact.
			if d := got[g+i] - want; d > step+1e-6 || d < -step-1e-6 {
				t.Fatalf("value %d: got %g, want %g within %g", g+i, got[g+i], want, step)
			}
		}
	}
}

func TestDequantizeRefusesScalesThatDoNotFit(t *testing.T) {
	_, err := Dequantize(tensor.NewArray(tensor.U32, 2, 8), tensor.NewArray(tensor.F16, 2, 3), tensor.NewArray(tensor.F16, 2, 3), tensor.Affine{Bits: 4, Group: 32})
	if err == nil {
		t.Error("got no error, want one for scales [2 3] of packed [2 8]")
	}
}

func open(t *testing.T, path string) Source {
	t.Helper()
	src, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { src.Close() })
	return src
}

func get(t *testing.T, src Source, name string) Tensor {
	t.Helper()
	a, err := src.Get(name)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// firstDifference is the first index at which the slices differ, or -1.
func firstDifference[T comparable](got, want []T) int {
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || got[i] != want[i] {
			return i
		}
	}
	return -1
}
