package shell

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// autostartFile is where desktops look for what starts at login (the XDG autostart specification).
func autostartFile() (string, error) {
	dir, err := os.UserConfigDir() // XDG_CONFIG_HOME, else ~/.config
	if err != nil {
		return "", fmt.Errorf("shell: login: %w", err)
	}
	return filepath.Join(dir, "autostart", "sightglass.desktop"), nil
}

// AtLogin: a desktop's own settings turn an entry off by a line in it.
func (*linux) AtLogin() bool {
	path, err := autostartFile()
	if err != nil {
		return false
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return false
	}
	text := "\n" + string(data)
	return !strings.Contains(text, "\nHidden=true") && !strings.Contains(text, "\nX-GNOME-Autostart-enabled=false")
}

func (*linux) SetAtLogin(on bool) error {
	path, err := autostartFile()
	if err != nil {
		return err
	}
	if !on {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("shell: login: %w", err)
		}
		return nil
	}
	exe, err := program()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("shell: login: %w", err)
	}
	if err := os.WriteFile(path, []byte(autostartEntry(exe)), 0o644); err != nil {
		return fmt.Errorf("shell: login: %w", err)
	}
	return nil
}

// autostartEntry is a desktop entry that starts a program with its window hidden. The path is quoted as the Desktop Entry
// Specification says: in a string of its own, with % doubled.
func autostartEntry(exe string) string {
	quoted := strings.NewReplacer(`\`, `\\\\`, `"`, `\\"`, "`", "\\\\`", "$", `\\$`, "%", "%%").Replace(exe)
	return "[Desktop Entry]\nType=Application\nName=Sightglass\nComment=Ask about what you see\nExec=\"" + quoted + "\" " + HiddenFlag +
		"\nTerminal=false\n"
}
