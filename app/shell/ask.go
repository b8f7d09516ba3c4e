package shell

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	_ "image/png" // pictures of the screen are PNG
	"net/url"
	"os"
	"path/filepath"
)

// Ask takes a picture and shows the panel with it, or with what stands in the way. It returns when the panel is shown or
// the person gave up; while one picture is being taken, further calls do nothing.
func (s *Shell) Ask(source Source) {
	s.mu.Lock()
	if s.capturing {
		s.mu.Unlock()
		return
	}
	s.capturing, s.again = true, source
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.capturing = false
		s.mu.Unlock()
	}()

	if source != Clipboard {
		if p := s.Access(); p != nil {
			s.show(Panel{Problem: p})
			return
		}
	}
	png, err := s.capture(source)
	if errors.Is(err, ErrCancelled) || s.life.Err() != nil {
		return
	}
	if err == nil {
		err = s.keep(source, png)
	}
	if err != nil {
		s.show(Panel{Problem: problemOf(source, err)})
	}
}

var (
	errEmpty = errors.New("shell: want a picture, found one of a single colour")
	errNone  = errors.New("shell: want a picture, found none")
)

func (s *Shell) capture(source Source) ([]byte, error) {
	if source == Clipboard {
		data := s.Window.Clipboard()
		if len(data) == 0 {
			data, _ = s.Desktop.Capture(s.life, Clipboard)
		}
		if len(data) == 0 {
			return nil, errNone
		}
		return data, nil
	}
	png, err := s.Desktop.Capture(s.life, source)
	if err != nil {
		return nil, err
	}
	if empty(png) {
		return nil, errEmpty
	}
	return png, nil
}

func (s *Shell) keep(source Source, png []byte) error {
	id, err := s.Keep(s.life, "Picture of the "+string(source)+".png", png)
	if err != nil {
		return fmt.Errorf("shell: keep the picture: %w", err)
	}
	s.show(Panel{Picture: id})
	return nil
}

// maxPictureFile is what the app takes of a picture, and one more, so that a longer one is refused with its sentence.
const maxPictureFile = 64<<20 + 1

// AskPath shows the panel with a picture that came from elsewhere: opened with the app, or sent by the Services menu. It reports
// whether there is a file at path.
func (s *Shell) AskPath(path string) bool {
	info, err := os.Stat(path) // before opening, which a pipe would hold up
	if err != nil || !info.Mode().IsRegular() || info.Size() > maxPictureFile {
		return false
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return false
	}
	s.askFile(filepath.Base(path), data)
	return true
}

func (s *Shell) askFile(name string, data []byte) {
	id, err := s.Keep(s.life, name, data)
	if err != nil {
		s.show(Panel{Problem: &Problem{Sentence: "This file is not a picture that Sightglass can read.", Steps: []Step{{StepClose, "Close"}}}})
		return
	}
	s.show(Panel{Picture: id})
}

// empty tells whether a picture shows nothing, as one does that was taken without leave: all pixels are alike.
func empty(png []byte) bool {
	c, _, err := image.DecodeConfig(bytes.NewReader(png))
	if err != nil || c.Width*c.Height > 100e6 {
		return false // whoever keeps it says what is wrong with it
	}
	m, _, err := image.Decode(bytes.NewReader(png))
	if err != nil {
		return false
	}
	b := m.Bounds()
	first := m.At(b.Min.X, b.Min.Y)
	r0, g0, b0, a0 := first.RGBA()
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			if r, g, bl, a := m.At(x, y).RGBA(); r != r0 || g != g0 || bl != b0 || a != a0 {
				return false
			}
		}
	}
	return true
}

// AskNamed asks about a source by its name; an unknown one does nothing.
func (s *Shell) AskNamed(source string) {
	switch v := Source(source); v {
	case Selection, OneWindow, Screen, Clipboard:
		s.Ask(v)
	}
}

// AskAddress does what an address such as sightglass://ask?about=selection says. Any page of the web can open one: it names
// a source, and nothing of it is executed, opened or shown.
func (s *Shell) AskAddress(address string) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "sightglass" || u.Host != "ask" {
		return
	}
	s.AskNamed(u.Query().Get("about"))
}
