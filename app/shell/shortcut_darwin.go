package shell

/*
#cgo LDFLAGS: -framework Carbon
#include "shortcut_darwin.h"
*/
import "C"

import (
	"fmt"
	"runtime/cgo"
	"strings"
	"sync"
	"unsafe"

	"github.com/progrium/darwinkit/macos/appkit"
)

// Modifiers and keys of HIToolbox/Events.h.
const (
	cmdKey     = 0x100
	shiftKey   = 0x200
	optionKey  = 0x800
	controlKey = 0x1000

	eventHotKeyExistsErr = -9878
)

var virtualKeys = map[string]uint32{
	"A": 0, "S": 1, "D": 2, "F": 3, "H": 4, "G": 5, "Z": 6, "X": 7, "C": 8, "V": 9, "B": 11, "Q": 12, "W": 13, "E": 14, "R": 15, "Y": 16, "T": 17,
	"1": 18, "2": 19, "3": 20, "4": 21, "6": 22, "5": 23, "9": 25, "7": 26, "8": 28, "0": 29, "O": 31, "U": 32, "I": 34, "P": 35, "L": 37, "J": 38,
	"K": 40, "N": 45, "M": 46, "Space": 49, "F1": 122, "F2": 120, "F3": 99, "F4": 118, "F5": 96, "F6": 97, "F7": 98, "F8": 100, "F9": 101, "F10": 109,
	"F11": 103, "F12": 111,
}

func (*mac) Listen(s Shortcut, pressed func()) (stop func(), err error) {
	code, ok := virtualKeys[s.Key]
	if !ok {
		return nil, fmt.Errorf("shell: shortcut: want a key of this keyboard, found %q", s.Key)
	}
	mods := uint32(0)
	for _, m := range []struct {
		held bool
		bit  uint32
	}{{s.Ctrl, controlKey}, {s.Shift, shiftKey}, {s.Alt, optionKey}, {s.Super, cmdKey}} {
		if m.held {
			mods |= m.bit
		}
	}
	handle := cgo.NewHandle(pressed)
	var ref unsafe.Pointer
	var status C.int32_t
	onMain(func() { status = C.sg_listen(C.uint32_t(code), C.uint32_t(mods), C.uintptr_t(handle), &ref) })
	if status != 0 {
		handle.Delete()
		if status == eventHotKeyExistsErr {
			return nil, ErrShortcutTaken
		}
		return nil, fmt.Errorf("shell: shortcut %s: macOS says %d", s, status)
	}
	return sync.OnceFunc(func() {
		onMain(func() { C.sg_unlisten(ref) })
		handle.Delete()
	}), nil
}

//export shortcutPressed
func shortcutPressed(handle C.uintptr_t) {
	go cgo.Handle(handle).Value().(func())()
}

// equivalent is the key as menus name it.
func (s Shortcut) equivalent() string {
	switch {
	case s.Key == "Space":
		return " "
	case len(s.Key) > 1:
		return "" // function keys are told by the tooltip alone
	}
	return strings.ToLower(s.Key)
}

// modifierFlags are NSEventModifierFlags.
func (s Shortcut) modifierFlags() (f appkit.EventModifierFlags) {
	for _, m := range []struct {
		held bool
		flag appkit.EventModifierFlags
	}{{s.Shift, 1 << 17}, {s.Ctrl, 1 << 18}, {s.Alt, 1 << 19}, {s.Super, 1 << 20}} {
		if m.held {
			f |= m.flag
		}
	}
	return f
}
