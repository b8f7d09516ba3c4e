package window

import (
	"image"
	"testing"

	"sightglass/app/shell"
)

func TestBeside(t *testing.T) {
	size := image.Pt(widePanel, highPanel)
	first, right, left := image.Rect(0, 0, 1440, 900), image.Rect(1440, 0, 3360, 1080), image.Rect(-1280, -200, 0, 824)
	for _, c := range []struct {
		name    string
		pointer image.Point
		screen  image.Rectangle
		want    image.Point
	}{
		{"below the pointer", image.Pt(100, 50), first, image.Pt(112, 62)},
		{"within the right and lower edges", image.Pt(1439, 899), first, image.Pt(1000, 380)},
		{"on the second screen", image.Pt(1500, 40), right, image.Pt(1512, 52)},
		{"not across two screens", image.Pt(3359, 10), right, image.Pt(2920, 22)},
		{"on a screen that lies before the first", image.Pt(-1270, -190), left, image.Pt(-1258, -178)},
		{"at the screen's corner, where it is too small", image.Pt(50, 50), image.Rect(0, 0, 300, 300), image.Pt(0, 0)},
		{"below a menu bar, where the pointer is", image.Pt(700, 5), image.Rect(0, 25, 1440, 820), image.Pt(712, 25)},
	} {
		if got := beside(c.pointer, c.screen, size); got != c.want {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}

func TestRestored(t *testing.T) {
	usual := image.Pt(wideDefault, highDefault)
	for at, want := range map[shell.Frame]image.Point{
		{}: usual, {Wide: 900, High: 700}: image.Pt(900, 700), {Wide: 900, High: 10}: usual, {Wide: -5, High: 700}: usual, {Wide: 1e6, High: 700}: usual,
	} {
		if got := restored(at); got != want {
			t.Errorf("%+v: got %v, want %v", at, got, want)
		}
	}
}

func TestInPoints(t *testing.T) {
	if got, want := inPoints(image.Rect(2880, 0, 6720, 2160), 2), image.Rect(1440, 0, 3360, 1080); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
}
