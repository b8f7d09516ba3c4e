package image

import (
	"bytes"
	"context"
	"testing"
)

func TestThumbnailFits(t *testing.T) {
	for name, c := range map[string]struct{ from, want Size }{
		"a wide picture":     {Size{1600, 1000}, Size{320, 200}},
		"a tall picture":     {Size{90, 640}, Size{45, 320}},
		"a hair":             {Size{2000, 1}, Size{320, 1}},
		"a small picture":    {Size{17, 9}, Size{17, 9}},
		"one of that square": {Size{320, 320}, Size{320, 320}},
	} {
		t.Run(name, func(t *testing.T) {
			// One colour, so that the lossy file can be compared.
			p := NewPicture(c.from)
			for i := range p.Pix {
				p.Pix[i] = byte(50 + i%3*60)
			}
			file, err := Thumbnail(context.Background(), p, 320)
			if err != nil {
				t.Fatal(err)
			}
			got, err := Decode(context.Background(), bytes.NewReader(file), Limits{})
			if err != nil {
				t.Fatal(err)
			}
			if got.Size != c.want {
				t.Fatalf("got %v, want %v", got.Size, c.want)
			}
			for i, v := range got.Pix {
				if want := 50 + i%3*60; int(v) < want-2 || int(v) > want+2 {
					t.Fatalf("value %d: got %d, want %d", i, v, want)
				}
			}
		})
	}
}
