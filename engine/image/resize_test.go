package image

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestResizeIsPillows(t *testing.T) {
	type resized struct {
		From, To [2]int
		Filter   Filter
		SHA256   string
		Samples  []sample
	}
	for _, c := range golden[[]resized](t, "resize.json") {
		from, to := Size{c.From[0], c.From[1]}, Size{c.To[0], c.To[1]}
		t.Run(fmt.Sprintf("%v to %v with filter %d", from, to, c.Filter), func(t *testing.T) {
			got, err := Resize(context.Background(), pattern(from), to, c.Filter)
			if err != nil {
				t.Fatal(err)
			}
			if got.Size != to {
				t.Fatalf("got size %v, want %v", got.Size, to)
			}
			checkHash(t, got.Pix, c.SHA256, c.Samples)
		})
	}
}

func TestResizeRefuses(t *testing.T) {
	p := pattern(Size{4, 4})
	for name, c := range map[string]struct {
		to     Size
		filter Filter
		want   string
	}{
		"an empty size":     {Size{0, 3}, Lanczos, "got 0x3"},
		"an unknown filter": {Size{3, 3}, 9, "got 9"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := Resize(context.Background(), p, c.to, c.filter); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want an error with %q", err, c.want)
			}
		})
	}
}

func TestResizeStopsWhenCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Resize(ctx, pattern(Size{64, 64}), Size{32, 32}, Lanczos); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
}
