package shell

import (
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
)

// Listen takes the key on X11's root window. Under Wayland, programs that ask X11 get keys only while one of its windows
// is in front, so that there it counts as having none.
func (*linux) Listen(s Shortcut, pressed func()) (stop func(), err error) {
	if wayland() {
		return nil, ErrNoShortcuts
	}
	conn, err := xgb.NewConn()
	if err != nil {
		return nil, ErrNoShortcuts
	}
	root := xproto.Setup(conn).DefaultScreen(conn).Root
	codes, err := keycodes(conn, keysym(s.Key))
	if err == nil {
		err = grab(conn, root, s, codes)
	}
	if err != nil {
		conn.Close()
		return nil, err
	}
	go func() {
		for {
			event, _ := conn.WaitForEvent()
			if event == nil {
				return // closed
			}
			if key, ok := event.(xproto.KeyPressEvent); ok {
				// The grab lasts until the key is let go, and a tool that selects wants the keyboard before.
				xproto.UngrabKeyboard(conn, key.Time)
				conn.Sync()
				go pressed()
			}
		}
	}()
	return sync.OnceFunc(conn.Close), nil
}

// grab takes the key with CapsLock and NumLock on or off.
func grab(conn *xgb.Conn, root xproto.Window, s Shortcut, codes []xproto.Keycode) error {
	mods := uint16(0)
	for _, m := range []struct {
		held bool
		mask uint16
	}{{s.Ctrl, xproto.ModMaskControl}, {s.Shift, xproto.ModMaskShift}, {s.Alt, xproto.ModMask1}, {s.Super, xproto.ModMask4}} {
		if m.held {
			mods |= m.mask
		}
	}
	for _, code := range codes {
		for _, locks := range []uint16{0, xproto.ModMaskLock, xproto.ModMask2, xproto.ModMaskLock | xproto.ModMask2} {
			err := xproto.GrabKeyChecked(conn, true, root, mods|locks, code, xproto.GrabModeAsync, xproto.GrabModeAsync).Check()
			if errors.As(err, new(xproto.AccessError)) {
				return ErrShortcutTaken
			}
			if err != nil {
				return fmt.Errorf("shell: shortcut %s: %w", s, err)
			}
		}
	}
	return nil
}

// keysym is X11's number of a key: ASCII, and 0xffbe for F1 (X11/keysymdef.h).
func keysym(key string) xproto.Keysym {
	if key == "Space" {
		return ' '
	}
	if len(key) == 1 {
		return xproto.Keysym(key[0] | 0x20) // digits have the bit already
	}
	var n xproto.Keysym
	fmt.Sscanf(key, "F%d", &n)
	return 0xffbe + n - 1
}

// keycodes are the keys that write a keysym by themselves.
func keycodes(conn *xgb.Conn, sym xproto.Keysym) ([]xproto.Keycode, error) {
	setup := xproto.Setup(conn)
	first, n := setup.MinKeycode, byte(setup.MaxKeycode-setup.MinKeycode+1)
	m, err := xproto.GetKeyboardMapping(conn, first, n).Reply()
	if err != nil {
		return nil, fmt.Errorf("shell: keyboard: %w", err)
	}
	var codes []xproto.Keycode
	for i, syms := range slices.Collect(slices.Chunk(m.Keysyms, int(m.KeysymsPerKeycode))) {
		if syms[0] == sym {
			codes = append(codes, first+xproto.Keycode(i))
		}
	}
	if len(codes) == 0 {
		return nil, fmt.Errorf("shell: shortcut: want a key of this keyboard, found none for keysym %#x", sym)
	}
	return codes, nil
}
