package cli

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"strings"

	"sightglass/app/api"
	"sightglass/app/shell"
	"sightglass/app/store"
)

// Started is called once the window is there. It returns whether closing the window leaves the program running, and what to
// do with the arguments of a second start.
type Started func(shell.Window) (stay bool, again func(args []string))

// native puts the native half around the window: menu-bar item, shortcut and panel, and does what args ask for.
func native(ctx context.Context, h *api.Handler, args []string, hidden bool) Started {
	return func(w shell.Window) (bool, func([]string)) {
		s := shell.New(ctx, shell.Options{
			Desktop: shell.NewDesktop(), Window: w, Memory: memory{h.Store}, Keep: h.KeepPicture,
			Recent: func() []shell.Recent { return recent(h.Store) },
			Model:  h.ModelLine,
		})
		context.AfterFunc(ctx, s.Stop)
		h.UseShell(s)
		bar, err := s.Start()
		if err != nil && !errors.Is(err, shell.ErrNoShortcuts) {
			h.Log.Warn("no shortcut", "error", err)
		}
		switch {
		case len(args) > 0:
			go again(s, args)
		case hidden && bar:
			_ = s.Do(shell.StepHidden) // has no error
		case hidden:
			s.Open("") // there is nowhere else to find it
		}
		return bar, func(args []string) { again(s, args) }
	}
}

// askFlag comes before the name of a source.
const askFlag = "--ask="

// isOpened tells whether an argument is something to ask about, a file or an address of ours.
func isOpened(arg string) bool {
	if strings.HasPrefix(arg, "sightglass:") {
		return true
	}
	info, err := os.Stat(arg)
	return err == nil && info.Mode().IsRegular()
}

// again does what a second start of the program asks of the first: a picture to ask about, a source, or just the window.
// The arguments come from any program of this user, so that they name files to read and nothing to run.
func again(s *shell.Shell, args []string) {
	for _, a := range args {
		switch {
		case strings.HasPrefix(a, "sightglass://"):
			s.AskAddress(a)
			return
		case strings.HasPrefix(a, askFlag):
			s.AskNamed(strings.TrimPrefix(a, askFlag))
			return
		case !strings.HasPrefix(a, "-"):
			if s.AskPath(a) {
				return
			}
		}
	}
	s.Open("")
}

// memory keeps what the shell remembers with the app's other settings.
type memory struct{ *store.Store }

func (m memory) setting(name string) string {
	v, err := m.Setting(name)
	if err != nil {
		return "" // as on the first start
	}
	return string(v)
}

func (m memory) Asked() bool { return m.setting("shell.asked") != "" }
func (m memory) SetAsked()   { _ = m.SetSetting("shell.asked", []byte("yes")) } // at worst it is asked again
func (m memory) frame() (f shell.Frame) {
	if json.Unmarshal([]byte(m.setting("shell.frame")), &f) != nil {
		return shell.Frame{} // as on the first start
	}
	return f
}

func (m memory) SetFrame(f shell.Frame) {
	if data, err := json.Marshal(f); err == nil && f != m.frame() {
		_ = m.SetSetting("shell.frame", data) // at worst the window is elsewhere next time
	}
}

func (m memory) Shortcut() string              { return m.setting("shell.shortcut") }
func (m memory) SetShortcut(name string) error { return m.SetSetting("shell.shortcut", []byte(name)) }

func recent(s *store.Store) (list []shell.Recent) {
	chats, err := s.Chats()
	if err != nil {
		return nil
	}
	for _, c := range chats {
		if c.Title != "" {
			list = append(list, shell.Recent{Title: c.Title, Place: "/chats/" + c.ID})
		}
	}
	return list
}
