package shell

import (
	"context"
	"errors"
	"image"
)

// Errors that a Desktop's methods return.
var (
	// ErrCancelled is returned when the person gave up selecting.
	ErrCancelled = errors.New("shell: selecting was given up")
	// ErrNoCapture is returned when this desktop has no way to take pictures of the screen.
	ErrNoCapture = errors.New("shell: this desktop takes no pictures of the screen")
	// ErrShortcutTaken is returned when another program has the shortcut.
	ErrShortcutTaken = errors.New("shell: the shortcut is taken")
	// ErrNoShortcuts is returned when this desktop lets programs have none.
	ErrNoShortcuts = errors.New("shell: this desktop has no global shortcuts")
	// ErrLoginApproval is returned when the person must agree in the desktop's own settings.
	ErrLoginApproval = errors.New("shell: starting at login must be allowed in the settings")
	// ErrNoLogin is returned when this desktop starts no programs at login.
	ErrNoLogin = errors.New("shell: this desktop starts nothing at login")
)

// Desktop is what the desktop of this machine does for the app. Its methods are called from any goroutine.
type Desktop struct {
	Camera
	Bar
	Place
	Session
}

// Camera takes pictures of the screen, if it may.
type Camera interface {
	// MayLook tells whether pictures of the screen show what is on it. It asks nobody.
	MayLook() bool
	// AskToLook lets the desktop ask the person, which it does once for an installation. The app is in front then.
	AskToLook()
	// LookSettings opens the page of the desktop's settings where looking is allowed.
	LookSettings() error
	// Capture returns a picture. The errors are ErrCancelled, ErrNoCapture, or what else went wrong. The clipboard is asked
	// here only where the window cannot read it.
	Capture(ctx context.Context, source Source) ([]byte, error)
}

// Bar is where the app shows besides its window.
type Bar interface {
	// ShowMenu shows the menu-bar item, or changes it. It reports whether there is a bar to show it in.
	ShowMenu(menu Menu) bool
	// HideMenu takes it away.
	HideMenu()
	// InDock shows the app in the Dock and its own menus, as a program with a window has them, or takes it out.
	InDock(bool)
}

// Place is where things are on the desktop, as a Spot says it.
type Place interface {
	// Pointer is where the mouse is.
	Pointer() image.Point
	// Screens are where windows may lie; window is a Spot's Window.
	Screens() (screens []image.Rectangle, window image.Point)
}

// Session is the rest of what a desktop's session does.
type Session interface {
	// Listen calls pressed whenever the shortcut is pressed, until stop. The errors are ErrShortcutTaken and ErrNoShortcuts.
	Listen(shortcut Shortcut, pressed func()) (stop func(), err error)
	// AtLogin tells whether the program starts when the person logs in; SetAtLogin changes it. The errors are ErrLoginApproval and
	// ErrNoLogin.
	AtLogin() bool
	SetAtLogin(on bool) error
	// Notify shows a notification; open is called when the person clicks it.
	Notify(title, body string, open func()) error
	// Receive calls open with the paths of pictures that other programs send, until the program ends.
	Receive(open func(path string))
	// Relaunch starts the program anew once this one has ended.
	Relaunch() error
}
