package kernels

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

func TestActivations(t *testing.T) {
	silu := func(x float64) float64 { return x / (1 + math.Exp(-x)) }
	ops := map[string]func(x float64) float64{
		"silu":     silu,
		"gelu_erf": func(x float64) float64 { return x / 2 * math.Erfc(-x/math.Sqrt2) },
		"gelu_tanh": func(x float64) float64 {
			return x / 2 * (1 + math.Tanh(math.Sqrt(2/math.Pi)*(x+0.044715*x*x*x)))
		},
	}
	eachISA(t, func(t *testing.T) {
		for name, f := range ops {
			for _, n := range []int{1, 15, 64, 1000} {
				t.Run(fmt.Sprintf("%s of %d", name, n), func(t *testing.T) {
					x, y, want := random(rand.New(rand.NewPCG(1, 9)), n), newGuarded(n), make([]float64, n)
					for i := range x {
						x[i] *= 4
					}
					copy(x, []float32{0, -100, 100, -20, 1e-6})
					for i, v := range x {
						want[i] = f(float64(v))
					}
					call(t, 3, name, args(n), x, y.values)
					near(t, y, want, 3e-7)
					for i, v := range y.values { // small results too
						if d := math.Abs(float64(v) - want[i]); d > 1e-6*math.Abs(want[i])+2e-7 {
							t.Fatalf("%s(%g): got %g, want %g", name, x[i], v, want[i])
						}
					}
				})
			}
		}
		t.Run("silu_mul", func(t *testing.T) {
			r := rand.New(rand.NewPCG(2, 2))
			a, b, y := random(r, 777), random(r, 777), newGuarded(777)
			want := make([]float64, 777)
			for i := range want {
				want[i] = silu(float64(a[i])) * float64(b[i])
			}
			call(t, 2, "silu_mul", args(777), a, b, y.values)
			near(t, y, want, 1e-6)
		})
	})
}

func TestAddAndMulRepeatTheSecond(t *testing.T) {
	eachISA(t, func(t *testing.T) {
		for _, c := range []struct{ size, bsize int }{{1, 1}, {64, 64}, {60, 3}, {1000, 1}, {1000, 50}, {99 * 7, 99}} {
			r := rand.New(rand.NewPCG(3, 3))
			a, b := random(r, c.size), random(r, c.bsize)
			for name, f := range map[string]func(a, b float32) float32{
				"add": func(a, b float32) float32 { return a + b },
				"mul": func(a, b float32) float32 { return a * b },
			} {
				y, want := newGuarded(c.size), make([]float64, c.size)
				for i := range want {
					want[i] = float64(f(a[i], b[i%c.bsize]))
				}
				call(t, 3, name, args(c.size, c.bsize), a, b, y.values)
				near(t, y, want, 0)
			}
		}
	})
}

func TestNorms(t *testing.T) {
	eachISA(t, func(t *testing.T) {
		for _, c := range []struct{ n, c int }{{1, 1}, {3, 5}, {2, 16}, {7, 576}, {4, 77}, {1, 4096}} {
			r := rand.New(rand.NewPCG(4, 3))
			x, w, b := random(r, c.n*c.c), random(r, c.c), random(r, c.c)
			for i := range x {
				x[i] += 3
			}
			const eps = float32(1e-5)
			rms, layer, soft := make([]float64, len(x)), make([]float64, len(x)), make([]float64, len(x))
			for i := range c.n {
				row := x[i*c.c : (i+1)*c.c]
				var sum, square, exp float64
				for _, v := range row {
					sum += float64(v)
					square += float64(v) * float64(v)
					exp += math.Exp(float64(v))
				}
				mean := sum / float64(c.c)
				var variance float64
				for _, v := range row {
					variance += (float64(v) - mean) * (float64(v) - mean) / float64(c.c)
				}
				for j, v := range row {
					at := i*c.c + j
					rms[at] = float64(v) / math.Sqrt(square/float64(c.c)+float64(eps)) * (float64(w[j]) + 1)
					layer[at] = (float64(v)-mean)/math.Sqrt(variance+float64(eps))*float64(w[j]) + float64(b[j])
					soft[at] = math.Exp(float64(v)) / exp
				}
			}
			t.Run(fmt.Sprintf("%d rows of %d", c.n, c.c), func(t *testing.T) {
				y := newGuarded(len(x))
				call(t, 2, "rmsnorm", args(c.n, c.c, eps, float32(1)), x, w, y.values)
				near(t, y, rms, 1e-6)
				call(t, 2, "layernorm", args(c.n, c.c, eps), x, w, b, y.values)
				near(t, y, layer, 2e-6)
				call(t, 2, "softmax", args(c.n, c.c), x, y.values)
				near(t, y, soft, 1e-6)
			})
		}
	})
}

func TestMerge(t *testing.T) {
	eachISA(t, func(t *testing.T) {
		const n, c, rows = 5, 19, 3
		r := rand.New(rand.NewPCG(5, 3))
		x, image, index := random(r, n*c), random(r, rows*c), []int32{-1, 2, 0, -1, 1}
		y, want := newGuarded(n*c), make([]float64, n*c)
		for i := range want {
			want[i] = float64(x[i])
			if from := index[i/c]; from >= 0 {
				want[i] = float64(image[int(from)*c+i%c])
			}
		}
		call(t, 2, "merge", args(n, c, rows), x, image, index, y.values)
		near(t, y, want, 0)
	})
}

func TestPermute(t *testing.T) {
	eachISA(t, func(t *testing.T) {
		for _, c := range []struct{ shape, perm []int }{
			{[]int{7}, []int{0}}, {[]int{3, 5}, []int{1, 0}}, {[]int{2, 3, 4}, []int{0, 2, 1}}, {[]int{2, 3, 4}, []int{1, 0, 2}},
			{[]int{2, 3, 4, 5}, []int{3, 1, 0, 2}}, {[]int{2, 3, 1, 5, 4}, []int{4, 2, 0, 3, 1}},
		} {
			rank, total := len(c.shape), 1
			packed := args(rank, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
			for i := range rank {
				packed[1+i], packed[6+i] = uint32(c.shape[i]), uint32(c.perm[i])
				total *= c.shape[i]
			}
			x, y, want := random(rand.New(rand.NewPCG(5, 8)), total), newGuarded(total), make([]float64, total)
			at := make([]int, rank) // the index in y
			for i := range total {
				for rest, d := i, rank-1; d >= 0; d-- {
					size := c.shape[c.perm[d]]
					at[d], rest = rest%size, rest/size
				}
				from := make([]int, rank)
				for d, p := range c.perm {
					from[p] = at[d]
				}
				flat := 0
				for d, s := range c.shape {
					flat = flat*s + from[d]
				}
				want[i] = float64(x[flat])
			}
			call(t, 2, "permute", packed, x, y.values)
			near(t, y, want, 0)
		}
	})
}
