package shell

import _ "embed"

var (
	//go:embed icons/idle.png
	idleIcon []byte
	//go:embed icons/busy.png
	busyIcon []byte
)

// Menu is the menu-bar item with what it drops down.
type Menu struct {
	Tooltip string
	Busy    bool // an answer is being written
	Items   []Item
}

// icon is the PNG of the item, black on nothing.
func (m Menu) icon() []byte {
	if m.Busy {
		return busyIcon
	}
	return idleIcon
}

// Item is a line of a menu: without a title it separates, without Do it only says something.
type Item struct {
	Title string
	Keys  string // the shortcut that does the same
	Do    func()
	Items []Item // a menu of its own
}

// recentItems is how many answers of before the menu lists.
const recentItems = 6

// menu is what the menu-bar item shows now.
func (s *Shell) menu() Menu {
	s.mu.Lock()
	m := Menu{Tooltip: "Sightglass", Busy: s.busy}
	s.mu.Unlock()
	if m.Busy {
		m.Tooltip = "Sightglass is answering"
	}
	keys := s.Shortcut()
	ask := func(title, keys string, source Source) Item {
		return Item{Title: title, Keys: keys, Do: func() { s.Ask(source) }}
	}
	m.Items = []Item{
		ask("Ask About Selection", keys, Selection),
		ask("Ask About Window", "", OneWindow),
		ask("Ask About Screen", "", Screen),
		ask("Ask About Clipboard Picture", "", Clipboard),
		{},
	}
	var recent []Item
	for _, r := range s.Recent() {
		recent = append(recent, Item{Title: r.Title, Do: func() { s.Open(r.Place) }})
		if len(recent) == recentItems {
			break
		}
	}
	if len(recent) > 0 {
		m.Items = append(m.Items, Item{Title: "Recent Answers", Items: recent}, Item{})
	}
	m.Items = append(m.Items,
		Item{Title: "Open Window", Do: func() { s.Open("") }},
		Item{Title: s.Model(), Do: func() { s.Open("/models") }},
		Item{Title: "Settings…", Do: func() { s.Open("/settings") }},
		Item{},
		Item{Title: "Quit Sightglass", Do: s.Window.Quit},
	)
	return m
}
