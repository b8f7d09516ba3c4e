package shell

import (
	"sync"

	"fyne.io/systray"
	"github.com/godbus/dbus/v5"
)

// tray is the item in the desktop's bar, by D-Bus (StatusNotifierItem).
type tray struct {
	mu    sync.Mutex
	end   func()        // nil until it is shown
	ready chan struct{} // closed once systray runs
	old   chan struct{} // closed when the menu is made anew
}

// show returns false where no desktop shows such items.
func (t *tray) show(m Menu) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.end == nil {
		if !hasBar() {
			return false
		}
		t.ready = make(chan struct{})
		start, end := systray.RunWithExternalLoop(func() { close(t.ready) }, nil)
		start()
		t.end = end
	}
	<-t.ready
	if t.old != nil {
		close(t.old)
	}
	t.old = make(chan struct{})
	systray.SetIcon(m.icon())
	systray.SetTitle("Sightglass")
	systray.SetTooltip(m.Tooltip)
	systray.ResetMenu()
	systray.SetOnTapped(func() { go m.Items[0].Do() })
	add(nil, m.Items, t.old)
	return true
}

func add(above *systray.MenuItem, items []Item, old <-chan struct{}) {
	for _, i := range items {
		var line *systray.MenuItem
		switch {
		case i.Title == "" && above == nil:
			systray.AddSeparator()
			continue
		case i.Title == "":
			above.AddSeparator()
			continue
		case above == nil:
			line = systray.AddMenuItem(withKeys(i), "")
		default:
			line = above.AddSubMenuItem(withKeys(i), "")
		}
		add(line, i.Items, old)
		if i.Do == nil {
			if len(i.Items) == 0 {
				line.Disable()
			}
			continue
		}
		go func() {
			for {
				select {
				case <-line.ClickedCh:
					go i.Do()
				case <-old:
					return
				}
			}
		}()
	}
}

// withKeys writes the shortcut beside the title: this kind of menu has no place for it.
func withKeys(i Item) string {
	if i.Keys == "" {
		return i.Title
	}
	return i.Title + "  (" + i.Keys + ")"
}

func (t *tray) hide() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.end != nil {
		t.end()
		t.end = nil
	}
}

// hasBar asks the session's bus whether a desktop shows such items.
func hasBar() bool {
	bus, err := dbus.ConnectSessionBus()
	if err != nil {
		return false
	}
	defer bus.Close()
	var has bool
	err = bus.BusObject().Call("org.freedesktop.DBus.NameHasOwner", 0, "org.kde.StatusNotifierWatcher").Store(&has)
	return err == nil && has
}
