//go:build linux

package main

import (
	"context"
	"fmt"
	"math"
	"reflect"
	"slices"
	"sort"
	"time"

	"sightglass/engine/generate"
	"sightglass/engine/graph"
	"sightglass/engine/model"
	"sightglass/engine/model/llama"
	"sightglass/engine/model/siglip"
	"sightglass/engine/nn"
	"sightglass/engine/tensor"
	"sightglass/metal"
	"sightglass/metal/proof/cuda"
)

// The language half of llava-hf/llava-1.5-7b-hf, text_config of its config.json.
const llava = `{"hidden_size": 4096, "intermediate_size": 11008, "num_hidden_layers": 32, "num_attention_heads": 32, "num_key_value_heads": 32,
 "vocab_size": 32064, "max_position_embeddings": 4096, "rms_norm_eps": 1e-05, "rope_theta": 10000.0}`

// A tower of the shape of openai/clip-vit-large-patch14-336, in SigLIP's layers.
var clip = siglip.Config{HiddenSize: 1024, IntermediateSize: 4096, Layers: 24, Heads: 16, Channels: 3, ImageSize: 336, PatchSize: 14,
	LayerNormEps: 1e-5, HiddenAct: "gelu_pytorch_tanh"}

const (
	pictureRows = 576
	textRows    = 64
)

var wholeColumns = []string{"what", "ms", "launches", "tokens/s", "GB/s", "of copy", "TFLOP/s", "of peak", "bar"}

// wholeSuite times models with random weights.
func wholeSuite() suite {
	return suite{name: "whole", columns: wholeColumns, patient: 240e9, items: []item{
		{"LLaVA-1.5-7B in 4 bits", language}, {"vision tower", vision}}}
}

// randomize gives every Param of a model random numbers: matrices affine-quantized in groups of 64 with bits, or f16 where bits is 0. It
// returns the bytes of all, and of the embeddings.
func (b *builder) randomize(m any, bits int) (all, tables int) {
	var walk func(v reflect.Value)
	matrix := func(m *nn.Matrix, out, in int) int {
		if bits == 0 || in%64 != 0 {
			m.Weight, m.Scales, m.Biases = b.weight(tensor.F16, 0.02, out, in), nil, nil
			return m.Weight.Type.Bytes()
		}
		// Values are 0 to 15, so that these scales and biases make weights around 0, as large as keep the size of activations.
		m.Weight, m.Scales, m.Biases = b.weight(tensor.U32, 0, out, in*bits/32), graph.Param("s", tensor.F16, out, in/64), graph.Param("z", tensor.F16, out, in/64)
		scale := float32(0.2) / float32(int(1)<<bits) / float32(math.Sqrt(float64(in))) * 16
		b.bind(m.Scales, constant(scale))
		b.bind(m.Biases, constant(-scale*float32(int(1)<<bits-1)/2))
		return m.Weight.Type.Bytes() + m.Scales.Type.Bytes() + m.Biases.Type.Bytes()
	}
	vector := func(n *graph.Node, scale float32) int {
		b.bind(n, patternOf(tensor.F32, scale))
		return n.Type.Bytes()
	}
	walk = func(v reflect.Value) {
		if v.Kind() == reflect.Pointer && v.IsNil() { // a layer that this model does without
			return
		}
		switch x := v.Interface().(type) {
		case *nn.Linear:
			all += matrix(&x.Matrix, x.Weight.Dim(0), x.In())
			if x.Bias != nil {
				all += vector(x.Bias, 0.1)
			}
			return
		case *nn.Embedding:
			n := matrix(&x.Matrix, x.Weight.Dim(0), x.Weight.Dim(1))
			all, tables = all+n, tables+n
			return
		case *nn.RMSNorm:
			all += vector(x.Weight, 1)
			return
		case *nn.LayerNorm:
			all += vector(x.Weight, 1) + vector(x.Bias, 0.1)
			return
		case *nn.Patches:
			shape := x.Weight.Shape()
			x.Weight = b.weight(tensor.F16, 0.02, shape...)
			all += x.Weight.Type.Bytes() + vector(x.Bias, 0.1)
			return
		}
		switch v.Kind() {
		case reflect.Pointer:
			walk(v.Elem())
		case reflect.Slice:
			for i := range v.Len() {
				walk(v.Index(i))
			}
		case reflect.Struct:
			for i := range v.NumField() {
				if _, ok := v.Type().Field(i).Tag.Lookup("weight"); ok {
					walk(v.Field(i))
				}
			}
		}
	}
	walk(reflect.ValueOf(m))
	return all, tables
}

func constant(x float32) []byte {
	v := make([]float32, 1<<16)
	for i := range v {
		v[i] = x
	}
	a := tensor.NewArray(tensor.F16, len(v))
	a.Store(v)
	return a.Data
}

func language() ([]row, error) {
	gpu, err := device(tensor.F16, false)
	if err != nil {
		return nil, err
	}
	speed, err := copySpeed()
	if err != nil {
		return nil, err
	}
	m, err := llama.Family.New(model.Files{Config: []byte(llava)})
	if err != nil {
		return nil, err
	}
	b := &builder{gpu: gpu, fills: map[*graph.Node]func(tensor.Array){}}
	all, tables := b.randomize(m, 4)
	fmt.Printf("weights: %.2f GB, of which tables %.2f GB\n", float64(all)/1e9, float64(tables)/1e9)
	const positions = 1024
	d, err := generate.NewDecoder(gpu, m, nil, 1, positions, tensor.F16)
	if err != nil {
		return nil, err
	}
	prompt := pictureRows + textRows
	rows := make([]generate.Row, prompt)
	for i := range rows {
		rows[i] = generate.Row{Pos: i, Token: int32(i * 37 % 32000)}
		if i < pictureRows {
			rows[i].Feature = make([]float32, 4096)
			for j := range rows[i].Feature {
				rows[i].Feature[j] = float32((i*31+j*17)%200-100) / 100
			}
		}
	}
	choices, err := d.Step(context.Background(), rows, []int{prompt - 1}, 0)
	if err != nil {
		return nil, err
	}
	fmt.Printf("prefill: best token %d, log sum %g\n", choices[0].Best, choices[0].LogSum)
	// Each row by all weights but the embeddings; the head by the last row alone.
	matrices := 2 * float64(32*(4*4096*4096+3*4096*11008))
	attention := 32 * 32 * 2 * gemm(float64(prompt), float64(prompt+1)/2, 128)
	list, err := whole(gpu.Last(), fmt.Sprintf("prefill of %d+%d tokens", pictureRows, textRows), func(r row, s float64) {
		r["tokens/s"] = float64(prompt) / s
		work(r, matrices*float64(prompt)+attention, s)
	})
	if err != nil {
		return nil, err
	}
	more, err := decode(d, gpu, float64(all-tables), speed, prompt)
	return append(list, more...), err
}

func decode(d *generate.Decoder, gpu *cuda.Device, weights, speed float64, at int) ([]row, error) {
	next := []generate.Row{{Pos: at, Token: 7}}
	choices, err := d.Step(context.Background(), next, []int{0}, 0)
	if err != nil {
		return nil, err
	}
	if l := choices[0].LogSum; l != l {
		fmt.Println("decode: the logits are no numbers")
	}
	cache := float64(d.Cache.Keys[0].Type.Bytes()) * 2 * 32 * float64(at+1) / float64(d.Cache.Len)
	bytes := weights + cache
	list, err := whole(gpu.Last(), fmt.Sprintf("decode, at position %d", at), func(r row, s float64) {
		r["tokens/s"], r["GB/s"], r["of copy"] = 1/s, bytes/s/1e9, bytes/s/speed
		r["bar"] = fmt.Sprintf("%.2f %s", 0.35, map[bool]string{true: "reached", false: "missed"}[bytes/s/speed >= 0.35])
	})
	if err != nil {
		return nil, err
	}
	const steps = 50
	start := time.Now()
	for i := range steps {
		next[0].Pos = at + 1 + i
		if _, err := d.Step(context.Background(), next, []int{0}, 0); err != nil {
			return nil, err
		}
	}
	s := time.Since(start).Seconds() / steps
	return append(list, row{"what": "decode, with inputs and logits copied each token", "ms": s * 1e3, "tokens/s": 1 / s, "GB/s": bytes / s / 1e9, "of copy": bytes / s / speed}), nil
}

func work(r row, flops, seconds float64) {
	r["TFLOP/s"] = flops / seconds / 1e12
	if opts.peak > 0 {
		r["of peak"] = flops / seconds / opts.peak
	}
}

// whole times a program as planned and with one launch after the other, and lists the kernels that it spends its time in.
func whole(p *cuda.Program, name string, fill func(r row, seconds float64)) ([]row, error) {
	serial, err := p.Serial()
	if err != nil {
		return nil, err
	}
	var list []row
	for _, form := range []struct {
		name string
		p    *cuda.Program
	}{{name, p}, {name + ", one launch after the other", serial}} {
		s, err := best(form.p)
		if err != nil {
			return nil, err
		}
		r := row{"what": form.name, "ms": s * 1e3, "launches": len(p.Steps)}
		fill(r, s)
		list = append(list, r)
	}
	times, err := p.Profile(10)
	if err != nil {
		return nil, err
	}
	type share struct {
		name          string
		seconds, size float64
		n             int
	}
	by := map[string]*share{}
	total := 0.0
	for i, s := range p.Steps {
		n := metal.PipelineName(s)
		if by[n] == nil {
			by[n] = &share{name: n}
		}
		by[n].seconds += times[i]
		by[n].size += moved(p.Steps[i : i+1])
		by[n].n++
		total += times[i]
	}
	var shares []*share
	for _, s := range by {
		shares = append(shares, s)
	}
	sort.Slice(shares, func(i, k int) bool { return shares[i].seconds > shares[k].seconds })
	for _, s := range shares[:min(len(shares), 14)] {
		list = append(list, row{"what": fmt.Sprintf("- %s, %.1f%%", s.name, 100*s.seconds/total), "ms": s.seconds * 1e3, "launches": s.n, "GB/s": s.size / s.seconds / 1e9})
	}
	return list, nil
}

func vision() ([]row, error) {
	gpu, err := device(tensor.F16, false)
	if err != nil {
		return nil, err
	}
	if err := clip.Check(); err != nil {
		return nil, err
	}
	t := siglip.New(clip)
	b := &builder{gpu: gpu, fills: map[*graph.Node]func(tensor.Array){}}
	b.randomize(t, 0)
	n := pictureRows
	in := siglip.Inputs{Patches: b.x(n, clip.PatchLen()), Places: b.ints(n, func(i int) int { return i }),
		Seq: b.ints(n, func(int) int { return 0 }), Len: b.ints(n, func(int) int { return n })}
	y := t.Forward(in, nil)
	p, err := graph.Plan(gpu, nil, y)
	if err != nil {
		return nil, err
	}
	b.fill(p)
	if err := p.Run(context.Background()); err != nil {
		return nil, err
	}
	if v := p.Array(y).F32(); slices.ContainsFunc(v, func(f float32) bool { return f != f }) {
		fmt.Println("vision: features are no numbers")
	}
	c, f := float64(clip.HiddenSize), float64(clip.IntermediateSize)
	flops := 24*(2*float64(n)*(4*c*c+2*c*f)+2*gemm(float64(n), float64(n), c)) + gemm(float64(n), c, float64(clip.PatchLen()))
	return whole(gpu.Last(), "vision tower, 24 layers of 1024, 576 patches", func(r row, s float64) { work(r, flops, s) })
}

func infoSuite() suite {
	return suite{name: "info", columns: []string{"what", "is"}, patient: 60e9, items: []item{{"device", func() ([]row, error) {
		gpu, err := device(tensor.F16, true)
		if err != nil {
			return nil, err
		}
		i := gpu.Info
		return []row{{"what": "GPU", "is": i.Name}, {"what": "driver", "is": i.Driver}, {"what": "multiprocessors", "is": i.Multiprocessors},
			{"what": "L2, bytes", "is": i.L2}, {"what": "highest clock, MHz", "is": i.ClockMHz}, {"what": "memory, bytes", "is": i.Total}, {"what": "free, bytes", "is": i.Free}}, nil
	}}}}
}
