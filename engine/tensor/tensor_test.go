package tensor

import (
	"math"
	"testing"
)

func TestHalfRoundTripsEveryValue(t *testing.T) {
	for h := range 1 << 16 {
		f := HalfToFloat(uint16(h))
		if f != f {
			continue
		}
		if got := FloatToHalf(f); got != uint16(h) {
			t.Fatalf("half %#04x = %g comes back as %#04x", h, f, got)
		}
	}
}

func TestFloatToHalfRoundsToNearestEven(t *testing.T) {
	for h := range uint16(0x7bff) { // every neighbouring pair of finite halves
		lo, hi := HalfToFloat(h), HalfToFloat(h+1)
		mid := float32((float64(lo) + float64(hi)) / 2)
		even := h + h&1
		for _, c := range []struct {
			f    float32
			want uint16
		}{{mid, even}, {math.Nextafter32(mid, 0), h}, {math.Nextafter32(mid, math.MaxFloat32), h + 1}} {
			if got := FloatToHalf(c.f); got != c.want {
				t.Fatalf("%g: got %#04x, want %#04x", c.f, got, c.want)
			}
		}
	}
	for f, want := range map[float32]uint16{65519: 0x7bff, 65520: 0x7c00, -1e9: 0xfc00} {
		if got := FloatToHalf(f); got != want {
			t.Errorf("%g: got %#04x, want %#04x", f, got, want)
		}
	}
}

func TestFloatToBF16RoundsToNearestEven(t *testing.T) {
	for bits, want := range map[uint32]uint16{0x3f808000: 0x3f80, 0x3f818000: 0x3f82, 0x3f808001: 0x3f81, 0x7f7fffff: 0x7f80} {
		if got := FloatToBF16(math.Float32frombits(bits)); got != want {
			t.Errorf("%#08x: got %#04x, want %#04x", bits, got, want)
		}
	}
}

func TestAffineOfReadsBitsAndGroupFromWidths(t *testing.T) {
	if a, err := AffineOf(576, 72, 18); err != nil || a != (Affine{4, 32}) {
		t.Errorf("got %v %v, want {4 32}", a, err)
	}
	for _, bad := range [][3]int{{576, 71, 18}, {576, 72, 17}, {576, 72, 36}, {0, 0, 0}} {
		if a, err := AffineOf(bad[0], bad[1], bad[2]); err == nil {
			t.Errorf("%v: got %v, want an error", bad, a)
		}
	}
}

func TestAffineRow(t *testing.T) {
	out := make([]float32, 32)
	Affine{4, 32}.Row(out, []uint32{0x76543210, 0xfedcba98, 0, 0}, []float32{0.5}, []float32{-1})
	for i := range 16 {
		if want := float32(i)*0.5 - 1; out[i] != want {
			t.Errorf("value %d: got %g, want %g", i, out[i], want)
		}
	}
}

func TestRoundToI8(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	for _, c := range []struct{ x, want []float32 }{
		{[]float32{127, -127, 0.4, 1.5}, []float32{127, -127, 0, 2}},
		{[]float32{130, 9, -9, 1}, []float32{130.5, 9, -9, 1.125}}, // the scale is 1.125, 130/127 rounded up
		{[]float32{0, 0, 0, 0}, []float32{0, 0, 0, 0}},
		{[]float32{inf, 1, 2, 3}, []float32{nan, nan, nan, nan}},
		{[]float32{nan, 1, 2, 3}, []float32{nan, nan, nan, nan}},
	} {
		row := make([]byte, 8)
		RoundToI8(row, c.x)
		got := FloatsOfI8(row, 4)
		for i, w := range c.want {
			if got[i] != w && (got[i] == got[i] || w == w) {
				t.Errorf("%v: got %v, want %v", c.x, got, c.want)
				break
			}
		}
	}
}
