package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"sightglass/app/store"
	"sightglass/engine/adapter"
)

// maxTitleRunes bounds a title, typed or made from a question.
const maxTitleRunes = 200

// details is what the store keeps with a message for this package.
type details struct {
	Stats   *Stats   `json:"stats,omitempty"`
	Problem *Problem `json:"problem,omitempty"`
	Seen    []Seen   `json:"seen,omitempty"` // of the message's pictures, in their order
}

func (h *Handler) listChats(w http.ResponseWriter, r *http.Request) error {
	matches, err := h.Store.Search(r.URL.Query().Get("q"))
	if err != nil {
		return err
	}
	chats := make([]Chat, len(matches))
	for i, m := range matches {
		chats[i] = wireChat(m.Chat)
		chats[i].Snippet = m.Snippet
	}
	writeJSON(w, http.StatusOK, chats)
	return nil
}

func (h *Handler) createChat(w http.ResponseWriter, r *http.Request) error {
	chat, err := h.Store.CreateChat("")
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusCreated, wireChat(chat))
	return nil
}

func (h *Handler) getChat(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("chat")
	// Taken before the thread is read: an answer that ends in between is then shown whole.
	run := h.runningIn(id)
	chat, thread, err := h.Store.Chat(id)
	if err != nil {
		return err
	}
	detail := ChatDetail{Chat: wireChat(chat), Thread: make([]Message, len(thread))}
	for i, m := range thread {
		if detail.Thread[i], err = h.wireMessage(m); err != nil {
			return err
		}
		if run != nil {
			run.show(&detail.Thread[i])
		}
	}
	writeJSON(w, http.StatusOK, detail)
	return nil
}

func (h *Handler) renameChat(w http.ResponseWriter, r *http.Request) error {
	body, err := readJSON[Rename](w, r)
	if err != nil {
		return err
	}
	title := oneLine(body.Title, maxTitleRunes)
	if title == "" {
		return errTitle
	}
	chat, err := h.Store.Rename(r.PathValue("chat"), title)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, wireChat(chat))
	return nil
}

func (h *Handler) chooseAdapter(w http.ResponseWriter, r *http.Request) error {
	body, err := readJSON[ChooseAdapter](w, r)
	if err != nil {
		return err
	}
	if body.Name != "" {
		a, err := h.Store.Adapter(body.Name)
		if err != nil {
			return err
		}
		if !h.fits(a) {
			return adapter.ErrNoMatch
		}
	}
	chat, err := h.Store.SetChatAdapter(r.PathValue("chat"), body.Name)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, wireChat(chat))
	return nil
}

// deleteChat stops the chat's answer first: what is deleted does not go on growing.
func (h *Handler) deleteChat(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("chat")
	if err := h.stopAnswer(r.Context(), id); err != nil {
		return err
	}
	if err := h.Store.DeleteChat(id); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	h.purge()
	return nil
}

func (h *Handler) restoreChat(w http.ResponseWriter, r *http.Request) error {
	chat, err := h.Store.RestoreChat(r.PathValue("chat"))
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, wireChat(chat))
	return nil
}

func (h *Handler) deleteMessage(w http.ResponseWriter, r *http.Request) error {
	return h.changeThread(w, r, h.Store.DeleteMessage)
}

func (h *Handler) restoreMessage(w http.ResponseWriter, r *http.Request) error {
	return h.changeThread(w, r, h.Store.RestoreMessage)
}

// changeThread changes a chat that is not being answered.
func (h *Handler) changeThread(w http.ResponseWriter, r *http.Request, change func(chat, message string) error) error {
	chat := r.PathValue("chat")
	_, run, err := h.begin(r.Context(), chat)
	if err != nil {
		return err
	}
	defer run.finish()
	if err := change(chat, r.PathValue("message")); err != nil {
		return err
	}
	run.finish()
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// purge removes what was deleted long enough ago. Its failure costs only space.
func (h *Handler) purge() {
	if err := h.Store.Purge(time.Now().Add(-keepDeleted)); err != nil {
		h.Log.Warn("purge", "error", err)
	}
}

func wireChat(c store.Chat) Chat {
	return Chat{ID: c.ID, Title: c.Title, Created: c.Created, Updated: c.Updated, Messages: c.Messages, Picture: c.Picture,
		Adapter: c.Adapter}
}

func (h *Handler) wireMessage(m store.Message) (Message, error) {
	var d details
	if len(m.Details) > 0 {
		if err := json.Unmarshal(m.Details, &d); err != nil {
			return Message{}, fmt.Errorf("api: message %s: %w: %w", m.ID, store.ErrDamaged, err)
		}
	}
	wire := Message{
		ID: m.ID, Role: Role(m.Role), Text: m.Text, Created: m.Created,
		Stats: d.Stats, Stopped: m.Stopped, Problem: d.Problem,
	}
	if m.Stopped && len(m.Details) == 0 { // it was begun and never concluded
		wire.Stopped = false
		wire.Problem = &Problem{"interrupted", "Sightglass ended before this answer did.", "Answer the question again."}
	}
	for i, a := range m.Pictures {
		p, err := h.Store.Picture(a.Picture)
		if err != nil {
			return Message{}, err
		}
		picture := wirePicture(p)
		picture.Name = a.Name
		if i < len(d.Seen) {
			picture.Seen = &d.Seen[i]
		}
		wire.Pictures = append(wire.Pictures, picture)
	}
	return wire, nil
}

// oneLine makes of text what fits in a list: one line, at most limit runes, without control characters.
func oneLine(text string, limit int) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
	text = strings.Join(strings.Fields(text), " ")
	if utf8.RuneCountInString(text) > limit {
		text = strings.TrimSpace(string([]rune(text)[:limit-1])) + "…"
	}
	return text
}
