package kernels

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"
	"unsafe"
)

// The shapes of SmolLM2-135M and of SmolVLM's vision tower, from their config.json.
const (
	hidden, mlp, layers, vocab  = 576, 1536, 30, 49152
	heads, kvHeads, headDim     = 9, 3, 64
	visionHidden, visionMLP     = 768, 3072
	visionLayers, visionHeads   = 12, 12
	promptTokens, visionPatches = 512, 1024
	weightGroup, cacheLen       = 32, 1024
)

// eachThreads runs f as benchmarks with 1 and 2 threads, for every instruction set that is not the best one too.
func eachThreads(b *testing.B, f func(b *testing.B, pool *Pool)) {
	best := ISA()
	if best == "none" {
		b.Skip("no C kernels for this architecture")
	}
	defer use(best)
	for _, isa := range isas {
		if !use(isa) {
			continue
		}
		for _, threads := range []int{1, 2} {
			b.Run(fmt.Sprintf("%s/threads=%d", isa, threads), func(b *testing.B) { f(b, newPool(b, threads)) })
		}
	}
}

// bytesOf is a buffer of random bytes, or of f16 numbers near 0.01 for scales.
func bytesOf(n int) []byte {
	b, r := make([]byte, n), rand.New(rand.NewPCG(1, 1))
	words := unsafe.Slice((*uint64)(unsafe.Pointer(unsafe.SliceData(b))), n/8)
	for i := range words {
		words[i] = r.Uint64()
	}
	return b
}

func scalesOf(n int) []uint16 {
	s := make([]uint16, n)
	for i := range s {
		s[i] = toF16(0.001 * float32(1+i%7))
	}
	return s
}

// quantized is the buffers of a weight [m, k] of so many bits.
func quantized(bits, m, k int) []any {
	return []any{bytesOf(m * k * bits / 8), scalesOf(m * k / weightGroup), scalesOf(m * k / weightGroup)}
}

func (l *launcher) qlinear(b *testing.B, bits int, barrier bool, n, k, m int, x []float32, weights []any, y []float32) {
	buffers := append(append([]any{x}, weights...), y)
	l.add(b, fmt.Sprintf("qlinear_%d_f16", bits), barrier, args(n, k, m, weightGroup, 0, 0), buffers...)
}

// smol is random weights of SmolLM2-135M.
type smol struct {
	q, k, v, o, gate, up, down [layers][]any
	embedding                  []any
}

func newSmol() *smol {
	s := &smol{embedding: quantized(8, vocab, hidden)}
	for i := range layers {
		s.q[i], s.o[i] = quantized(4, hidden, hidden), quantized(4, hidden, hidden)
		s.k[i], s.v[i] = quantized(4, kvHeads*headDim, hidden), quantized(4, kvHeads*headDim, hidden)
		s.gate[i], s.up[i], s.down[i] = quantized(4, mlp, hidden), quantized(4, mlp, hidden), quantized(4, hidden, mlp)
	}
	return s
}

// forward adds the launches of n tokens that follow `past` ones; logits are made for the last token.
func (s *smol) forward(b *testing.B, l *launcher, n, past int) {
	const kv = kvHeads * headDim
	r := rand.New(rand.NewPCG(1, 2))
	f := func(c int) []float32 { return make([]float32, n*c) }
	ids, seq, pos, length := make([]int32, n), make([]int32, n), make([]int32, n), make([]int32, n)
	for i := range n {
		ids[i], pos[i], length[i] = int32(i*31%vocab), int32(past+i), int32(past+i+1)
	}
	x, h, q, k, v, a := f(hidden), f(hidden), f(hidden), f(kv), f(kv), f(hidden)
	o, gate, up, logits := f(hidden), f(mlp), f(mlp), make([]float32, vocab)
	norm, table := random(r, hidden), random(r, n*headDim)
	scale, eps := float32(0.125), float32(1e-5)
	l.add(b, "qembedding_8_f16", false, args(n, hidden, vocab, weightGroup), ids, s.embedding[0], s.embedding[1], s.embedding[2], x)
	for i := range layers {
		keys, values := make([]uint16, cacheLen*kv), make([]uint16, cacheLen*kv)
		l.add(b, "rmsnorm", true, args(n, hidden, eps, float32(0)), x, norm, h)
		l.qlinear(b, 4, true, n, hidden, hidden, h, s.q[i], q)
		l.qlinear(b, 4, false, n, hidden, kv, h, s.k[i], k)
		l.qlinear(b, 4, false, n, hidden, kv, h, s.v[i], v)
		l.add(b, "rope", true, args(n, heads, headDim, headDim, 0, 0), q, table, q)
		l.add(b, "rope", false, args(n, kvHeads, headDim, headDim, 0, 0), k, table, k)
		l.add(b, "cache_write_f16", true, args(n, kv, cacheLen, 1, kv), keys, k, seq, pos, keys)
		l.add(b, "cache_write_f16", false, args(n, kv, cacheLen, 1, kv), values, v, seq, pos, values)
		l.add(b, "attention_f16", true, args(n, heads, kvHeads, headDim, cacheLen, 1, 0, scale), q, keys, values, seq, length, a)
		l.qlinear(b, 4, true, n, hidden, hidden, a, s.o[i], o)
		l.add(b, "add", true, args(n*hidden, n*hidden), x, o, x)
		l.add(b, "rmsnorm", true, args(n, hidden, eps, float32(0)), x, norm, h)
		l.qlinear(b, 4, true, n, hidden, mlp, h, s.gate[i], gate)
		l.qlinear(b, 4, false, n, hidden, mlp, h, s.up[i], up)
		l.add(b, "silu_mul", true, args(n*mlp), gate, up, gate)
		l.qlinear(b, 4, true, n, mlp, hidden, gate, s.down[i], o)
		l.add(b, "add", true, args(n*hidden, n*hidden), x, o, x)
	}
	last := x[(n-1)*hidden:]
	l.add(b, "rmsnorm", true, args(1, hidden, eps, float32(0)), last, norm, last)
	l.qlinear(b, 8, true, 1, hidden, vocab, last, s.embedding, logits)
}

func runSmol(b *testing.B, n, past int) {
	s := newSmol()
	eachThreads(b, func(b *testing.B, pool *Pool) {
		var l launcher
		s.forward(b, &l, n, past)
		b.ReportMetric(float64(n)/replay(b, pool, &l), "tokens/s")
		b.ReportMetric(float64(n)/undisturbed(b, pool, &l), "undisturbed-tokens/s")
	})
}

// undisturbed is the seconds of the collected launches, each at its fastest over a few runs of the whole list: what a run
// takes when the machine does nothing else, as a launch is short enough to be left alone at times. It logs them by kernel.
func undisturbed(b *testing.B, pool *Pool, l *launcher) float64 {
	b.Helper()
	lists, best := make([]*List, len(l.launches)), make([]float64, len(l.launches))
	for i := range l.launches {
		list, err := NewList(l.launches[i : i+1])
		if err != nil {
			b.Fatal(err)
		}
		defer list.Free()
		lists[i], best[i] = list, math.Inf(1)
	}
	for start := time.Now(); time.Since(start) < 2*time.Second; {
		for i, list := range lists {
			start := time.Now()
			if err := pool.Run(list, nil); err != nil {
				b.Fatal(err)
			}
			best[i] = min(best[i], time.Since(start).Seconds())
		}
	}
	sum, kernels := 0.0, map[string]float64{}
	for i, t := range best {
		sum += t
		kernels[l.names[i]] += t
	}
	for name, t := range kernels {
		b.Logf("%-20s %8.3f ms", name, t*1e3)
	}
	return sum
}

// replay is the benchmark loop over the collected launches. It returns the seconds of the fastest run, which other work
// on the machine disturbs least.
func replay(b *testing.B, pool *Pool, l *launcher) float64 {
	b.Helper()
	list := l.list(b)
	best := math.Inf(1)
	for b.Loop() {
		start := time.Now()
		if err := pool.Run(list, nil); err != nil {
			b.Fatal(err)
		}
		best = min(best, time.Since(start).Seconds())
	}
	b.ReportMetric(best*1e3, "best-ms")
	return best
}

func BenchmarkDecodeSmolLM2(b *testing.B)  { runSmol(b, 1, 256) }
func BenchmarkPrefillSmolLM2(b *testing.B) { runSmol(b, promptTokens, 0) }

// BenchmarkVision is SmolVLM's tower over one picture of 512 x 512.
func BenchmarkVision(b *testing.B) {
	const n, c = visionPatches, visionHidden
	r := rand.New(rand.NewPCG(1, 2))
	square, wide, tall := scalesOf(c*c), scalesOf(c*visionMLP), scalesOf(c*visionMLP)
	f := func(c int) []float32 { return make([]float32, n*c) }
	eachThreads(b, func(b *testing.B, pool *Pool) {
		x, h, q, k, v, a, o, up := random(r, n*c), f(c), f(c), f(c), f(c), f(c), f(c), f(visionMLP)
		norm, bias, seq, length := random(r, c), random(r, visionMLP), make([]int32, n), make([]int32, n)
		for i := range length {
			length[i] = n
		}
		var l launcher
		scale, eps := float32(0.125), float32(1e-6)
		linear := func(barrier bool, k, m int, x []float32, w []uint16, y []float32) {
			l.add(b, "linear_f16", barrier, args(n, k, m, 1, 0), x, w, bias, y)
		}
		for range visionLayers {
			l.add(b, "layernorm", true, args(n, c, eps), x, norm, bias, h)
			linear(true, c, c, h, square, q)
			linear(false, c, c, h, square, k)
			linear(false, c, c, h, square, v)
			l.add(b, "attention_f32", true, args(n, visionHeads, visionHeads, headDim, n, 1, 0, scale), q, k, v, seq, length, a)
			linear(true, c, c, a, square, o)
			l.add(b, "add", true, args(n*c, n*c), x, o, x)
			l.add(b, "layernorm", true, args(n, c, eps), x, norm, bias, h)
			linear(true, c, visionMLP, h, wide, up)
			l.add(b, "gelu_tanh", true, args(n*visionMLP), up, up)
			linear(true, visionMLP, c, up, tall, o)
			l.add(b, "add", true, args(n*c, n*c), x, o, x)
		}
		flops := 2 * n * visionLayers * (4*c*c + 2*c*visionMLP + 2*n*c)
		b.ReportMetric(float64(flops)/replay(b, pool, &l)/1e9, "GFLOP/s")
	})
}

// BenchmarkLinear is one product of the vision tower for each dtype.
func BenchmarkLinear(b *testing.B) {
	const n, k, m = visionPatches, visionHidden, visionMLP
	r := rand.New(rand.NewPCG(1, 2))
	x, y, values := random(r, n*k), make([]float32, n*m), random(r, m*k)
	for _, dtype := range dtypes {
		w := store(dtype, values).buffer
		b.Run(dtype, func(b *testing.B) {
			eachThreads(b, func(b *testing.B, pool *Pool) {
				var l launcher
				l.add(b, "linear_"+dtype, false, args(n, k, m, 0, 0), x, w, y)
				b.ReportMetric(2*n*k*m/replay(b, pool, &l)/1e9, "GFLOP/s")
			})
		})
	}
}

// BenchmarkQLinear is one product of SmolLM2's MLP for a prompt, and the logits of one token.
func BenchmarkQLinear(b *testing.B) {
	for _, c := range []struct{ n, k, m, bits, exact int }{
		{promptTokens, hidden, mlp, 4, 0}, {promptTokens, hidden, mlp, 8, 0}, {promptTokens, hidden, mlp, 4, 1},
		{1, hidden, vocab, 4, 0}, {1, hidden, vocab, 8, 0}, {4, hidden, vocab, 4, 0},
	} {
		x, y := random(rand.New(rand.NewPCG(1, 2)), c.n*c.k), make([]float32, c.n*c.m)
		w := quantized(c.bits, c.m, c.k)
		b.Run(fmt.Sprintf("bits=%d/n=%d/exact=%d", c.bits, c.n, c.exact), func(b *testing.B) {
			eachThreads(b, func(b *testing.B, pool *Pool) {
				var l launcher
				l.add(b, fmt.Sprintf("qlinear_%d_f16", c.bits), false, args(c.n, c.k, c.m, weightGroup, 0, c.exact), x, w[0], w[1], w[2], y)
				seconds := replay(b, pool, &l)
				b.ReportMetric(2*float64(c.n*c.k*c.m)/seconds/1e9, "GOP/s")
				b.ReportMetric(float64(c.m*c.k)*(float64(c.bits)/8+4.0/weightGroup)/seconds/1e9, "GB/s")
			})
		})
	}
}

// BenchmarkAttention is a prompt of SmolLM2 and a picture of SmolVLM.
func BenchmarkAttention(b *testing.B) {
	for _, c := range []struct {
		name               string
		n, h, hkv, visible int
	}{
		{"prompt", promptTokens, heads, kvHeads, 0}, {"picture", visionPatches, visionHeads, visionHeads, visionPatches}, {"token", 1, heads, kvHeads, 1024},
	} {
		b.Run(c.name, func(b *testing.B) {
			eachThreads(b, func(b *testing.B, pool *Pool) {
				r := rand.New(rand.NewPCG(1, 2))
				q, y, seq, length := random(r, c.n*c.h*headDim), make([]float32, c.n*c.h*headDim), make([]int32, c.n), make([]int32, c.n)
				k, v, flops := scalesOf(cacheLen*c.hkv*headDim), scalesOf(cacheLen*c.hkv*headDim), 0
				for i := range length {
					length[i] = int32(i + 1)
					if c.visible > 0 {
						length[i] = int32(c.visible)
					}
					flops += 4 * c.h * headDim * int(length[i])
				}
				var l launcher
				l.add(b, "attention_f16", false, args(c.n, c.h, c.hkv, headDim, cacheLen, 1, 0, float32(0.125)), q, k, v, seq, length, y)
				b.ReportMetric(float64(flops)/replay(b, pool, &l)/1e9, "GFLOP/s")
			})
		})
	}
}

// BenchmarkBarrier is a launch with almost no work, so the price of a barrier.
func BenchmarkBarrier(b *testing.B) {
	eachThreads(b, func(b *testing.B, pool *Pool) {
		x, one := make([]float32, 64), []float32{1}
		var l launcher
		for range 1000 {
			l.add(b, "add", true, args(64, 1), x, one, x)
		}
		b.ReportMetric(replay(b, pool, &l)*1e6, "ns/launch")
	})
}
