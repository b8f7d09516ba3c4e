package metal

import (
	"slices"
	"testing"
	"testing/fstest"

	"sightglass/engine/device"
	"sightglass/engine/tensor"
)

func TestPipelineName(t *testing.T) {
	slice := func(d tensor.DType) device.Slice { return device.Slice{Type: tensor.Type{DType: d}} }
	step := func(kernel, variant string, out tensor.DType, in ...tensor.DType) device.Step {
		s := device.Step{Launch: device.Launch{Kernel: kernel, Variant: variant}, Out: slice(out)}
		for _, d := range in {
			s.In = append(s.In, slice(d))
		}
		return s
	}
	for _, c := range []struct {
		step device.Step
		want string
	}{
		{step("rmsnorm", "", tensor.F16, tensor.F16, tensor.F32), "rmsnorm_f16"},
		{step("linear_bf16", "mv", tensor.F16, tensor.F16, tensor.BF16), "linear_bf16_f16_mv"},
		{step("qlinear_4_f16", "mm", tensor.F32, tensor.F32, tensor.U32, tensor.F16, tensor.F16), "qlinear_4_f16_f32_mm"},
		{step("embedding_bf16", "", tensor.F16, tensor.I32, tensor.BF16), "embedding_bf16_f16"},
		{step("dequantize_4_bf16", "", tensor.F16, tensor.U32, tensor.BF16, tensor.BF16), "dequantize_4_bf16_f16"},
		{step("cache_write_f16", "", tensor.F16, tensor.F16, tensor.F32, tensor.I32, tensor.I32), "cache_write_f16_f32"},
		{step("cast_f32_f16", "", tensor.F16, tensor.F32), "cast_f32_f16_f32"},
	} {
		if got := PipelineName(c.step); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

func TestKernelsAreFoundByTheirStem(t *testing.T) {
	stems := []string{"linear", "mul", "mul_rows", "qlinear", "silu", "silu_mul"}
	for kernel, want := range map[string]string{
		"silu": "silu", "silu_mul": "silu_mul", "mul_rows": "mul_rows", "mul": "mul", "linear_bf16": "linear", "qlinear_4_f16": "qlinear",
		"multiply": "", "embedding_f32": "", "": "",
	} {
		if got := stemOf(stems, kernel); got != want {
			t.Errorf("%q: got %q, want %q", kernel, got, want)
		}
	}
}

func TestEverySourceBeginsWithThePrelude(t *testing.T) {
	list := Stems()
	if len(list) == 0 {
		t.Fatal("there are no kernels")
	}
	before, err := files.ReadFile("kernels/prelude.metal")
	if err != nil {
		t.Fatal(err)
	}
	for _, stem := range list {
		text, err := files.ReadFile("kernels/" + stem + ".metal")
		if err != nil {
			t.Fatal(err)
		}
		if include.Match(text) {
			continue
		}
		if got, want := Source(stem), string(before)+"\n#line 1 \""+stem+".metal\"\n"+string(text); got != want {
			t.Errorf("%s: got %d bytes, want %d", stem, len(got), len(want))
		}
	}
	if Source("prelude") != "" || Source("packed") != "" || Source("nothing") != "" {
		t.Error("a source that is no kernel file's")
	}
}

func TestSourcesHoldWhatTheyInclude(t *testing.T) {
	files := fstest.MapFS{
		"kernels/prelude.metal": {Data: []byte("// first\n")},
		"kernels/packed.metal":  {Data: []byte("// second\n")},
		"kernels/sum.metal":     {Data: []byte("#include \"packed.metal\"\n// third\n")},
	}
	want := "// first\n\n#line 1 \"packed.metal\"\n// second\n\n#line 1 \"sum.metal\"\n\n// third\n"
	if got := source(files, "sum"); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := stems(files); !slices.Equal(got, []string{"sum"}) {
		t.Errorf("got %v, want sum alone", got)
	}
}
