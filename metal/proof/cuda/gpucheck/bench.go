//go:build linux

package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"strings"

	dev "sightglass/engine/device"
	"sightglass/engine/graph"
	"sightglass/engine/op"
	"sightglass/engine/tensor"
	"sightglass/metal"
	"sightglass/metal/proof/cuda"
)

var benchColumns = []string{"what", "kernel", "us", "GB/s", "of copy", "TFLOP/s", "of peak", "bar"}

// kernelBench is one kernel at one size, with activations in f16.
type kernelBench struct {
	name, op string
	copies   int // with weights of their own, so that they come from memory and not from the cache
	flops    float64
	bar      float64 // least share of the copy's speed; 0: none
	unread   float64 // bytes of the inputs that the kernel need not read
	build    func(b *builder) *graph.Node
}

// builder makes the inputs of a benchmark.
type builder struct {
	gpu   *cuda.Device
	fills map[*graph.Node]func(a tensor.Array)
	err   error
}

// random numbers, or groups of them, repeated over memory: of a size that no cache line repeats soon.
func pattern(d tensor.DType, scale float32) []byte {
	const n = 1 << 21
	x := uint64(88172645463325252)
	next := func() uint32 { // xorshift64
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
		return uint32(x >> 16)
	}
	if d == tensor.U32 {
		out := make([]byte, 0, 4*n)
		for range n {
			out = binary.LittleEndian.AppendUint32(out, next())
		}
		return out
	}
	v := make([]float32, n)
	for i := range v {
		v[i] = scale * (float32(next()>>8)/(1<<23) - 1) * math.Sqrt2
	}
	a := tensor.NewArray(d, n)
	a.Store(v)
	return a.Data
}

var patterns = map[string][]byte{}

func patternOf(d tensor.DType, scale float32) []byte {
	key := fmt.Sprint(d, scale)
	if patterns[key] == nil {
		patterns[key] = pattern(d, scale)
	}
	return patterns[key]
}

// weight is a Param with random numbers.
func (b *builder) weight(d tensor.DType, scale float32, shape ...int) *graph.Node {
	n := graph.Param("w", d, shape...)
	b.bind(n, patternOf(d, scale))
	return n
}

func (b *builder) bind(n *graph.Node, pattern []byte) {
	buf, err := b.gpu.Alloc(n.Type.Bytes())
	if err == nil {
		err = buf.(*cuda.Buffer).Fill(pattern)
	}
	if err != nil {
		panic(err)
	}
	n.Bind(dev.Slice{Buffer: buf, Type: n.Type})
}

// x is an input with random numbers.
func (b *builder) x(shape ...int) *graph.Node {
	n := graph.Input("x", tensor.F32, shape...)
	b.fills[n] = func(a tensor.Array) {
		p := patternOf(tensor.F32, 1)
		for data := a.Data; len(data) > 0; data = data[min(len(p), len(data)):] {
			copy(data, p)
		}
	}
	return n
}

// ints is an input of which number i is f(i).
func (b *builder) ints(n int, f func(i int) int) *graph.Node {
	x := graph.Input("i", tensor.I32, n)
	b.fills[x] = func(a tensor.Array) {
		for i := range a.I32() {
			a.I32()[i] = int32(f(i))
		}
	}
	return x
}

func (b *builder) fill(p *graph.Program) {
	for n, f := range b.fills {
		if p.Has(n) {
			f(p.Array(n))
		}
	}
}

func (b *builder) packed(bits, m, k int) (w, s, z *graph.Node) {
	return b.weight(tensor.U32, 0, m, k*bits/32), b.weight(tensor.F16, 0.003, m, k/64), b.weight(tensor.F16, 0.02, m, k/64)
}

func mv(bits, rows, m, k int) func(b *builder) *graph.Node {
	return func(b *builder) *graph.Node {
		w, s, z := b.packed(bits, m, k)
		return op.QLinear(b.x(rows, k), w, s, z, nil, tensor.Affine{Bits: bits, Group: 64}, true)
	}
}

func dense(rows, m, k int) func(b *builder) *graph.Node {
	return func(b *builder) *graph.Node {
		return op.Linear(b.x(rows, k), b.weight(tensor.F16, 0.02, m, k), nil, true)
	}
}

// attend is n queries of each of seqs sequences, which see all of m positions, or those up to their own.
func attend(seqs, n, h, hkv, d, m int, causal bool) func(b *builder) *graph.Node {
	return func(b *builder) *graph.Node {
		k, v := b.weight(tensor.F16, 1, seqs, m, hkv, d), b.weight(tensor.F16, 1, seqs, m, hkv, d)
		length := b.ints(seqs*n, func(i int) int {
			if causal {
				return m - n + i%n + 1
			}
			return m
		})
		return op.Attention(b.x(seqs*n, h, d), k, v, b.ints(seqs*n, func(i int) int { return i / n }), length, float32(1/math.Sqrt(float64(d))))
	}
}

func gemm(m, n, k float64) float64 { return 2 * m * n * k }

// kernelBenches are the kernels at the sizes of real models. Those with a bar come first.
func kernelBenches() []kernelBench {
	ones := func(b *builder, c int) *graph.Node { return b.weight(tensor.F32, 1, c) }
	return []kernelBench{
		{name: "4-bit matrix-vector 11008x4096", op: "qlinear", copies: 16, bar: 0.5, build: mv(4, 1, 11008, 4096)},
		{name: "decode attention, 8192 positions, 32 heads of 128", op: "attention", copies: 3, bar: 0.4, build: attend(1, 1, 32, 32, 128, 8192, false)},
		{name: "decode attention, 8192 positions, 32 heads on 8", op: "attention", copies: 10, bar: 0.4, build: attend(1, 1, 32, 8, 128, 8192, false)},
		{name: "rms norm 8192x4096", op: "rmsnorm", copies: 1, bar: 0.7, build: func(b *builder) *graph.Node { return op.RMSNorm(b.x(8192, 4096), ones(b, 4096), 1e-5, 0) }},
		{name: "rms norm 65536x4096", op: "rmsnorm", copies: 1, build: func(b *builder) *graph.Node { return op.RMSNorm(b.x(65536, 4096), ones(b, 4096), 1e-5, 0) }},
		{name: "4-bit matrix-vector 4096x11008", op: "qlinear", copies: 16, build: mv(4, 1, 4096, 11008)},
		{name: "4-bit matrix-vector 4096x4096", op: "qlinear", copies: 40, build: mv(4, 1, 4096, 4096)},
		{name: "4-bit matrix-vector 32000x4096", op: "qlinear", copies: 6, build: mv(4, 1, 32000, 4096)},
		{name: "4-bit matrix, 4 rows, 11008x4096", op: "qlinear", copies: 16, build: mv(4, 4, 11008, 4096)},
		{name: "8-bit matrix-vector 11008x4096", op: "qlinear", copies: 8, build: mv(8, 1, 11008, 4096)},
		{name: "f16 matrix-vector 11008x4096", op: "linear", copies: 4, build: dense(1, 11008, 4096)},
		{name: "f16 gemm 4096x4096x4096", op: "linear", copies: 1, flops: gemm(4096, 4096, 4096), build: dense(4096, 4096, 4096)},
		{name: "f16 gemm 576x4096x1024", op: "linear", copies: 8, flops: gemm(576, 4096, 1024), build: dense(576, 4096, 1024)},
		{name: "4-bit gemm 640x11008x4096", op: "qlinear", copies: 4, flops: gemm(640, 11008, 4096), build: mv(4, 640, 11008, 4096)},
		{name: "4-bit gemm 4096x11008x4096", op: "qlinear", copies: 1, flops: gemm(4096, 11008, 4096), build: mv(4, 4096, 11008, 4096)},
		{name: "f16 matmul 32 of 1024x1024x128", op: "matmul", copies: 1, flops: 32 * gemm(1024, 1024, 128), build: func(b *builder) *graph.Node {
			return op.MatMul(b.x(32, 1024, 128), b.x(32, 1024, 128), false, true)
		}},
		{name: "flash attention, 2048 causal, 32 heads of 128", op: "attention", copies: 1, flops: 32 * 2 * gemm(2048, 1024.5, 128), build: attend(1, 2048, 32, 32, 128, 2048, true)},
		{name: "flash attention, 640 causal, 32 heads of 128", op: "attention", copies: 1, flops: 32 * 2 * gemm(640, 320.5, 128), build: attend(1, 640, 32, 32, 128, 640, true)},
		{name: "flash attention, 8 of 576, 16 heads of 64", op: "attention", copies: 1, flops: 8 * 16 * 2 * gemm(576, 576, 64), build: attend(8, 576, 16, 16, 64, 576, false)},
		{name: "flash attention, 2048 causal, 8 heads of 256", op: "attention", copies: 1, flops: 8 * 2 * gemm(2048, 1024.5, 256), build: attend(1, 2048, 8, 8, 256, 2048, true)},
		{name: "layer norm 8192x4096", op: "layernorm", copies: 1, build: func(b *builder) *graph.Node {
			return op.LayerNorm(b.x(8192, 4096), ones(b, 4096), ones(b, 4096), 1e-5)
		}},
		{name: "softmax 8192x4096", op: "softmax", copies: 1, build: func(b *builder) *graph.Node { return op.Softmax(b.x(8192, 4096)) }},
		{name: "add 8192x4096", op: "add", copies: 1, build: func(b *builder) *graph.Node { return op.Add(b.x(8192, 4096), b.x(8192, 4096)) }},
		{name: "silu_mul 8192x11008", op: "silu_mul", copies: 1, build: func(b *builder) *graph.Node { return op.SiLUMul(b.x(8192, 11008), b.x(8192, 11008)) }},
		{name: "gelu_tanh 8192x4096", op: "gelu_tanh", copies: 1, build: func(b *builder) *graph.Node { return op.GELUTanh(b.x(8192, 4096)) }},
		{name: "gelu_erf 8192x4096", op: "gelu_erf", copies: 1, build: func(b *builder) *graph.Node { return op.GELUErf(b.x(8192, 4096)) }},
		{name: "rope 8192x32x128", op: "rope", copies: 1, build: func(b *builder) *graph.Node {
			return op.Rope(b.x(8192, 32, 128), op.Angles(b.ints(8192, func(i int) int { return i }), b.weight(tensor.F32, 1, 64)), false)
		}},
		{name: "embedding of 8192 rows of 4096", op: "embedding", copies: 1, unread: (32000 - 8192) * 4096 * 2, build: func(b *builder) *graph.Node {
			return op.Embedding(b.ints(8192, func(i int) int { return i * 7919 % 32000 }), b.weight(tensor.F16, 1, 32000, 4096))
		}},
		{name: "permute 32x1024x4096 to 1024x32x4096", op: "permute", copies: 1, build: func(b *builder) *graph.Node { return op.Permute(b.x(32, 1024, 4096), 1, 0, 2) }},
		{name: "argmax 1024x32000", op: "argmax", copies: 1, build: func(b *builder) *graph.Node { return op.Argmax(b.x(1024, 32000)) }},
		{name: "argmax 1x32000", op: "argmax", copies: 1, build: func(b *builder) *graph.Node { return op.Argmax(b.x(1, 32000)) }},
		{name: "logsumexp 1x32000", op: "logsumexp", copies: 1, build: func(b *builder) *graph.Node { return op.LogSumExp(b.x(1, 32000)) }},
		{name: "cast 8192x4096 from f32 and back", op: "cast", copies: 1, build: func(b *builder) *graph.Node { return op.Scale(b.x(8192, 4096), 2) }},
	}
}

func benchSuite() suite {
	s := suite{name: "bench", columns: benchColumns, patient: 90e9}
	s.items = append(s.items, item{"copy", func() ([]row, error) {
		speed, err := copySpeed()
		return []row{{"what": "copy of 2 GiB within memory, read and written", "GB/s": speed / 1e9, "of copy": 1.0}}, err
	}})
	for _, b := range kernelBenches() {
		s.items = append(s.items, item{b.name, b.run})
	}
	return s
}

var measured float64

// copySpeed is the card's, in bytes a second, measured once in a process.
func copySpeed() (float64, error) {
	if measured > 0 {
		return measured, nil
	}
	gpu, err := device(tensor.F16, true)
	if err == nil {
		measured, err = gpu.CopySpeed(2 << 30)
	}
	return measured, err
}

func (k kernelBench) run() ([]row, error) {
	speed, err := copySpeed()
	if err != nil {
		return nil, err
	}
	gpu, err := device(tensor.F16, true)
	if err != nil {
		return nil, err
	}
	b := &builder{gpu: gpu, fills: map[*graph.Node]func(tensor.Array){}}
	var outputs []*graph.Node
	for range k.copies {
		outputs = append(outputs, k.build(b))
	}
	var scratch graph.Scratch
	defer scratch.Free()
	p, err := graph.Plan(gpu, &scratch, outputs...)
	if err != nil {
		return nil, err
	}
	defer freeWeights(gpu.Last(), &scratch)
	b.fill(p)
	if err := p.Run(context.Background()); err != nil {
		return nil, err
	}
	q, err := gpu.Last().Select(func(s dev.Step) bool { return s.Kernel == k.op || strings.HasPrefix(s.Kernel, k.op+"_") })
	if err != nil {
		return nil, err
	}
	if len(q.Steps) == 0 {
		return nil, fmt.Errorf("want steps of %q, found none", k.op)
	}
	seconds, err := best(q)
	if err != nil {
		return nil, err
	}
	seconds /= float64(k.copies)
	bytes := moved(q.Steps)/float64(k.copies) - k.unread
	return []row{k.row(kernels(q.Steps), seconds, bytes, speed)}, nil
}

func (k kernelBench) row(kernel string, seconds, bytes, speed float64) row {
	r := row{"what": k.name, "kernel": kernel, "us": seconds * 1e6, "GB/s": bytes / seconds / 1e9, "of copy": bytes / seconds / speed}
	if k.flops > 0 {
		r["TFLOP/s"] = k.flops / seconds / 1e12
		if opts.peak > 0 {
			r["of peak"] = k.flops / seconds / opts.peak
		}
	}
	if k.bar > 0 {
		r["bar"] = fmt.Sprintf("%.2f %s", k.bar, map[bool]string{true: "reached", false: "missed"}[bytes/seconds/speed >= k.bar])
	}
	return r
}

// best is the least seconds that one of several timings gives.
func best(p *cuda.Program) (float64, error) {
	once, err := p.Time(2)
	if err != nil {
		return 0, err
	}
	times := int(min(max(0.05/once, 1), 2000))
	least := math.Inf(1)
	for range 5 {
		s, err := p.Time(times)
		if err != nil {
			return 0, err
		}
		least = min(least, s)
	}
	return least, nil
}

// moved is the bytes of the inputs and outputs of steps: what they must at least read and write. What one step leaves for the next of its own
// op counts as well.
func moved(steps []dev.Step) float64 {
	total := 0
	for _, s := range steps {
		if strings.HasPrefix(s.Kernel, "cache_write_") { // all but some rows stays as it is
			total += 2 * s.In[1].Type.Bytes()
			continue
		}
		for _, x := range s.In {
			total += x.Type.Bytes()
		}
		total += s.Out.Type.Bytes()
	}
	return float64(total)
}

// kernels names those that steps run, each once.
func kernels(steps []dev.Step) string {
	var names []string
	seen := map[string]bool{}
	for _, s := range steps {
		if n := metal.PipelineName(s); !seen[n] {
			seen[n] = true
			names = append(names, n)
		}
	}
	return strings.Join(names, " ")
}

// freeWeights gives back all the memory that a program used.
func freeWeights(p *cuda.Program, _ *graph.Scratch) {
	for _, s := range p.Steps {
		for _, x := range s.In {
			x.Buffer.Free()
		}
	}
}
