// Package shell is the native half around the window: the menu-bar item, the global shortcut, pictures of the screen, and
// the compact panel in which a picture is asked about. Everything that decides is here and is tested with fakes; what only
// a desktop can do stands behind the interface Desktop, what only the window can do behind Window.
package shell

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	_ "image/png" // pictures of the screen are PNG
	"net/url"
	"slices"
	"sync"
)

// Source is what a picture is taken of.
type Source string

const (
	Selection Source = "selection" // a part of the screen that the person selects
	OneWindow Source = "window"    // a window that the person clicks
	Screen    Source = "screen"
	Clipboard Source = "clipboard"
)

// Errors that a Desktop's methods return.
var (
	// ErrCancelled is returned when the person gave up selecting.
	ErrCancelled = errors.New("shell: selecting was given up")
	// ErrNoCapture is returned when this desktop has no way to take pictures of the screen.
	ErrNoCapture = errors.New("shell: this desktop takes no pictures of the screen")
	// ErrShortcutTaken is returned when another program has the shortcut.
	ErrShortcutTaken = errors.New("shell: the shortcut is taken")
	// ErrNoShortcuts is returned when this desktop lets programs have none.
	ErrNoShortcuts = errors.New("shell: this desktop has no global shortcuts")
)

// Desktop is what the desktop of this machine does for the app. Its methods are called from any goroutine.
type Desktop struct {
	Camera
	Bar
	Session
}

// Camera takes pictures of the screen, if it may.
type Camera interface {
	// MayLook tells whether pictures of the screen show what is on it. It asks nobody.
	MayLook() bool
	// AskToLook lets the desktop ask the person, which it does once for an installation. The app is in front then.
	AskToLook()
	// LookSettings opens the page of the desktop's settings where looking is allowed.
	LookSettings() error
	// Capture returns a picture. The errors are ErrCancelled, ErrNoCapture, or what else went wrong. The clipboard is asked
	// here only where the window cannot read it.
	Capture(ctx context.Context, source Source) ([]byte, error)
}

// Bar is where the app shows besides its window.
type Bar interface {
	// ShowMenu shows the menu-bar item, or changes it. It reports whether there is a bar to show it in.
	ShowMenu(menu Menu) bool
	// HideMenu takes it away.
	HideMenu()
	// InDock shows the app in the Dock and its own menus, as a program with a window has them, or takes it out.
	InDock(bool)
}

// Session is the rest of what a desktop's session does.
type Session interface {
	// Listen calls pressed whenever the shortcut is pressed, until stop. The errors are ErrShortcutTaken and ErrNoShortcuts.
	Listen(shortcut Shortcut, pressed func()) (stop func(), err error)
	// Pointer is where the mouse is, in the window's units.
	Pointer() (x, y int)
	// Receive calls open with pictures that other programs send, until the program ends.
	Receive(open func(name string, data []byte))
	// Relaunch starts the program anew once this one has ended.
	Relaunch() error
}

// Window is the app's one window, which is hidden, whole, or a compact panel above all others.
type Window interface {
	// Panel shows the panel near a point, with the page at place, such as "/panel/3".
	Panel(place string, x, y int)
	// Open shows the whole window in front; place "" leaves the page where it is.
	Open(place string)
	Hide()
	Quit()
	// Clipboard returns the picture on the clipboard, or nothing.
	Clipboard() []byte
}

// Recent is an answer of before, for the menu.
type Recent struct {
	Title, Place string
}

// Memory is what the shell remembers from one start to the next.
type Memory interface {
	// Asked tells whether an earlier run let the desktop ask about looking at the screen; SetAsked remembers that one did.
	Asked() bool
	SetAsked()
	Shortcut() string
	SetShortcut(string) error
}

// Options are what a Shell is made of; all are wanted.
type Options struct {
	Desktop Desktop
	Window  Window
	Memory  Memory
	// Keep stores a picture for the page and returns its id.
	Keep   func(ctx context.Context, name string, png []byte) (id string, err error)
	Recent func() []Recent
	Model  func() string // its name and what it is doing, for the menu
}

// Shell joins desktop and window. It is safe for concurrent use.
type Shell struct {
	Options
	life context.Context

	mu        sync.Mutex
	capturing bool
	busy      bool
	asked     bool // this run let the desktop ask
	panel     Panel
	again     Source
	shortcut  Shortcut
	stop      func() // of listening; nil without a shortcut

	changed chan struct{} // holds a value while the menu is to be made anew
}

// New returns a shell that does nothing until Start. ctx ends what it does.
func New(ctx context.Context, o Options) *Shell {
	return &Shell{Options: o, life: ctx, changed: make(chan struct{}, 1)}
}

// Start shows the menu-bar item and listens to the shortcut. It reports whether the item is there, so that closing the
// window can leave the program running, and why there is no shortcut if there is none.
func (s *Shell) Start() (bar bool, err error) {
	s.Desktop.Receive(s.AskFile)
	if bar = s.Desktop.ShowMenu(s.menu()); bar {
		go s.keepMenu()
	}
	name := s.Memory.Shortcut()
	if name == "" {
		name = DefaultShortcut
	}
	if name == NoShortcut {
		return bar, nil
	}
	shortcut, err := ParseShortcut(name)
	if err != nil {
		return bar, err
	}
	return bar, s.listen(shortcut)
}

// keepMenu makes the menu anew whenever something in it changed: a slow desktop holds up no answer.
func (s *Shell) keepMenu() {
	for {
		select {
		case <-s.changed:
			s.Desktop.ShowMenu(s.menu())
		case <-s.life.Done():
			return
		}
	}
}

func (s *Shell) change() {
	select {
	case s.changed <- struct{}{}:
	default: // it will be made anew anyway
	}
}

// Stop takes the item and the shortcut away.
func (s *Shell) Stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stop != nil {
		s.stop()
		s.stop = nil
	}
	s.Desktop.HideMenu()
}

// Shortcut is what is listened to, and "" for none.
func (s *Shell) Shortcut() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stop == nil {
		return ""
	}
	return s.shortcut.String()
}

// SetShortcut listens to another shortcut and remembers it. One that is taken changes nothing.
func (s *Shell) SetShortcut(name string) error {
	if name == NoShortcut {
		s.mu.Lock()
		if s.stop != nil {
			s.stop()
			s.stop = nil
		}
		s.mu.Unlock()
		s.change()
		return s.Memory.SetShortcut(NoShortcut)
	}
	shortcut, err := ParseShortcut(name)
	if err != nil {
		return err
	}
	if err := s.listen(shortcut); err != nil {
		return err
	}
	return s.Memory.SetShortcut(shortcut.String())
}

func (s *Shell) listen(shortcut Shortcut) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stop != nil && s.shortcut == shortcut {
		return nil
	}
	stop, err := s.Desktop.Listen(shortcut, func() { s.Ask(Selection) })
	if err != nil {
		return err
	}
	if s.stop != nil {
		s.stop()
	}
	s.shortcut, s.stop = shortcut, stop
	s.change()
	return nil
}

// SetBusy tells the menu whether an answer is being written.
func (s *Shell) SetBusy(busy bool) {
	s.mu.Lock()
	s.busy = busy
	s.mu.Unlock()
	s.change()
}

// Ask takes a picture and shows the panel with it, or with what stands in the way. It returns when the panel is shown or
// the person gave up; while one picture is being taken, further calls do nothing.
func (s *Shell) Ask(source Source) {
	s.mu.Lock()
	if s.capturing {
		s.mu.Unlock()
		return
	}
	s.capturing, s.again = true, source
	asked := s.asked
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.capturing = false
		s.mu.Unlock()
	}()

	if source != Clipboard {
		if p := access(s.Desktop.MayLook(), asked, s.Memory.Asked()); p != nil {
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

// AskFile shows the panel with a picture that came from elsewhere: opened with the app, or sent by the Services menu.
func (s *Shell) AskFile(name string, data []byte) {
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

func (s *Shell) show(p Panel) {
	s.mu.Lock()
	p.Shot = s.panel.Shot + 1
	s.panel = p
	s.mu.Unlock()
	x, y := s.Desktop.Pointer()
	s.Desktop.InDock(false)
	s.Window.Panel(fmt.Sprintf("/panel/%d", p.Shot), x, y)
}

// Panel is what the panel shows now.
func (s *Shell) Panel() Panel {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.panel
	if p.Problem != nil {
		c := *p.Problem
		c.Steps = slices.Clone(c.Steps)
		p.Problem = &c
	}
	return p
}

// Do takes a step that the panel offers.
func (s *Shell) Do(step string) error {
	switch step {
	case StepClose:
		s.Window.Hide()
		s.Desktop.InDock(false)
	case StepHidden:
		s.Desktop.InDock(false)
	case StepOpen:
		s.Open("")
	case StepAgain:
		s.mu.Lock()
		source := s.again
		s.mu.Unlock()
		s.Window.Hide()
		go s.Ask(source)
	case StepAllow:
		s.mu.Lock()
		s.asked = true
		s.mu.Unlock()
		s.Desktop.AskToLook()
		s.Memory.SetAsked()
		s.show(Panel{Problem: access(s.Desktop.MayLook(), true, true)})
	case StepSettings:
		s.mu.Lock()
		s.asked = true
		s.mu.Unlock()
		if err := s.Desktop.LookSettings(); err != nil {
			return err
		}
		s.show(Panel{Problem: access(s.Desktop.MayLook(), true, true)})
	case StepRelaunch:
		if err := s.Desktop.Relaunch(); err != nil {
			return err
		}
		s.Window.Quit()
	default:
		return fmt.Errorf("shell: want a step of the panel, found %q", step)
	}
	return nil
}

// Open shows the whole window at a place of its page.
func (s *Shell) Open(place string) {
	s.Desktop.InDock(true)
	s.Window.Open(place)
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
