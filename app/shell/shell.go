// Package shell is the native half around the window: the menu-bar item, the global shortcut, pictures of the screen, and
// the compact panel in which a picture is asked about. Everything that decides is here and is tested with fakes; what only
// a desktop can do stands behind the interface Desktop, what only the window can do behind Window.
package shell

import (
	"context"
	"fmt"
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

// HiddenFlag starts the program without showing its window, as at login.
const HiddenFlag = "--hidden"

// Window is the app's one window, which is hidden, whole, or a compact panel above all others.
type Window interface {
	// Panel shows the panel beside the pointer, with the page at place, such as "/panel/3".
	Panel(place string, at Spot)
	// Open shows the whole window in front; place "" leaves the page where it is.
	Open(place string)
	Hide()
	Quit()
	// Frame is how the whole window lies; false while it is the panel.
	Frame() (Frame, bool)
	// Clipboard returns the picture on the clipboard, or nothing.
	Clipboard() []byte
}

// Frame is how a window was left: its place on its screen and its size, in points. The zero value is the first start's.
type Frame struct {
	X         int  `json:"x"`
	Y         int  `json:"y"`
	Wide      int  `json:"wide"`
	High      int  `json:"high"`
	Maximised bool `json:"maximised,omitempty"`
	Hidden    bool `json:"-"` // it is not shown at first
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
	SetFrame(Frame)
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
	hidden    bool // nobody sees the window
	inPanel   bool
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
	s.Desktop.Receive(func(path string) { s.AskPath(path) })
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

func (s *Shell) show(p Panel) {
	s.mu.Lock()
	p.Shot = s.panel.Shot + 1
	s.panel, s.inPanel, s.hidden = p, true, false
	s.mu.Unlock()
	screens, window := s.Desktop.Screens()
	at := Spot{Pointer: s.Desktop.Pointer(), Window: window}
	at.Screen = screenAt(at.Pointer, screens)
	s.Desktop.InDock(false)
	s.Window.Panel(fmt.Sprintf("/panel/%d", p.Shot), at)
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
		s.setHidden(true)
		s.Window.Hide()
		s.Desktop.InDock(false)
	case StepHidden:
		s.setHidden(true)
		s.Desktop.InDock(false)
	case StepShown:
		s.setHidden(false)
	case StepMoved:
		if f, whole := s.Window.Frame(); whole {
			s.Memory.SetFrame(f)
		}
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
		s.showAccess()
	case StepSettings:
		s.mu.Lock()
		s.asked = true
		s.mu.Unlock()
		if err := s.Desktop.LookSettings(); err != nil {
			return err
		}
		s.showAccess()
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

// Access is what stands in the way of looking at the screen, nil if nothing does.
func (s *Shell) Access() *Problem {
	s.mu.Lock()
	asked := s.asked
	s.mu.Unlock()
	return access(s.Desktop.MayLook(), asked, s.Memory.Asked())
}

// showAccess shows in the panel how things stand after a step; in the whole window the page asks.
func (s *Shell) showAccess() {
	s.mu.Lock()
	inPanel := s.inPanel
	s.mu.Unlock()
	if inPanel {
		s.show(Panel{Problem: s.Access()})
	}
}

func (s *Shell) setHidden(hidden bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hidden = hidden
}

// Notify tells of something that ended while nobody saw the window; a click opens place.
func (s *Shell) Notify(title, body, place string) error {
	s.mu.Lock()
	hidden := s.hidden
	s.mu.Unlock()
	if !hidden {
		return nil
	}
	return s.Desktop.Notify(title, body, func() { s.Open(place) })
}

// AtLogin tells whether the program starts when the person logs in.
func (s *Shell) AtLogin() bool { return s.Desktop.AtLogin() }

// SetAtLogin changes it.
func (s *Shell) SetAtLogin(on bool) error { return s.Desktop.SetAtLogin(on) }

// Open shows the whole window at a place of its page.
func (s *Shell) Open(place string) {
	s.mu.Lock()
	s.inPanel, s.hidden = false, false
	s.mu.Unlock()
	s.Desktop.InDock(true)
	s.Window.Open(place)
}
