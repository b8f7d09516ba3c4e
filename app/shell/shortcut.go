package shell

import (
	"fmt"
	"strings"
	"unicode"
)

const (
	// DefaultShortcut asks about a selection: free on macOS and on the usual desktops.
	DefaultShortcut = "Ctrl+Shift+Space"
	// NoShortcut is remembered where the person wants none.
	NoShortcut = "none"
)

// Shortcut is a key with at least one of Ctrl, Alt and Super held, so that no letter is lost to it.
type Shortcut struct {
	Ctrl, Alt, Shift, Super bool
	Key                     string // "A" to "Z", "0" to "9", "F1" to "F12" or "Space"
}

// ParseShortcut reads what String writes, in any case and order; Cmd is Super, Option is Alt.
func ParseShortcut(text string) (Shortcut, error) {
	var s Shortcut
	for _, part := range strings.Split(text, "+") {
		switch p := strings.ToLower(strings.TrimSpace(part)); p {
		case "ctrl", "control":
			s.Ctrl = true
		case "alt", "option":
			s.Alt = true
		case "shift":
			s.Shift = true
		case "super", "cmd", "command", "win", "meta":
			s.Super = true
		default:
			if s.Key != "" || !isKey(p) {
				return Shortcut{}, fmt.Errorf("shell: shortcut: want keys such as %s, found %q", DefaultShortcut, text)
			}
			s.Key = strings.ToUpper(p[:1]) + p[1:]
		}
	}
	if s.Key == "" || !(s.Ctrl || s.Alt || s.Super) {
		return Shortcut{}, fmt.Errorf("shell: shortcut: want Ctrl, Alt or Cmd and a key, found %q", text)
	}
	return s, nil
}

func isKey(p string) bool {
	if p == "space" {
		return true
	}
	if len(p) == 1 {
		return unicode.IsDigit(rune(p[0])) || p[0] >= 'a' && p[0] <= 'z'
	}
	for i := 1; i <= 12; i++ {
		if p == fmt.Sprint("f", i) {
			return true
		}
	}
	return false
}

// String names the shortcut, such as "Ctrl+Shift+Space".
func (s Shortcut) String() string {
	var parts []string
	for _, m := range []struct {
		held bool
		name string
	}{{s.Ctrl, "Ctrl"}, {s.Alt, "Alt"}, {s.Shift, "Shift"}, {s.Super, "Super"}} {
		if m.held {
			parts = append(parts, m.name)
		}
	}
	return strings.Join(append(parts, s.Key), "+")
}
