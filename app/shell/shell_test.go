package shell

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// desk is a desktop and a window in memory; what was done to them is in did.
type desk struct {
	may       bool
	grant     bool // what the person answers when asked
	shot      []byte
	err       error
	taken     []string // shortcuts of other programs
	clipboard []byte
	pressed   func()
	sent      func(path string)
	pointer   image.Point
	screens   []image.Rectangle
	spot      Spot
	login     bool
	clicked   func()
	frame     Frame
	whole     bool
	capturing func()
	menu      Menu
	docked    bool
	did       []string
}

func (d *desk) note(what string)                          { d.did = append(d.did, what) }
func (d *desk) MayLook() bool                             { return d.may }
func (d *desk) AskToLook()                                { d.note("ask to look") }
func (d *desk) LookSettings() error                       { d.note("settings"); return nil }
func (d *desk) Pointer() image.Point                      { return d.pointer }
func (d *desk) Screens() ([]image.Rectangle, image.Point) { return d.screens, image.Pt(3, 4) }
func (d *desk) AtLogin() bool                             { return d.login }
func (d *desk) SetAtLogin(on bool) error                  { d.login = on; return d.err }
func (d *desk) Notify(title, body string, open func()) error {
	d.note("notify " + title + ": " + body)
	d.clicked = open
	return d.err
}
func (d *desk) HideMenu() { d.note("hide menu") }
func (d *desk) InDock(in bool) {
	d.docked = in
	if in {
		d.note("in dock")
	}
}
func (d *desk) Receive(open func(string)) { d.sent = open }

func (d *desk) Relaunch() error { d.note("relaunch"); return nil }
func (d *desk) ShowMenu(m Menu) bool {
	d.menu = m
	return true
}

func (d *desk) Capture(_ context.Context, source Source) ([]byte, error) {
	if source == Clipboard {
		return nil, nil
	}
	d.note("capture " + string(source))
	if d.capturing != nil {
		d.capturing()
	}
	return d.shot, d.err
}

func (d *desk) Listen(s Shortcut, pressed func()) (func(), error) {
	if slices.Contains(d.taken, s.String()) {
		return nil, ErrShortcutTaken
	}
	d.note("listen " + s.String())
	d.pressed = pressed
	return func() { d.note("stop " + s.String()) }, nil
}

func (d *desk) Panel(place string, at Spot) { d.note("panel " + place); d.spot = at }
func (d *desk) Open(place string)           { d.note("open " + place) }
func (d *desk) Hide()                       { d.note("hide") }
func (d *desk) Frame() (Frame, bool)        { return d.frame, d.whole }
func (d *desk) Quit()                       { d.note("quit") }
func (d *desk) Clipboard() []byte           { return d.clipboard }

// notes is a Memory.
type notes struct {
	asked    bool
	shortcut string
	frame    Frame
}

func (n *notes) Asked() bool                   { return n.asked }
func (n *notes) SetFrame(f Frame)              { n.frame = f }
func (n *notes) SetAsked()                     { n.asked = true }
func (n *notes) Shortcut() string              { return n.shortcut }
func (n *notes) SetShortcut(name string) error { n.shortcut = name; return nil }

func newShell(t *testing.T, d *desk, n *notes) *Shell {
	t.Helper()
	ctx, end := context.WithCancel(context.Background())
	t.Cleanup(end)
	return New(ctx, Options{
		Desktop: Desktop{d, d, d, d}, Window: d, Memory: n,
		Keep: func(_ context.Context, name string, data []byte) (string, error) {
			if string(data) == "no picture" {
				return "", errors.New("not a picture")
			}
			return "id of " + name, nil
		},
		Recent: func() []Recent { return []Recent{{"A dialog", "/chats/c1"}} },
		Model:  func() string { return "built-in" },
	})
}

// drawn is a PNG of two colours, or of one.
func drawn(t *testing.T, colours int) []byte {
	t.Helper()
	m := image.NewGray(image.Rect(0, 0, 8, 6))
	if colours > 1 {
		m.SetGray(7, 5, color.Gray{9})
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestAsk(t *testing.T) {
	for _, c := range []struct {
		name   string
		desk   desk
		asked  bool
		source Source
		did    []string
		want   Panel
	}{
		{"a selection", desk{may: true, shot: drawn(t, 2)}, false, Selection,
			[]string{"capture selection", "panel /panel/1"}, Panel{Shot: 1, Picture: "id of Picture of the selection.png"}},
		{"the person gives up", desk{may: true, err: ErrCancelled}, false, Selection, []string{"capture selection"}, Panel{}},
		{"an empty picture", desk{may: true, shot: drawn(t, 1)}, false, Screen, []string{"capture screen", "panel /panel/1"},
			Panel{Shot: 1, Problem: &Problem{"The picture is empty: nothing but one colour.", []Step{{StepAgain, "Try Again"}}}}},
		{"no tool", desk{may: true, err: ErrNoCapture}, false, OneWindow, []string{"capture window", "panel /panel/1"},
			Panel{Shot: 1, Problem: &Problem{"This desktop has no tool that takes pictures of the screen: install maim, or paste a picture.", []Step{{StepOpen, "Open the Window"}}}}},
		{"what is no picture", desk{may: true, shot: []byte("no picture")}, false, Screen, []string{"capture screen", "panel /panel/1"},
			Panel{Shot: 1, Problem: &Problem{"The picture of the screen could not be taken.", []Step{{StepAgain, "Try Again"}}}}},
		{"never asked whether it may look", desk{}, false, Selection, []string{"panel /panel/1"},
			Panel{Shot: 1, Problem: &Problem{"To ask about the screen, Sightglass must be allowed to look at it.", []Step{{StepAllow, "Allow…"}}}}},
		{"it may not look", desk{}, true, Selection, []string{"panel /panel/1"},
			Panel{Shot: 1, Problem: &Problem{"Sightglass may not look at the screen.", []Step{{StepSettings, "Open Settings"}}}}},
		{"the clipboard needs no leave", desk{clipboard: drawn(t, 2)}, false, Clipboard, []string{"panel /panel/1"},
			Panel{Shot: 1, Picture: "id of Picture of the clipboard.png"}},
		{"an empty clipboard", desk{}, false, Clipboard, []string{"panel /panel/1"},
			Panel{Shot: 1, Problem: &Problem{"There is no picture on the clipboard.", []Step{{StepClose, "Close"}}}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := c.desk
			s := newShell(t, &d, &notes{asked: c.asked})
			s.Ask(c.source)
			if !reflect.DeepEqual(d.did, c.did) {
				t.Errorf("did %q, want %q", d.did, c.did)
			}
			if got := s.Panel(); !reflect.DeepEqual(got, c.want) {
				t.Errorf("panel %+v, want %+v", got, c.want)
			}
		})
	}
}

// Leave to look reaches only a program that starts after it was given: the steps lead there.
func TestLeaveToLook(t *testing.T) {
	d, n := &desk{}, &notes{}
	s := newShell(t, d, n)
	s.Ask(Selection)
	if err := s.Do(StepAllow); err != nil {
		t.Fatal(err)
	}
	if !n.asked {
		t.Error("that it was asked is forgotten")
	}
	waits := &Problem{"Turn on Sightglass under Screen & System Audio Recording, then quit and reopen it.",
		[]Step{{StepRelaunch, "Quit and Reopen"}, {StepSettings, "Open Settings"}}}
	if got := s.Panel().Problem; !reflect.DeepEqual(got, waits) {
		t.Errorf("after asking: %+v, want %+v", got, waits)
	}
	if err := s.Do(StepSettings); err != nil {
		t.Fatal(err)
	}
	if err := s.Do(StepRelaunch); err != nil {
		t.Fatal(err)
	}
	want := []string{"panel /panel/1", "ask to look", "panel /panel/2", "settings", "panel /panel/3", "relaunch", "quit"}
	if !reflect.DeepEqual(d.did, want) {
		t.Errorf("did %q, want %q", d.did, want)
	}
	if err := s.Do("rm"); err == nil {
		t.Error("an unknown step is taken")
	}
}

func TestOnePictureAtATime(t *testing.T) {
	d := &desk{may: true, shot: drawn(t, 2)}
	s := newShell(t, d, &notes{})
	d.capturing = func() { s.Ask(Screen) } // the shortcut again, while selecting
	s.Ask(Selection)
	if want := []string{"capture selection", "panel /panel/1"}; !reflect.DeepEqual(d.did, want) {
		t.Errorf("did %q, want %q", d.did, want)
	}
}

func TestShortcuts(t *testing.T) {
	d, n := &desk{taken: []string{"Ctrl+Alt+A"}}, &notes{}
	s := newShell(t, d, n)
	if bar, err := s.Start(); !bar || err != nil {
		t.Fatal(bar, err)
	}
	if err := s.SetShortcut("ctrl+alt+a"); !errors.Is(err, ErrShortcutTaken) {
		t.Errorf("a taken shortcut: %v", err)
	}
	if s.Shortcut() != DefaultShortcut || n.shortcut != "" {
		t.Errorf("a taken shortcut changed %q, %q", s.Shortcut(), n.shortcut)
	}
	if err := s.SetShortcut("Shift+A"); err == nil {
		t.Error("a letter that people type is taken")
	}
	if err := s.SetShortcut("cmd+shift+F5"); err != nil || s.Shortcut() != "Shift+Super+F5" || n.shortcut != "Shift+Super+F5" {
		t.Errorf("another shortcut: %v, %q, %q", err, s.Shortcut(), n.shortcut)
	}
	if err := s.SetShortcut(NoShortcut); err != nil || s.Shortcut() != "" || n.shortcut != NoShortcut {
		t.Errorf("no shortcut: %v, %q, %q", err, s.Shortcut(), n.shortcut)
	}
	want := []string{"listen Ctrl+Shift+Space", "listen Shift+Super+F5", "stop Ctrl+Shift+Space", "stop Shift+Super+F5"}
	if !reflect.DeepEqual(d.did, want) {
		t.Errorf("did %q, want %q", d.did, want)
	}
}

func TestMenu(t *testing.T) {
	d := &desk{may: true, shot: drawn(t, 2)}
	s := newShell(t, d, &notes{})
	if _, err := s.Start(); err != nil {
		t.Fatal(err)
	}
	var titles []string
	do := map[string]func(){}
	var walk func([]Item)
	walk = func(items []Item) {
		for _, i := range items {
			titles = append(titles, i.Title)
			do[i.Title] = i.Do
			walk(i.Items)
		}
	}
	walk(s.menu().Items)
	want := "Ask About Selection|Ask About Window|Ask About Screen|Ask About Clipboard Picture||Recent Answers|A dialog||" +
		"Open Window|built-in|Settings…||Quit Sightglass"
	if got := strings.Join(titles, "|"); got != want {
		t.Errorf("titles %q, want %q", got, want)
	}
	d.did = nil
	for _, title := range []string{"Ask About Window", "A dialog", "Open Window", "Settings…", "Quit Sightglass"} {
		do[title]()
	}
	if want := []string{"capture window", "panel /panel/1", "in dock", "open /chats/c1", "in dock", "open ", "in dock", "open /settings", "quit"}; !reflect.DeepEqual(d.did, want) {
		t.Errorf("did %q, want %q", d.did, want)
	}
	s.SetBusy(true)
	if m := s.menu(); !m.Busy || m.Tooltip != "Sightglass is answering" {
		t.Errorf("while answering the menu is %+v", m)
	}
}

// The app is in the Dock while its whole window is open, and not with the panel or without a window.
func TestDock(t *testing.T) {
	d := &desk{may: true, shot: drawn(t, 2)}
	s := newShell(t, d, &notes{})
	for _, c := range []struct {
		name string
		do   func()
		want bool
	}{
		{"opened", func() { s.Open("") }, true},
		{"closed by its button", func() { _ = s.Do(StepHidden) }, false},
		{"opened again", func() { s.Open("/settings") }, true},
		{"the panel", func() { s.Ask(Screen) }, false},
		{"the panel made whole", func() { _ = s.Do(StepOpen) }, true},
		{"closed", func() { _ = s.Do(StepClose) }, false},
	} {
		if c.do(); d.docked != c.want {
			t.Errorf("%s: in the Dock is %v, want %v", c.name, d.docked, c.want)
		}
	}
}

// Only what nobody saw ending is told of, and a click leads there.
func TestNotifications(t *testing.T) {
	d := &desk{may: true, shot: drawn(t, 2)}
	s := newShell(t, d, &notes{})
	tell := func(title string) {
		t.Helper()
		if err := s.Notify(title, "", "/chats/c1"); err != nil {
			t.Fatal(err)
		}
	}
	do := func(step string) {
		t.Helper()
		if err := s.Do(step); err != nil {
			t.Fatal(err)
		}
	}
	tell("at first")
	do(StepHidden)
	tell("closed")
	do(StepShown)
	tell("seen again")
	s.Ask(Screen)
	tell("in the panel")
	do(StepClose)
	tell("panel closed")
	d.clicked()
	tell("opened by a click")
	want := []string{"notify closed: ", "capture screen", "panel /panel/1", "hide", "notify panel closed: ", "in dock", "open /chats/c1"}
	if !reflect.DeepEqual(d.did, want) {
		t.Errorf("did %q, want %q", d.did, want)
	}
}

// The place of the whole window is remembered, that of the panel is not.
func TestFrame(t *testing.T) {
	d, n := &desk{frame: Frame{X: 5, Y: 6, Wide: 900, High: 700}}, &notes{}
	s := newShell(t, d, n)
	for _, whole := range []bool{false, true} {
		d.whole = whole
		if err := s.Do(StepMoved); err != nil {
			t.Fatal(err)
		}
		if got := n.frame == d.frame; got != whole {
			t.Errorf("whole %v: remembered %+v", whole, n.frame)
		}
	}
}

// Asked from the whole window, as on the first start, leave to look opens no panel.
func TestLeaveToLookInTheWholeWindow(t *testing.T) {
	d := &desk{}
	s := newShell(t, d, &notes{})
	if p := s.Access(); p == nil || p.Steps[0].Do != StepAllow {
		t.Errorf("at first %+v", p)
	}
	if err := s.Do(StepAllow); err != nil {
		t.Fatal(err)
	}
	if p := s.Access(); p == nil || p.Steps[0].Do != StepRelaunch {
		t.Errorf("after asking %+v", p)
	}
	d.may = true
	if p := s.Access(); p != nil {
		t.Errorf("allowed %+v", p)
	}
	if want := []string{"ask to look"}; !reflect.DeepEqual(d.did, want) {
		t.Errorf("did %q, want %q", d.did, want)
	}
}

func TestSentPictures(t *testing.T) {
	d := &desk{}
	s := newShell(t, d, &notes{})
	if _, err := s.Start(); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, data := range map[string][]byte{"cat.png": drawn(t, 2), "notes.txt": []byte("no picture")} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	d.sent(filepath.Join(dir, "cat.png"))
	if got := s.Panel(); got.Picture != "id of cat.png" || got.Problem != nil {
		t.Errorf("the panel is %+v", got)
	}
	d.sent(filepath.Join(dir, "notes.txt"))
	if got := s.Panel(); got.Picture != "" || got.Problem == nil {
		t.Errorf("the panel is %+v", got)
	}
	shown := s.Panel().Shot
	long := filepath.Join(dir, "long.png")
	if err := os.WriteFile(long, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(long, maxPictureFile+1); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{dir, filepath.Join(dir, "gone.png"), long, "/dev/zero", ""} {
		if s.AskPath(path) || s.Panel().Shot != shown {
			t.Errorf("%q was asked about", path)
		}
	}
}

// Any page of the web can open such an address.
func TestAddresses(t *testing.T) {
	for address, did := range map[string][]string{
		"sightglass://ask?about=screen":                {"capture screen", "panel /panel/1"},
		"sightglass://ask?about=../../etc/passwd":      nil,
		"sightglass://ask?about=screen%00":             nil,
		"sightglass://run?about=screen":                nil,
		"https://ask?about=screen":                     nil,
		"sightglass://ask":                             nil,
		"sightglass://ask?about=":                      nil,
		"sightglass://ask?question=rm&about=Selection": nil,
		"%zz": nil,
	} {
		d := &desk{may: true, shot: drawn(t, 2)}
		newShell(t, d, &notes{}).AskAddress(address)
		if !reflect.DeepEqual(d.did, did) {
			t.Errorf("%q did %q, want %q", address, d.did, did)
		}
	}
}

func TestShortcutNames(t *testing.T) {
	for _, name := range []string{"Ctrl+Shift+Space", "Ctrl+A", "Alt+Super+F12", "Super+7", "Ctrl+Alt+Shift+Super+Z"} {
		if s, err := ParseShortcut(name); err != nil || s.String() != name {
			t.Errorf("%q is read as %q, %v", name, s, err)
		}
	}
	for _, name := range []string{"", "A", "Shift+A", "Ctrl", "Ctrl+A+B", "Ctrl+F13", "Ctrl+ä", "Ctrl++", "Ctrl+Escape"} {
		if s, err := ParseShortcut(name); err == nil {
			t.Errorf("%q is read as %q, want an error", name, s)
		}
	}
}

func FuzzParseShortcut(f *testing.F) {
	f.Add("Ctrl+Shift+Space")
	f.Fuzz(func(t *testing.T, name string) {
		s, err := ParseShortcut(name)
		if err != nil {
			return
		}
		if again, err := ParseShortcut(s.String()); err != nil || again != s {
			t.Errorf("%q is %q, and that is %q, %v", name, s, again, err)
		}
	})
}
