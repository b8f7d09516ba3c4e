package kernels

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// product is x [n, k] times w [m, k] transposed, plus bias where there is one.
func product(x, w, bias []float32, n, k, m int) []float64 {
	y := make([]float64, n*m)
	for i := range n {
		for j := range m {
			sum := 0.0
			for l := range k {
				sum += float64(x[i*k+l]) * float64(w[j*k+l])
			}
			if bias != nil {
				sum += float64(bias[j])
			}
			y[i*m+j] = sum
		}
	}
	return y
}

func TestLinear(t *testing.T) {
	eachISA(t, func(t *testing.T) {
		for _, c := range []struct{ n, k, m, bias, threads int }{
			{1, 1, 1, 0, 1}, {1, 64, 48, 1, 2}, {2, 33, 7, 1, 1}, {3, 300, 50, 0, 3}, {4, 5, 6, 1, 2},
			{5, 32, 32, 0, 1}, {12, 257, 33, 1, 1}, {13, 576, 64, 1, 2}, {25, 600, 31, 0, 5}, {60, 40, 100, 1, 4}, {401, 16, 17, 1, 1},
		} {
			for _, dtype := range dtypes {
				t.Run(fmt.Sprintf("%s n %d k %d m %d bias %d threads %d", dtype, c.n, c.k, c.m, c.bias, c.threads), func(t *testing.T) {
					r := rand.New(rand.NewPCG(1, 1))
					x, bias := random(r, c.n*c.k), random(r, c.m)
					w := store(dtype, random(r, c.m*c.k))
					y := newGuarded(c.n * c.m)
					buffers := []any{x, w.buffer}
					if c.bias == 1 {
						buffers = append(buffers, bias)
					} else {
						bias = nil
					}
					call(t, c.threads, "linear_"+dtype, args(c.n, c.k, c.m, c.bias, 1), append(buffers, y.values)...)
					near(t, y, product(x, w.values, bias, c.n, c.k, c.m), 2e-6)
				})
			}
		}
	})
}

// Weights in bf16 may meet values rounded to bf16, and values that are bf16 already meet them as they are.
func TestLinearOfBF16(t *testing.T) {
	eachISA(t, func(t *testing.T) {
		for _, c := range []struct{ n, k, m, bias, threads int }{
			{1, 64, 48, 1, 2}, {4, 2, 1, 0, 1}, {5, 32, 32, 0, 1}, {12, 258, 33, 1, 1}, {13, 576, 64, 1, 2}, {25, 1100, 31, 0, 5}, {401, 514, 70, 1, 3}, {9, 33, 40, 1, 1},
		} {
			r := rand.New(rand.NewPCG(1, 1))
			x, w, bias := store("bf16", random(r, c.n*c.k)).values, store("bf16", random(r, c.m*c.k)), random(r, c.m)
			y := newGuarded(c.n * c.m)
			buffers := []any{x, w.buffer}
			if c.bias == 1 {
				buffers = append(buffers, bias)
			} else {
				bias = nil
			}
			call(t, c.threads, "linear_bf16", args(c.n, c.k, c.m, c.bias, 0), append(buffers, y.values)...)
			near(t, y, product(x, w.values, bias, c.n, c.k, c.m), 2e-6)

			off := random(r, c.n*c.k) // not bf16
			rough, fine := newGuarded(c.n*c.m), newGuarded(c.n*c.m)
			buffers[0] = off
			call(t, c.threads, "linear_bf16", args(c.n, c.k, c.m, c.bias, 0), append(buffers, rough.values)...)
			near(t, rough, product(off, w.values, bias, c.n, c.k, c.m), 2e-2)
			call(t, c.threads, "linear_bf16", args(c.n, c.k, c.m, c.bias, 1), append(buffers, fine.values)...)
			near(t, fine, product(off, w.values, bias, c.n, c.k, c.m), 2e-6)
		}
	})
}

// affine is a random quantized matrix [m, k] and its values.
type affine struct {
	packed         []uint32
	scales, biases stored
	values         []float32
}

func newAffine(r *rand.Rand, bits, group, m, k int, dtype string) affine {
	bytes := make([]byte, m*k*bits/8)
	for i := range bytes {
		bytes[i] = byte(r.Uint32())
	}
	scales, biases := random(r, m*k/group), random(r, m*k/group)
	for i := range scales {
		scales[i] /= float32(int(1) << (bits - 1))
	}
	a := affine{words(bytes), store(dtype, scales), store(dtype, biases), make([]float32, m*k)}
	for i := range a.values {
		q := bytes[i*bits/8]
		if bits == 4 {
			q = q >> (4 * (i % 2)) & 15
		}
		a.values[i] = float32(float64(a.scales.values[i/group])*float64(q) + float64(a.biases.values[i/group]))
	}
	return a
}

// rounded is x after quantization to 8 bits in groups of 32.
func rounded(x []float32) []float32 {
	y := make([]float32, len(x))
	for g := 0; g < len(x); g += 32 {
		var most float32
		for _, v := range x[g : g+32] {
			most = max(most, float32(math.Abs(float64(v))))
		}
		for i, v := range x[g : g+32] {
			if most > 0 {
				y[g+i] = float32(math.RoundToEven(float64(v*(127/most)))) * (most / 127)
			}
		}
	}
	return y
}

// toBF16 rounds to the nearest bf16, to the even one of two.
func toBF16(values []float32) []float32 {
	out := make([]float32, len(values))
	for i, v := range values {
		b := math.Float32bits(v)
		out[i] = math.Float32frombits((b + 0x7fff + b>>16&1) &^ 0xffff)
	}
	return out
}

// met is x [n, k] and w as they meet in qlinear, unless it must be exact.
func met(x, w []float32, n int) (xMet, wMet []float32) {
	if ISA() == "amx" && n >= 128 {
		return toBF16(x), toBF16(w)
	}
	return rounded(x), w
}

func TestQLinear(t *testing.T) {
	eachISA(t, func(t *testing.T) {
		for _, c := range []struct{ n, k, m, group, bias, threads int }{
			{1, 32, 1, 32, 0, 1}, {1, 64, 5, 32, 1, 2}, {1, 576, 40, 32, 0, 2}, {1, 1536, 19, 64, 1, 1}, {2, 384, 33, 128, 0, 3},
			{3, 96, 4, 32, 1, 1}, {5, 160, 6, 32, 0, 2}, {6, 32, 1, 32, 0, 1}, {7, 64, 17, 64, 1, 1}, {12, 576, 32, 32, 0, 2},
			{13, 128, 31, 128, 1, 1}, {40, 288, 70, 32, 1, 3}, {131, 192, 16, 64, 0, 1}, {50, 640, 20, 128, 0, 2}, {128, 1056, 65, 32, 1, 2}, {401, 64, 33, 64, 0, 1}, {900, 96, 40, 32, 1, 3},
		} {
			for _, dtype := range dtypes {
				for _, bits := range []int{4, 8} {
					for _, exact := range []int{0, 1} {
						name := fmt.Sprintf("%d %s n %d k %d m %d group %d bias %d exact %d", bits, dtype, c.n, c.k, c.m, c.group, c.bias, exact)
						t.Run(name, func(t *testing.T) {
							r := rand.New(rand.NewPCG(2, 3))
							x, bias := random(r, c.n*c.k), random(r, c.m)
							clear(x[:min(len(x), 32)]) // a group of zeros
							w := newAffine(r, bits, c.group, c.m, c.k, dtype)
							y := newGuarded(c.n * c.m)
							buffers := []any{x, w.packed, w.scales.buffer, w.biases.buffer}
							if c.bias == 1 {
								buffers = append(buffers, bias)
							} else {
								bias = nil
							}
							kernel := fmt.Sprintf("qlinear_%d_%s", bits, dtype)
							call(t, c.threads, kernel, args(c.n, c.k, c.m, c.group, c.bias, exact), append(buffers, y.values)...)
							if exact == 0 {
								x, w.values = met(x, w.values, c.n)
							}
							near(t, y, product(x, w.values, bias, c.n, c.k, c.m), 4e-6)
						})
					}
				}
			}
		}
	})
}

// From six to 127, rows give the same to the bit however many there are; so do fewer, which go another way (alone_test.go), and those of a large
// prompt may not.
func TestQLinearOfARowDoesNotDependOnTheOthers(t *testing.T) {
	const k, m, group = 1056, 37, 32
	for _, bits := range []int{4, 8} {
		r := rand.New(rand.NewPCG(2, 7))
		x, w := random(r, 127*k), newAffine(r, bits, group, m, k, "f16")
		rows := func(n int) []float32 {
			y := newGuarded(n * m)
			call(t, 2, fmt.Sprintf("qlinear_%d_f16", bits), args(n, k, m, group, 0, 0), x[:n*k], w.packed, w.scales.buffer, w.biases.buffer, y.values)
			return y.values
		}
		eachISA(t, func(t *testing.T) {
			all := rows(127)
			for _, n := range []int{6, 12, 16, 17, 40} {
				if !slices.Equal(rows(n), all[:n*m]) {
					t.Errorf("%d bits: the first %d rows are others alone than among 127", bits, n)
				}
			}
		})
	}
}

// The largest weights against the largest activations of one sign come closest to overflowing narrow sums.
func TestQLinearOfExtremeValues(t *testing.T) {
	eachISA(t, func(t *testing.T) {
		const k, m, group = 128, 20, 32
		for _, bits := range []int{4, 8} {
			for _, n := range []int{1, 9, 140} {
				for _, fill := range []uint32{0, ^uint32(0)} {
					for _, sign := range []float32{1, -1} {
						packed, ones := make([]uint32, m*k*bits/32), make([]float32, m*k/group)
						for i := range packed {
							packed[i] = fill
						}
						x, y := make([]float32, n*k), newGuarded(n*m)
						for i := range x {
							x[i] = sign
						}
						for i := range ones {
							ones[i] = 1
						}
						call(t, 1, fmt.Sprintf("qlinear_%d_f32", bits), args(n, k, m, group, 0, 0), x, packed, ones, ones, y.values)
						want := make([]float64, n*m)
						for i := range want {
							want[i] = float64(sign) * k * float64(1+fill&(1<<bits-1))
						}
						near(t, y, want, 1e-6)
					}
				}
			}
		}
	})
}

func TestQLinearLeavesOtherRowsAloneWhenOneIsNotANumber(t *testing.T) {
	eachISA(t, func(t *testing.T) {
		const k, m = 64, 20
		for _, n := range []int{2, 30, 140} {
			for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
				r := rand.New(rand.NewPCG(5, 5))
				x, w, y := random(r, n*k), newAffine(r, 4, 32, m, k, "f16"), newGuarded(n*m)
				x[k+3] = float32(bad)
				call(t, 1, "qlinear_4_f16", args(n, k, m, 32, 0, 0), x, w.packed, w.scales.buffer, w.biases.buffer, y.values)
				xMet, wMet := met(x, w.values, n)
				want := product(xMet, wMet, nil, n, k, m)
				for i := range m {
					want[m+i], y.values[m+i] = 0, 0
				}
				near(t, y, want, 4e-6)
			}
		}
	})
}

func TestLora(t *testing.T) {
	eachISA(t, func(t *testing.T) {
		for _, c := range []struct{ n, k, m, r, threads int }{
			{1, 1, 1, 1, 1}, {1, 576, 192, 8, 2}, {3, 33, 50, 5, 1}, {30, 300, 40, 16, 2}, {64, 64, 64, 64, 3}, {14, 100, 31, 40, 1},
		} {
			for _, dtype := range dtypes {
				for _, alias := range []bool{false, true} {
					t.Run(fmt.Sprintf("%s n %d k %d m %d r %d alias %v", dtype, c.n, c.k, c.m, c.r, alias), func(t *testing.T) {
						r := rand.New(rand.NewPCG(3, 1))
						y0, x := random(r, c.n*c.m), random(r, c.n*c.k)
						a, b := store(dtype, random(r, c.r*c.k)), store(dtype, random(r, c.m*c.r))
						const scale = float32(0.25)
						h := make([]float32, c.n*c.r)
						for i, v := range product(x, a.values, nil, c.n, c.k, c.r) {
							h[i] = float32(v)
						}
						want := product(h, b.values, nil, c.n, c.r, c.m)
						for i := range want {
							want[i] = float64(y0[i]) + float64(scale)*want[i]
						}
						y := newGuarded(c.n * c.m)
						if alias {
							copy(y.values, y0)
							y0 = y.values
						}
						call(t, c.threads, "lora_"+dtype, args(c.n, c.k, c.m, c.r, scale), y0, x, a.buffer, b.buffer, y.values)
						near(t, y, want, 2e-6)
					})
				}
			}
		}
	})
}

func TestEmbedding(t *testing.T) {
	eachISA(t, func(t *testing.T) {
		const v = 9
		ids := []int32{8, 0, -1, 3, 9, 3}
		for _, columns := range []int{1, 5, 64, 100} {
			for _, dtype := range dtypes {
				w, y := store(dtype, random(rand.New(rand.NewPCG(4, 4)), v*columns)), newGuarded(len(ids)*columns)
				call(t, 2, "embedding_"+dtype, args(len(ids), columns, v), ids, w.buffer, y.values)
				near(t, y, rowsOf(w.values, ids, v, columns), 0)
			}
		}
	})
}

func TestQEmbedding(t *testing.T) {
	eachISA(t, func(t *testing.T) {
		const v = 9
		ids := []int32{8, 0, -1, 3, 9, 3}
		for _, c := range []struct{ columns, group int }{{32, 32}, {96, 32}, {128, 64}, {384, 128}} {
			for _, dtype := range dtypes {
				for _, bits := range []int{4, 8} {
					w, y := newAffine(rand.New(rand.NewPCG(4, 4)), bits, c.group, v, c.columns, dtype), newGuarded(len(ids)*c.columns)
					call(t, 2, fmt.Sprintf("qembedding_%d_%s", bits, dtype), args(len(ids), c.columns, v, c.group),
						ids, w.packed, w.scales.buffer, w.biases.buffer, y.values)
					near(t, y, rowsOf(w.values, ids, v, c.columns), 1e-6)
				}
			}
		}
	})
}

// rowsOf is the rows of a table [v, columns] with those ids, zeros for ids outside it.
func rowsOf(table []float32, ids []int32, v, columns int) []float64 {
	y := make([]float64, len(ids)*columns)
	for i, id := range ids {
		for j := range columns {
			if id >= 0 && int(id) < v {
				y[i*columns+j] = float64(table[int(id)*columns+j])
			}
		}
	}
	return y
}
