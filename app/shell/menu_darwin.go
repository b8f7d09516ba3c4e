package shell

import (
	"github.com/progrium/darwinkit/macos/appkit"
	"github.com/progrium/darwinkit/macos/foundation"
	"github.com/progrium/darwinkit/objc"
)

// iconPoints is the height of a menu bar's icons.
const iconPoints = 18

// statusItem is the menu-bar item. Its methods run on the main thread.
type statusItem struct {
	item  appkit.StatusItem
	shown bool
}

func (s *statusItem) show(m Menu) {
	if !s.shown {
		s.item = appkit.StatusBar_SystemStatusBar().StatusItemWithLength(-2) // NSSquareStatusItemLength
		objc.Retain(&s.item)
		s.item.SetAutosaveName("app.sightglass.menu") // keeps its place, and lets macOS 26 list it
		s.shown = true
	}
	icon := appkit.NewImageWithData(m.icon())
	icon.SetSize(foundation.Size{Width: iconPoints, Height: iconPoints})
	icon.SetTemplate(true) // black or white, as the bar is
	button := s.item.Button()
	button.SetImage(icon)
	button.SetToolTip(m.Tooltip)
	objc.Call[objc.Void](button, objc.Sel("setAccessibilityLabel:"), m.Tooltip)
	s.item.SetMenu(menuOf(m.Items))
}

func menuOf(items []Item) appkit.Menu {
	menu := appkit.NewMenu()
	menu.SetAutoenablesItems(false)
	for _, i := range items {
		if i.Title == "" {
			menu.AddItem(appkit.MenuItem_SeparatorItem())
			continue
		}
		do := i.Do
		line := appkit.NewMenuItemWithAction(i.Title, "", func(objc.Object) {
			if do != nil {
				go do() // the main thread is the menu's, and what is done may wait for it
			}
		})
		if i.Keys != "" {
			if s, err := ParseShortcut(i.Keys); err == nil {
				line.SetKeyEquivalent(s.equivalent())
				line.SetKeyEquivalentModifierMask(s.modifierFlags())
			}
		}
		line.SetEnabled(i.Do != nil || len(i.Items) > 0)
		if len(i.Items) > 0 {
			line.SetSubmenu(menuOf(i.Items))
		}
		menu.AddItem(line)
	}
	return menu
}

func (s *statusItem) hide() {
	if s.shown {
		appkit.StatusBar_SystemStatusBar().RemoveStatusItem(s.item)
		s.item.Release()
		s.shown = false
	}
}
