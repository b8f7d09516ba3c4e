package shell

import "errors"

// Panel is what the compact panel shows: a picture to ask about, or what stands in the way.
type Panel struct {
	Shot    int    // counts what was shown
	Picture string // id of the picture; "" with a problem, and before the first picture
	Problem *Problem
}

// Problem is one sentence and the steps that can be taken.
type Problem struct {
	Sentence string
	Steps    []Step
}

// Step is a button.
type Step struct {
	Do, Label string
}

// The steps of a panel.
const (
	StepClose    = "close"    // hide the window
	StepHidden   = "hidden"   // the window was closed by its own button, as the page sees
	StepShown    = "shown"    // it is seen again
	StepMoved    = "moved"    // it was moved or resized
	StepOpen     = "open"     // make the panel the whole window
	StepAgain    = "again"    // take another picture of the same kind
	StepAllow    = "allow"    // let the desktop ask whether the app may look at the screen
	StepSettings = "settings" // open the desktop's settings
	StepRelaunch = "relaunch" // quit and start again
)

// access is what stands in the way of looking at the screen, nil if nothing does. asked tells whether this run let the
// desktop ask or opened its settings, before whether an earlier run did. macOS asks once for an installation, and what is
// allowed then reaches only a program that starts later.
func access(may, asked, before bool) *Problem {
	switch {
	case may:
		return nil
	case asked:
		return &Problem{"Turn on Sightglass under Screen & System Audio Recording, then quit and reopen it.",
			[]Step{{StepRelaunch, "Quit and Reopen"}, {StepSettings, "Open Settings"}}}
	case before:
		return &Problem{"Sightglass may not look at the screen.", []Step{{StepSettings, "Open Settings"}}}
	}
	return &Problem{"To ask about the screen, Sightglass must be allowed to look at it.", []Step{{StepAllow, "Allow…"}}}
}

func problemOf(source Source, err error) *Problem {
	again := []Step{{StepAgain, "Try Again"}}
	switch {
	case errors.Is(err, ErrNoCapture):
		return &Problem{"This desktop has no tool that takes pictures of the screen: install maim, or paste a picture.", []Step{{StepOpen, "Open the Window"}}}
	case errors.Is(err, errNone):
		return &Problem{"There is no picture on the clipboard.", []Step{{StepClose, "Close"}}}
	case errors.Is(err, errEmpty):
		return &Problem{"The picture is empty: nothing but one colour.", again}
	}
	return &Problem{"The picture of the " + string(source) + " could not be taken.", again}
}
