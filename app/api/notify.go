package api

import (
	"strings"

	"sightglass/app/store"
)

// notifyRunes is how much of an answer a notification shows.
const notifyRunes = 160

// tell shows a notification of something that ended, if the person wants that and does not see the window. What it is about is
// shown only where that was chosen: others may look at the screen.
func (h *Handler) tell(title, about, place string) {
	native, err := h.theShell()
	if err != nil {
		return
	}
	body := ""
	switch h.preferences().Notify {
	case NotifyContent:
		body = oneLine(about, notifyRunes)
	case NotifyPlain:
	default:
		return
	}
	if err := native.Notify(title, body, place); err != nil {
		h.Log.Warn("notify", "error", err)
	}
}

// tellAnswer tells that an answer ended by itself.
func (h *Handler) tellAnswer(chat string, answer store.Message, failed bool) {
	switch {
	case answer.Stopped: // whoever stopped it knows
	case failed:
		h.tell("An answer failed", "", "/chats/"+chat)
	default:
		h.tell("Your answer is ready", strings.TrimSpace(answer.Text), "/chats/"+chat)
	}
}
