package api

import (
	"archive/zip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"sightglass/app/shell"
	"sightglass/app/store"
)

// preferences are what a person sets and the store keeps, but for the shortcut, which is the shell's.
type preferences struct {
	NoHistory  bool       `json:"no_history,omitempty"`
	KeepDays   int        `json:"keep_days,omitempty"` // 0: for good
	Appearance Appearance `json:"appearance,omitempty"`
	Length     Length     `json:"length,omitempty"`
	Style      Style      `json:"style,omitempty"`
	StyleWords string     `json:"style_words,omitempty"`
	Notify     Notify     `json:"notify,omitempty"`
	Welcomed   bool       `json:"welcomed,omitempty"`     // the first-run page was seen
	Model      string     `json:"model,omitempty"`        // that answers; "": the built-in one
	RestAfter  int        `json:"unload_after,omitempty"` // minutes without a question after which the model is let go; 0: never
}

const (
	preferencesName = "preferences"
	maxKeepDays     = 3650
	maxRestMinutes  = 24 * 60
)

// longest is how many tokens an answer has at most.
var longest = map[Length]int{LengthShort: 200, LengthNormal: 1024, LengthLong: 4096}

// preferences never fails: what cannot be read is as on the first start.
func (h *Handler) preferences() (p preferences) {
	data, err := h.Store.Setting(preferencesName)
	if err == nil {
		err = json.Unmarshal(data, &p)
	}
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		h.Log.Error("read preferences", "error", err)
		p = preferences{}
	}
	if p.Appearance == "" {
		p.Appearance = AppearanceSystem
	}
	if p.Length == "" {
		p.Length = LengthNormal
	}
	if p.Style == "" {
		p.Style = StyleNormal
	}
	if p.Notify == "" {
		p.Notify = NotifyOff
	}
	return p
}

// forget removes what the person does not want kept: chats that are too old, or all of them.
func (h *Handler) forget(now time.Time) error {
	p := h.preferences()
	switch {
	case p.NoHistory:
		if err := h.clearDesk(); err != nil {
			return err
		}
		now = now.AddDate(1, 0, 0) // whatever the clock said when they were written
	case p.KeepDays > 0:
		now = now.AddDate(0, 0, -p.KeepDays)
	default:
		return nil
	}
	_, err := h.Store.Forget(now)
	return err
}

func (h *Handler) getSettings(w http.ResponseWriter, r *http.Request) error {
	u, err := h.Store.Usage()
	if err != nil {
		return err
	}
	p := h.preferences()
	s := Settings{
		History: !p.NoHistory, KeepDays: p.KeepDays, Appearance: p.Appearance, Length: p.Length,
		Style: p.Style, StyleWords: p.StyleWords, Notify: p.Notify, Welcomed: p.Welcomed, Version: h.Version, Updates: h.Releases != "",
		UnloadAfter: p.RestAfter, Folder: u.Folder, Bytes: u.Bytes, Chats: u.Chats, Pictures: u.Pictures,
	}
	if native, err := h.theShell(); err == nil {
		s.Native, s.Shortcut, s.AtLogin = true, native.Shortcut(), native.AtLogin()
		if p := native.Access(); p != nil {
			s.Access = &Access{Sentence: p.Sentence, Steps: wireSteps(p.Steps)}
		}
	}
	writeJSON(w, http.StatusOK, s)
	return nil
}

func (h *Handler) setSettings(w http.ResponseWriter, r *http.Request) error {
	body, err := readJSON[SetSettings](w, r)
	if err != nil {
		return err
	}
	h.setting.Lock()
	defer h.setting.Unlock()
	p := h.preferences()
	if body.History != nil {
		p.NoHistory = !*body.History
	}
	if body.KeepDays != nil {
		if *body.KeepDays < 0 || *body.KeepDays > maxKeepDays {
			return fmt.Errorf("%w: want 0 to %d days, found %d", errBadRequest, maxKeepDays, *body.KeepDays)
		}
		p.KeepDays = *body.KeepDays
	}
	if body.UnloadAfter != nil {
		if *body.UnloadAfter < 0 || *body.UnloadAfter > maxRestMinutes {
			return fmt.Errorf("%w: want 0 to %d minutes, found %d", errBadRequest, maxRestMinutes, *body.UnloadAfter)
		}
		p.RestAfter = *body.UnloadAfter
	}
	if body.Appearance != nil {
		if !slices.Contains([]Appearance{AppearanceSystem, AppearanceLight, AppearanceDark}, *body.Appearance) {
			return fmt.Errorf("%w: appearance %q", errBadRequest, *body.Appearance)
		}
		p.Appearance = *body.Appearance
	}
	if body.Length != nil {
		if longest[*body.Length] == 0 {
			return fmt.Errorf("%w: length %q", errBadRequest, *body.Length)
		}
		p.Length = *body.Length
	}
	if err := p.setStyle(body); err != nil {
		return err
	}
	if body.Notify != nil {
		if !slices.Contains([]Notify{NotifyOff, NotifyPlain, NotifyContent}, *body.Notify) {
			return fmt.Errorf("%w: notify %q", errBadRequest, *body.Notify)
		}
		p.Notify = *body.Notify
	}
	if body.Welcomed != nil {
		p.Welcomed = *body.Welcomed
	}
	if body.AtLogin != nil {
		native, err := h.theShell()
		if err != nil {
			return err
		}
		if err := native.SetAtLogin(*body.AtLogin); err != nil {
			return err
		}
	}
	if body.Shortcut != nil {
		if err := h.setShortcut(*body.Shortcut); err != nil {
			return err
		}
	}
	if err := h.setPreferences(p); err != nil {
		return err
	}
	h.loader.rearm()
	return h.getSettings(w, r)
}

func (h *Handler) setPreferences(p preferences) error {
	data, err := json.Marshal(p)
	if err == nil {
		err = h.Store.SetSetting(preferencesName, data)
	}
	return err
}

func (h *Handler) setShortcut(name string) error {
	native, err := h.theShell()
	if err != nil {
		return err
	}
	if name == "" {
		name = shell.NoShortcut
	} else if _, err := shell.ParseShortcut(name); err != nil {
		return fmt.Errorf("%w: %w", errShortcut, err)
	}
	return native.SetShortcut(name)
}

// erase removes all chats, pictures, adapters and trainings for good.
func (h *Handler) erase(w http.ResponseWriter, r *http.Request) error {
	h.mu.Lock()
	busy := len(h.running) > 0
	h.mu.Unlock()
	if busy {
		return errErasing
	}
	h.studio.mu.Lock()
	defer h.studio.mu.Unlock()
	if h.studio.run != nil {
		return errErasing
	}
	if err := h.clearDesk(); err != nil {
		return err
	}
	if err := h.Store.Erase(); err != nil {
		return err
	}
	h.studio.data, h.studio.failed = nil, nil
	if h.Tune != nil {
		if err := os.RemoveAll(h.Tune.Folder); err != nil {
			return err
		}
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// export writes all chats and pictures into one file that other programs can read.
func (h *Handler) export(w http.ResponseWriter, r *http.Request) error {
	if h.Exports == "" {
		return errNoExports
	}
	if err := os.MkdirAll(h.Exports, 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(h.Exports, ".sightglass-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // where it did not get its name
	err = errors.Join(h.writeExport(f), f.Sync(), f.Close())
	if err != nil {
		return err
	}
	name := "Sightglass " + time.Now().Format("2006-01-02")
	path, err := inNew(h.Exports, name, ".zip", func(path string) error { return os.Link(f.Name(), path) })
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, Exported{Path: path})
	return nil
}

// writeExport writes chats.json, a list of ChatDetail, and pictures/ID.png and the like.
func (h *Handler) writeExport(to io.Writer) error {
	z := zip.NewWriter(to)
	chats, err := h.Store.Chats()
	if err != nil {
		return err
	}
	details := []ChatDetail{}
	for _, c := range chats {
		_, thread, err := h.Store.Chat(c.ID)
		if err != nil {
			return err
		}
		d := ChatDetail{Chat: wireChat(c)}
		for _, m := range thread {
			wire, err := h.wireMessage(m)
			if err != nil {
				return err
			}
			d.Thread = append(d.Thread, wire)
		}
		details = append(details, d)
	}
	f, err := z.Create("chats.json")
	if err != nil {
		return err
	}
	e := json.NewEncoder(f)
	e.SetIndent("", " ")
	if err := e.Encode(details); err != nil {
		return err
	}
	err = h.Store.Pictures(func(p store.Picture) error {
		data, err := h.Store.PictureData(p.ID)
		if err != nil {
			return err
		}
		_, kind, _ := strings.Cut(p.Type, "/")
		f, err := z.CreateHeader(&zip.FileHeader{Name: "pictures/" + p.ID + "." + kind, Method: zip.Store}) // packed already
		if err != nil {
			return err
		}
		_, err = f.Write(data)
		return err
	})
	return errors.Join(err, z.Close())
}

// getDiagnostics tells what helps to find a fault, and nothing of what was asked or answered.
func (h *Handler) getDiagnostics(w http.ResponseWriter, r *http.Request) error {
	u, err := h.Store.Usage()
	if err != nil {
		return err
	}
	m := h.loader.state()
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	var text strings.Builder
	line := func(name, format string, a ...any) { fmt.Fprintf(&text, "%s: %s\n", name, fmt.Sprintf(format, a...)) }
	line("Sightglass", "%s, %s/%s, %s, %d processors", h.Version, runtime.GOOS, runtime.GOARCH, runtime.Version(), runtime.NumCPU())
	line("Model", "%s, %s", m.Name, m.Phase)
	if m.Error != nil {
		line("Model's error", "%s", m.Error.Code)
	}
	line("Stored", "%d chats, %d pictures, %d bytes", u.Chats, u.Pictures, u.Bytes)
	line("Memory", "%d bytes in use by Go, %d from the system", mem.HeapAlloc, mem.Sys)
	if native, err := h.theShell(); err == nil {
		line("Window", "yes; shortcut %q", native.Shortcut())
	} else {
		line("Window", "no, in a browser")
	}
	writeJSON(w, http.StatusOK, Diagnostics{Text: text.String()})
	return nil
}
