package kernels

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// alone fails unless each of the rows of y comes out the same to the bit when it is computed by itself. rows computes rows [from, to).
func alone(t *testing.T, rows func(from, to int) []float32) {
	t.Helper()
	for n := 2; n <= Alone; n++ {
		var want []float32
		for i := range n {
			want = append(want, rows(i, i+1)...)
		}
		if !slices.Equal(rows(0, n), want) {
			t.Errorf("%d rows are others together than alone", n)
		}
	}
}

func TestFewRowsOfProductsAreAsAlone(t *testing.T) {
	const k, m, rank, group = 1056, 37, 5, 32
	eachISA(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(2, 7))
		x, y0, bias := random(r, Alone*k), random(r, Alone*m), random(r, m)
		for _, dtype := range dtypes {
			w, a, b := store(dtype, random(r, m*k)), store(dtype, random(r, rank*k)), store(dtype, random(r, m*rank))
			for _, exact := range []int{0, 1} {
				t.Run(fmt.Sprintf("linear %s exact %d", dtype, exact), func(t *testing.T) {
					alone(t, func(from, to int) []float32 {
						y := newGuarded((to - from) * m)
						call(t, 2, "linear_"+dtype, args(to-from, k, m, 1, exact), x[from*k:to*k], w.buffer, bias, y.values)
						return y.values
					})
				})
				for _, bits := range []int{4, 8} {
					t.Run(fmt.Sprintf("qlinear %d %s exact %d", bits, dtype, exact), func(t *testing.T) {
						w := newAffine(r, bits, group, m, k, dtype)
						alone(t, func(from, to int) []float32 {
							y := newGuarded((to - from) * m)
							call(t, 2, fmt.Sprintf("qlinear_%d_%s", bits, dtype), args(to-from, k, m, group, 0, exact),
								x[from*k:to*k], w.packed, w.scales.buffer, w.biases.buffer, y.values)
							return y.values
						})
					})
				}
			}
			t.Run("lora "+dtype, func(t *testing.T) {
				alone(t, func(from, to int) []float32 {
					y := newGuarded((to - from) * m)
					call(t, 2, "lora_"+dtype, args(to-from, k, m, rank, float32(0.25)), y0[from*m:to*m], x[from*k:to*k], a.buffer, b.buffer, y.values)
					return y.values
				})
			})
		}
	})
}

func TestFewRowsOfAttentionAreAsAlone(t *testing.T) {
	const d, m = 24, 300
	eachISA(t, func(t *testing.T) {
		for _, dtype := range []string{"f32", "f16", "i8"} {
			for _, c := range []attentionCase{{h: 2, hkv: 2}, {h: 9, hkv: 3}, {h: 8, hkv: 1}, {h: 6, hkv: 2, window: 40}} {
				t.Run(fmt.Sprintf("%s, %d heads on %d, window %d", dtype, c.h, c.hkv, c.window), func(t *testing.T) {
					r := rand.New(rand.NewPCG(7, 7))
					q, k, v := random(r, Alone*c.h*d), store(dtype, random(r, m*c.hkv*d)), store(dtype, random(r, m*c.hkv*d))
					if dtype == "i8" {
						k, v = storeRows(k.values, d), storeRows(v.values, d)
					}
					alone(t, func(from, to int) []float32 {
						c.seq, c.len = steps(to-from, 0, 270+from)
						span, windowed := c.span()
						y := newGuarded((to - from) * c.h * d)
						call(t, 2, "attention_"+dtype, args(to-from, c.h, c.hkv, d, m, 1, windowed, float32(0.3)),
							q[from*c.h*d:to*c.h*d], k.buffer, v.buffer, c.seq, span, y.values)
						return y.values
					})
				})
			}
		}
	})
}
