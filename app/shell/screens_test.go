package shell

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"testing"
)

// Two screens side by side, the left one before the first, as a MacBook beside a display of 2x scale.
var left, first = image.Rect(-1280, -200, 0, 824), image.Rect(0, 0, 1440, 900)

func TestScreenAt(t *testing.T) {
	screens := []image.Rectangle{first, left}
	for p, want := range map[image.Point]image.Rectangle{
		{0, 0}: first, {1439, 899}: first, {-1, 0}: left, {-1280, -200}: left, {700, -20}: first, {-640, 900}: left, {5000, 5000}: first,
	} {
		if got := screenAt(p, screens); got != want {
			t.Errorf("%v is on %v, want %v", p, got, want)
		}
	}
	if got := screenAt(image.Pt(1, 1), nil); !got.Empty() {
		t.Errorf("without screens: %v", got)
	}
}

// The panel goes to the screen that the pointer is on.
func TestPanelOnTheSecondScreen(t *testing.T) {
	d := &desk{may: true, shot: drawn(t, 2), pointer: image.Pt(-700, -100), screens: []image.Rectangle{first, left}}
	newShell(t, d, &notes{}).Ask(Screen)
	if want := (Spot{Pointer: d.pointer, Screen: left, Window: image.Pt(3, 4)}); d.spot != want {
		t.Errorf("the panel is at %+v, want %+v", d.spot, want)
	}
}

// numbered is a picture whose every pixel says where it is.
func numbered(t *testing.T, width, height int) []byte {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			m.SetRGBA(x, y, color.RGBA{uint8(x), uint8(y), uint8(x>>8 | y>>8<<4), 255})
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// A screen's own pixels are cut out of the desktop's picture, all of them, at whatever scale the desktop draws.
func TestCrop(t *testing.T) {
	desktop, second := image.Rect(0, 0, 400, 300), image.Rect(160, 40, 400, 300)
	data, err := crop(numbered(t, 400, 300), desktop, second)
	if err != nil {
		t.Fatal(err)
	}
	m, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if m.Bounds() != image.Rect(0, 0, 240, 260) {
		t.Fatalf("got %v, want 240x260", m.Bounds())
	}
	for _, p := range []image.Point{{0, 0}, {239, 0}, {0, 259}, {239, 259}, {100, 100}} {
		x, y := p.X+160, p.Y+40
		want := color.RGBA{uint8(x), uint8(y), uint8(x>>8 | y>>8<<4), 255}
		if got := color.RGBAModel.Convert(m.At(p.X, p.Y)); got != want {
			t.Errorf("pixel %v: got %v, want %v", p, got, want)
		}
	}

	whole := numbered(t, 40, 30)
	for name, c := range map[string]struct {
		data          []byte
		desktop, part image.Rectangle
	}{
		"one screen":                    {whole, image.Rect(0, 0, 40, 30), image.Rect(0, 0, 40, 30)},
		"a picture of another size":     {whole, desktop, second},
		"no screens":                    {whole, image.Rect(0, 0, 40, 30), image.Rectangle{}},
		"a screen outside":              {whole, image.Rect(0, 0, 40, 30), image.Rect(30, 0, 50, 30)},
		"what is no picture":            {[]byte("no picture"), desktop, second},
		"a picture that ends too early": {whole[:60], image.Rect(0, 0, 40, 30), image.Rect(0, 0, 20, 30)},
	} {
		if got, err := crop(c.data, c.desktop, c.part); err != nil || !bytes.Equal(got, c.data) {
			t.Errorf("%s: got another picture, %v", name, err)
		}
	}
}
