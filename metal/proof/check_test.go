package proof_test

import (
	"context"
	"encoding/binary"
	"math"
	"regexp"
	"strings"
	"testing"

	"sightglass/metal/proof"
)

// Each fault planted into a right kernel is found, under every schedule, and what comes close to it is let pass.
func TestChecksFindFaults(t *testing.T) {
	const (
		barrier = "  threadgroup_barrier(mem_flags::mem_threadgroup);"
		load    = "part[i] = pick(x, group * N + i, p.n);"
		store   = "      y[group] = T(s);"
		zero    = "    float s = 0.0f;"
		early   = "data race|which nothing has written" // as the reader comes after the writer or before
	)
	for _, c := range []struct{ name, at, by, want string }{
		{"nothing", "", "", ""},
		{"no barrier", barrier, "", early},
		{"a barrier of the simdgroup alone", barrier, strings.Replace(barrier, "threadgroup", "simdgroup", 1), early},
		{"a barrier of other memory", barrier, "  threadgroup_barrier(mem_flags::mem_device);", "data race"},
		{"a barrier of no memory", barrier, "  threadgroup_barrier(mem_flags::mem_none);", "data race"},
		{"a barrier of all memory", barrier, "  threadgroup_barrier(mem_flags::mem_device | mem_flags::mem_threadgroup);", ""},
		{"all threads write one number", "if (i == 0)", "", "data race"},
		{"all threadgroups write one number", store, "      y[0] = T(s);", "another threadgroup"},
		{"device memory between threads, with a barrier for other memory", barrier, "if (i < 2) { y[group] = T(1.0f); }" + barrier, "data race"},
		{"a read past the end", "i < n ? float(x[i]) : 0.0f", "float(x[i])", "out of bounds: a read of 4 bytes at byte [67].. of buffer 0, which has 600"},
		{"a read before the beginning", load, load + " part[i] += float(x[int(i) - 1]);", "out of bounds: a read"},
		{"a read far away", load, load + " part[i] += float(x[1 << 28]);", "out of bounds: a read of 4 bytes far"},
		{"a write past the end", store, "      y[group + 1] = T(s);", "out of bounds: a write of 4 bytes at byte 12 of buffer 1"},
		{"threadgroup memory past the end", load, load + " if (i == 0) { part[N] = 0.0f; }", "out of bounds: a write of 4 bytes at byte 256 of threadgroup variable part"},
		{"arguments past the end", load, load + " part[i] += float((&p)[1].n);", "out of bounds: a read of 4 bytes at byte 4 of buffer 2"},
		{"a wrong alignment", load, "part[i] = i > 0 ? 0.0f : (*(device const float2*)(x + 1)).x;", "misaligned: a read of 8 bytes at byte 4 of buffer 0"},
		{"a right alignment", load, "part[i] = i > 0 ? 0.0f : (*(device const float2*)(x + 2)).x;", ""},
		{"a wrong alignment of threadgroup memory", load, load + " if (i == 0) { *(threadgroup float2*)part = 0.0f; }", "misaligned: a write of 8 bytes at byte 0 of threadgroup variable part"},
		{"threadgroup memory that nobody wrote", load, "if (i > 0) { " + load + " }", "which nothing has written"},
		{"the result read before it is written", store, "      y[group] = T(s) + y[group];", "which nothing has written"},
		{"a barrier that some do not come to", barrier, "  if (i < 32) { threadgroup_barrier(mem_flags::mem_threadgroup); }", "threadgroup_barrier"},
		{"a barrier after some have returned", barrier, "  if (i > 40) { return; }" + barrier, "threadgroup_barrier"},
		{"two barriers for one", barrier, "  if (i < 32) { threadgroup_barrier(mem_flags::mem_threadgroup); part[i] += 1.0f; } else { threadgroup_barrier(mem_flags::mem_threadgroup); }", "threadgroup_barrier"},
		{"a sum that half of the simdgroup stays away from", barrier, "  if (i % 32 < 16) { part[i] = simd_sum(part[i]); }" + barrier, "threadgroup_barrier"},
		{"two sums for one", barrier, "  if (i % 32 < 16) { part[i] = simd_sum(part[i]); } else { part[i] = simd_max(part[i]); }" + barrier, "does not come to"},
		{"a sum of the simdgroup", barrier, "  part[i] = simd_sum(part[i]);" + barrier, ""},
		{"a shuffle past the end", barrier, "  part[i] = simd_shuffle_down(part[i], 1);" + barrier, "a lane that is not there"},
		{"lanes exchange through memory without a barrier", barrier, "  part[i ^ 1] += 1.0f;" + barrier, early},
		{"lanes exchange through memory with a barrier", barrier, "  simdgroup_barrier(mem_flags::mem_threadgroup); part[i ^ 1] += 1.0f;" + barrier, ""},
		{"simdgroups exchange through memory with a barrier of the simdgroup", barrier, "  simdgroup_barrier(mem_flags::mem_threadgroup); part[i ^ 32] += 1.0f;" + barrier, early},
		{"a matrix stored over what others read", zero, zero + " }\n  simdgroup_float8x8 m = make_filled_simdgroup_matrix<float, 8, 8>(0.0f); simdgroup_store(m, part, 8);\n  if (i == 0) { float s = 0.0f;", "data race"},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := sum
			if c.at != "" {
				if strings.Count(text, c.at) != 1 {
					t.Fatalf("the place %q is there %d times, want once", c.at, strings.Count(text, c.at))
				}
				text = strings.Replace(text, c.at, c.by, 1)
			}
			path, err := tools(t).Compile(context.Background(), proof.Check, proof.File{Name: "sum.metal", Text: text})
			if err != nil {
				t.Fatal(err)
			}
			l, err := proof.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			for _, s := range proof.Schedules {
				got := runSum(l, s, proof.Write)
				switch {
				case c.want == "" && got != nil:
					t.Errorf("got %v, want no fault", got)
				case c.want != "" && (got == nil || !regexp.MustCompile(c.want).MatchString(got.Error())):
					t.Errorf("%s: got %v, want a fault with %q", s.Name, got, c.want)
				}
			}
		})
	}
}

func runSum(l *proof.Library, s proof.Schedule, access proof.Access) error {
	const n = 150
	x := make([]byte, 0, 4*n)
	for i := range n {
		x = binary.NativeEndian.AppendUint32(x, math.Float32bits(float32(i)))
	}
	return l.Run(proof.Launch{Kernel: "sum_f32", Schedule: s, Grid: [3]int{3, 1, 1}, Group: [3]int{64, 1, 1}, Buffers: []proof.Buffer{
		{Data: x, Access: proof.Read}, {Data: make([]byte, 12, 64), Access: access}, {Data: binary.NativeEndian.AppendUint32(nil, n), Access: proof.Read},
	}})
}

func TestLaunchesThatCannotBeAreRefused(t *testing.T) {
	path, err := tools(t).Compile(context.Background(), proof.Check, proof.File{Name: "sum.metal", Text: sum})
	if err != nil {
		t.Fatal(err)
	}
	l, err := proof.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	buffers := []proof.Buffer{{}, {}, {}}
	one := [3]int{1, 1, 1}
	for _, c := range []struct {
		want   string
		launch proof.Launch
	}{
		{"no kernel", proof.Launch{Kernel: "sum_f64", Buffers: buffers, Grid: one, Group: one}},
		{"want 3 buffers, found 2", proof.Launch{Kernel: "sum_f32", Buffers: buffers[:2], Grid: one, Group: one}},
		{"1 to 1024 threads", proof.Launch{Kernel: "sum_f32", Buffers: buffers, Grid: one, Group: [3]int{1025, 1, 1}}},
		{"a grid", proof.Launch{Kernel: "sum_f32", Buffers: buffers, Grid: [3]int{1, 0, 1}, Group: one}},
	} {
		if err := l.Run(c.launch); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want an error with %q", err, c.want)
		}
	}
	if err := runSum(l, proof.Schedules[0], proof.Read); err == nil || !strings.Contains(err.Error(), "only read") {
		t.Errorf("got %v, want an error for a write to what is only read", err)
	}
}
