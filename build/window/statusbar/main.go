//go:build linux

// Command statusbar stands in for a desktop's bar in tests: it owns the name that such a bar has on the session's bus, and
// picks entries of an item's menu as a click does.
//
//	statusbar           is the bar until it is killed
//	statusbar TITLE     picks the entry of that title in the menu of the item that came last
//	statusbar --titles  prints the titles of all entries
package main

import (
	"fmt"
	"log"
	"os"
	"strings"

	"github.com/godbus/dbus/v5"
)

const (
	watcher     = "org.kde.StatusNotifierWatcher"
	watcherPath = "/StatusNotifierWatcher"
	itemPath    = "/StatusNotifierItem"
	menuFace    = "com.canonical.dbusmenu"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("statusbar: ")
	bus, err := dbus.ConnectSessionBus()
	if err != nil {
		log.Fatal(err)
	}
	if len(os.Args) == 1 {
		err = serve(bus)
	} else {
		err = pick(bus, os.Args[1])
	}
	if err != nil {
		log.Fatal(err)
	}
}

// bar holds the services of the items that registered.
type bar struct{ items []string }

func (b *bar) RegisterStatusNotifierItem(service string, sender dbus.Sender) *dbus.Error {
	b.items = append(b.items, string(sender))
	fmt.Println("item", service)
	return nil
}

func (b *bar) Last() (string, *dbus.Error) {
	if len(b.items) == 0 {
		return "", dbus.MakeFailedError(fmt.Errorf("no item has come yet"))
	}
	return b.items[len(b.items)-1], nil
}

func serve(bus *dbus.Conn) error {
	if err := bus.Export(new(bar), watcherPath, watcher); err != nil {
		return err
	}
	if _, err := bus.RequestName(watcher, dbus.NameFlagDoNotQueue); err != nil {
		return err
	}
	fmt.Println("ready")
	select {}
}

// entry is a line of a menu as com.canonical.dbusmenu lays it out.
type entry struct {
	ID         int32
	Properties map[string]dbus.Variant
	Children   []dbus.Variant
}

func pick(bus *dbus.Conn, title string) error {
	var item string
	if err := bus.Object(watcher, watcherPath).Call(watcher+".Last", 0).Store(&item); err != nil {
		return err
	}
	at, err := bus.Object(item, itemPath).GetProperty("org.kde.StatusNotifierItem.Menu")
	if err != nil {
		return err
	}
	path, ok := at.Value().(dbus.ObjectPath)
	if !ok {
		return fmt.Errorf("want the place of a menu, found %v", at)
	}
	menu := bus.Object(item, path)
	var revision uint32
	var root entry
	if err := menu.Call(menuFace+".GetLayout", 0, int32(0), int32(-1), []string{}).Store(&revision, &root); err != nil {
		return err
	}
	found := int32(-1)
	var walk func(e entry) error
	walk = func(e entry) error {
		label, _ := e.Properties["label"].Value().(string)
		if title == "--titles" && label != "" {
			fmt.Println(label)
		}
		if label == title || strings.HasPrefix(label, title+"  (") {
			found = e.ID
		}
		for _, c := range e.Children {
			var child entry
			if err := dbus.Store([]any{c.Value()}, &child); err != nil {
				return err
			}
			if err := walk(child); err != nil {
				return err
			}
		}
		return nil
	}
	if err := walk(root); err != nil || title == "--titles" {
		return err
	}
	if found < 0 {
		return fmt.Errorf("want an entry %q, found none", title)
	}
	return menu.Call(menuFace+".Event", 0, found, "clicked", dbus.MakeVariant(""), uint32(0)).Err
}
