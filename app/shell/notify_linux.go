package shell

import (
	"errors"
	"fmt"
	"html"
	"sync"

	"github.com/godbus/dbus/v5"
)

const (
	noticesName = "org.freedesktop.Notifications"
	noticesPath = "/org/freedesktop/Notifications"
)

// notices shows notifications over D-Bus and hears which of them are clicked. The connection is made with the first.
type notices struct {
	mu   sync.Mutex
	bus  *dbus.Conn
	open map[uint32]func() // by the notification's number
}

func (n *notices) show(title, body string, open func()) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if err := n.connect(); err != nil {
		return fmt.Errorf("shell: notify: %w", err)
	}
	var id uint32
	hints := map[string]dbus.Variant{"desktop-entry": dbus.MakeVariant("sightglass")}
	// The body may hold markup, of which ours has none.
	err := n.bus.Object(noticesName, noticesPath).Call(noticesName+".Notify", 0, "Sightglass", uint32(0), "sightglass", title,
		html.EscapeString(body), []string{"default", "Open"}, hints, int32(-1)).Store(&id)
	if err != nil {
		return fmt.Errorf("shell: notify: %w", err)
	}
	n.open[id] = open
	return nil
}

// connect is called with mu held.
func (n *notices) connect() error {
	if n.bus != nil && n.bus.Connected() {
		return nil
	}
	bus, err := dbus.ConnectSessionBus()
	if err != nil {
		return err
	}
	if err := bus.AddMatchSignal(dbus.WithMatchObjectPath(noticesPath), dbus.WithMatchInterface(noticesName)); err != nil {
		return errors.Join(err, bus.Close())
	}
	signals := make(chan *dbus.Signal, 16)
	bus.Signal(signals)
	n.bus, n.open = bus, map[uint32]func(){}
	go n.listen(signals)
	return nil
}

// listen ends with the connection. A notification that is clicked is closed by the desktop, too.
func (n *notices) listen(signals <-chan *dbus.Signal) {
	for s := range signals {
		if len(s.Body) == 0 {
			continue
		}
		id, ok := s.Body[0].(uint32)
		if !ok {
			continue
		}
		n.mu.Lock()
		open := n.open[id]
		if s.Name == noticesName+".NotificationClosed" {
			delete(n.open, id)
		}
		n.mu.Unlock()
		if s.Name == noticesName+".ActionInvoked" && open != nil {
			go open()
		}
	}
}

func (l *linux) Notify(title, body string, open func()) error {
	return l.notices.show(title, body, open)
}
