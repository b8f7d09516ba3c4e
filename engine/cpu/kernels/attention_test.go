package kernels

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

type attentionCase struct {
	name                    string
	h, hkv, d, m, s, window int
	seq, len                []int32
	threads                 int
}

// span is the kernel's: the ends and, where there is a window, the beginnings.
func (c attentionCase) span() (span []int32, from int) {
	if c.window == 0 {
		return c.len, 0
	}
	span = slices.Clone(c.len)
	for _, n := range c.len {
		span = append(span, max(0, n-int32(c.window)))
	}
	return span, 1
}

// steps is the rows of a causal prompt of n tokens of a sequence, the first at position from.
func steps(n, sequence, from int) (seq, len []int32) {
	for i := range n {
		seq, len = append(seq, int32(sequence)), append(len, int32(from+i+1))
	}
	return seq, len
}

// whole is n rows that all see n keys.
func whole(n, sequence int) (seq, len []int32) {
	for range n {
		seq, len = append(seq, int32(sequence)), append(len, int32(n))
	}
	return seq, len
}

func attentionCases() []attentionCase {
	cases := []attentionCase{
		{name: "one key", h: 1, hkv: 1, d: 1, m: 1, s: 1, seq: []int32{0}, len: []int32{1}, threads: 1},
		{name: "decoding", h: 9, hkv: 3, d: 64, m: 70, s: 2, seq: []int32{1}, len: []int32{67}, threads: 2},
		{name: "decoding with a window", h: 4, hkv: 2, d: 24, m: 50, s: 1, window: 10, seq: []int32{0}, len: []int32{50}, threads: 2},
		{name: "several sequences, padding and no keys", h: 6, hkv: 3, d: 33, m: 20, s: 4, seq: []int32{3, -1, 0, 2, 9, 1}, len: []int32{20, 5, 1, 7, 3, 0}, threads: 3},
		{name: "a length beyond the cache", h: 2, hkv: 1, d: 16, m: 8, s: 1, seq: []int32{0}, len: []int32{99}, threads: 1},
	}
	add := func(c attentionCase, rows func() ([]int32, []int32)) {
		c.seq, c.len = rows()
		cases = append(cases, c)
	}
	add(attentionCase{name: "prompt", h: 9, hkv: 3, d: 64, m: 150, s: 1, threads: 2}, func() ([]int32, []int32) { return steps(140, 0, 0) })
	add(attentionCase{name: "prompt after a prefix", h: 4, hkv: 4, d: 20, m: 200, s: 2, threads: 3}, func() ([]int32, []int32) { return steps(100, 1, 77) })
	add(attentionCase{name: "prompt with a window", h: 3, hkv: 1, d: 40, m: 300, s: 1, window: 33, threads: 2}, func() ([]int32, []int32) { return steps(250, 0, 20) })
	add(attentionCase{name: "picture", h: 3, hkv: 3, d: 72, m: 197, s: 1, threads: 2}, func() ([]int32, []int32) { return whole(197, 0) })
	add(attentionCase{name: "two prompts, then padding", h: 8, hkv: 1, d: 96, m: 64, s: 3, threads: 2}, func() ([]int32, []int32) {
		s0, l0 := steps(40, 2, 0)
		s1, l1 := steps(17, 0, 30)
		pad, none := steps(9, -1, 0)
		return append(append(s0, s1...), pad...), append(append(l0, l1...), none...)
	})
	return cases
}

// attend is the definition of attention.
func attend(c attentionCase, q, k, v []float32, scale float32) []float64 {
	n, group := len(c.seq), c.h/c.hkv
	y := make([]float64, n*c.h*c.d)
	for i := range n {
		if c.seq[i] < 0 || int(c.seq[i]) >= c.s {
			continue
		}
		hi, lo := min(int(c.len[i]), c.m), 0
		if c.window > 0 {
			lo = max(0, int(c.len[i])-c.window)
		}
		for h := range c.h {
			at := func(j int) int { return ((int(c.seq[i])*c.m+j)*c.hkv + h/group) * c.d }
			row, most, sum := (i*c.h+h)*c.d, math.Inf(-1), 0.0
			p := make([]float64, max(hi-lo, 0))
			for j := range p {
				for e := range c.d {
					p[j] += float64(q[row+e]) * float64(k[at(lo+j)+e])
				}
				p[j] *= float64(scale)
				most = max(most, p[j])
			}
			for j := range p {
				p[j] = math.Exp(p[j] - most)
				sum += p[j]
			}
			for j := range p {
				for e := range c.d {
					y[row+e] += p[j] / sum * float64(v[at(lo+j)+e])
				}
			}
		}
	}
	return y
}

func TestAttention(t *testing.T) {
	eachISA(t, func(t *testing.T) {
		for _, c := range attentionCases() {
			for _, dtype := range []string{"f32", "f16", "i8"} {
				t.Run(c.name+" "+dtype, func(t *testing.T) {
					r := rand.New(rand.NewPCG(7, 7))
					n, size := len(c.seq), c.s*c.m*c.hkv*c.d
					q, k, v := random(r, n*c.h*c.d), store(dtype, random(r, size)), store(dtype, random(r, size))
					if dtype == "i8" {
						k, v = storeRows(k.values, c.d), storeRows(v.values, c.d)
					}
					const scale = float32(0.3)
					y := newGuarded(len(q))
					span, from := c.span()
					call(t, c.threads, "attention_"+dtype, args(n, c.h, c.hkv, c.d, c.m, c.s, from, scale),
						q, k.buffer, v.buffer, c.seq, span, y.values)
					near(t, y, attend(c, q, k.values, v.values, scale), 5e-6)
				})
			}
		}
	})
}

// Positions beyond a row's length hold whatever was there before; it must not leak in, not even as NaN times 0.
func TestAttentionIgnoresKeysThatAreNotThere(t *testing.T) {
	eachISA(t, func(t *testing.T) {
		c := attentionCase{h: 2, hkv: 1, d: 64, m: 100, s: 1}
		c.seq, c.len = steps(70, 0, 0)
		r := rand.New(rand.NewPCG(8, 7))
		q, k, v := random(r, 70*2*64), random(r, 6400), random(r, 6400)
		for i := 70 * 64; i < 6400; i++ {
			k[i], v[i] = float32(math.NaN()), float32(math.NaN())
		}
		y := newGuarded(len(q))
		call(t, 1, "attention_f32", args(70, 2, 1, 64, 100, 1, 0, float32(1)), q, k, v, c.seq, c.len, y.values)
		near(t, y, attend(c, q, k, v, 1), 5e-6)
	})
}

func TestCacheWrite(t *testing.T) {
	eachISA(t, func(t *testing.T) {
		for _, columns := range []int{1, 16, 37, 192} {
			const m, s = 5, 3
			r := rand.New(rand.NewPCG(9, 9))
			x := store("f16", random(r, 6*columns)).values // exact in f16
			seq, pos := []int32{2, -1, 0, 3, 1, 1}, []int32{4, 0, 0, 1, 5, 2}
			cache := newGuarded(s * m * columns)
			clear(cache.values)
			want, half := make([]float64, s*m*columns), make([]uint16, s*m*columns)
			for _, i := range []int{0, 2, 5} {
				for j := range columns {
					want[(int(seq[i])*m+int(pos[i]))*columns+j] = float64(x[i*columns+j])
				}
			}
			call(t, 2, "cache_write_f32", args(6, columns, m, s, columns), cache.values, x, seq, pos, cache.values)
			near(t, cache, want, 0)
			call(t, 2, "cache_write_f16", args(6, columns, m, s, columns), half, x, seq, pos, half)
			for i, v := range half {
				if got := float64(fromF16(v)); got != want[i] {
					t.Fatalf("f16, %d columns, value %d: got %g, want %g", columns, i, got, want[i])
				}
			}
		}
	})
}

// A head is kept in 8 bits with its own scale, which is at most an eighth too large; what has numbers that are none is kept as none.
func TestCacheWriteI8(t *testing.T) {
	eachISA(t, func(t *testing.T) {
		const heads, d = 3, 37
		r := rand.New(rand.NewPCG(9, 9))
		x := random(r, heads*d)
		for i := range d {
			x[d+i] *= 1000
			x[2*d+i] = 0
		}
		x[5] = float32(math.Inf(1))
		cache := make([]byte, 2*heads*(d+4))
		call(t, 2, "cache_write_i8", args(1, heads*d, 1, 2, d), cache, x, []int32{1}, []int32{0}, cache)
		for h, row := range slices.Collect(slices.Chunk(cache[heads*(d+4):], d+4)) {
			scale := math.Float32frombits(binary.NativeEndian.Uint32(row[d:]))
			var most float32
			for _, v := range x[h*d:][:d] {
				most = max(most, v, -v)
			}
			switch h {
			case 0:
				if scale < math.MaxFloat32 {
					t.Errorf("a head with infinity: got a scale of %g, want one that is no number", scale)
				}
				continue
			case 1:
				if scale < most/127 || scale > most/127*1.126 || math.Float32bits(scale)&0xfffff != 0 {
					t.Errorf("scale: got %g, want a little more than %g, in four binary digits", scale, most/127)
				}
			}
			for i, v := range x[h*d:][:d] {
				if got := scale * float32(int8(row[i])); math.Abs(float64(got-v)) > float64(scale)/2*1.0001 {
					t.Errorf("head %d, value %d: got %g, want %g, half of %g off at most", h, i, got, v, scale)
				}
			}
		}
	})
}

func TestRope(t *testing.T) {
	eachISA(t, func(t *testing.T) {
		for _, c := range []struct{ n, h, d, r, interleaved int }{
			{1, 1, 2, 2, 0}, {5, 3, 64, 64, 0}, {4, 2, 80, 40, 0}, {3, 2, 64, 64, 1}, {2, 2, 11, 6, 1}, {7, 1, 72, 72, 0},
		} {
			for _, inverse := range []int{0, 1} {
				for _, alias := range []bool{false, true} {
					t.Run(fmt.Sprintf("%+v inverse %d alias %v", c, inverse, alias), func(t *testing.T) {
						r := rand.New(rand.NewPCG(6, 6))
						x, table := random(r, c.n*c.h*c.d), random(r, c.n*c.r)
						want := make([]float64, len(x))
						for i, v := range x {
							want[i] = float64(v)
						}
						for u := range c.n * c.h {
							for i := range c.r / 2 {
								p, q := u*c.d+i, u*c.d+i+c.r/2
								if c.interleaved == 1 {
									p, q = u*c.d+2*i, u*c.d+2*i+1
								}
								cos, sin := float64(table[u/c.h*c.r+i]), float64(table[u/c.h*c.r+c.r/2+i])
								if inverse == 1 {
									sin = -sin
								}
								a, b := want[p], want[q]
								want[p], want[q] = a*cos-b*sin, b*cos+a*sin
							}
						}
						y := newGuarded(len(x))
						if alias {
							copy(y.values, x)
							x = y.values
						}
						call(t, 2, "rope", args(c.n, c.h, c.d, c.r, c.interleaved, inverse), x, table, y.values)
						near(t, y, want, 1e-6)
					})
				}
			}
		}
	})
}
