package api

import (
	"errors"
	"net/http"
	"regexp"
	"strings"

	"sightglass/app/store"
)

// placeSetting is where the page was last.
const placeSetting = "place"

// newChatID stands for the chat that is not made yet, in addresses.
const newChatID = "new"

// placeName is a place of the page: its own routes and nothing else.
var placeName = regexp.MustCompile(`^/[A-Za-z0-9/_%.~-]{0,200}$`)

// getDesk tells what the page showed and what was written but not sent, before it was closed or the app ended, however it did.
func (h *Handler) getDesk(w http.ResponseWriter, r *http.Request) error {
	drafts, err := h.Store.Drafts()
	if err != nil {
		return err
	}
	desk := Desk{Place: h.place(), Drafts: []DeskDraft{}}
	for _, d := range drafts {
		wire := DeskDraft{Chat: d.Chat, Text: d.Text}
		for _, a := range d.Pictures {
			p, err := h.Store.Picture(a.Picture)
			if err != nil {
				return err
			}
			picture := wirePicture(p)
			picture.Name = a.Name
			wire.Pictures = append(wire.Pictures, picture)
		}
		desk.Drafts = append(desk.Drafts, wire)
	}
	writeJSON(w, http.StatusOK, desk)
	return nil
}

// place is "" where there is none, or its chat is gone.
func (h *Handler) place() string {
	data, err := h.Store.Setting(placeSetting)
	if err != nil {
		return ""
	}
	if chat, ok := strings.CutPrefix(string(data), "/chats/"); ok {
		if _, _, err := h.Store.Chat(chat); err != nil {
			return ""
		}
	}
	return string(data)
}

func (h *Handler) setPlace(w http.ResponseWriter, r *http.Request) error {
	body, err := readJSON[SetPlace](w, r)
	if err != nil {
		return err
	}
	if !placeName.MatchString(body.Place) {
		return errBadRequest
	}
	if err := h.Store.SetSetting(placeSetting, []byte(body.Place)); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (h *Handler) setDraft(w http.ResponseWriter, r *http.Request) error {
	body, err := readJSON[SetDraft](w, r)
	if err != nil {
		return err
	}
	d := store.Draft{Chat: r.PathValue("chat"), Text: body.Text}
	if d.Chat == newChatID {
		d.Chat = ""
	}
	if d.Pictures, err = h.attach(body.Pictures); err != nil {
		return err
	}
	if err := h.Store.SetDraft(d); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// clearDesk forgets both.
func (h *Handler) clearDesk() error {
	return errors.Join(h.Store.ForgetDrafts(), h.Store.SetSetting(placeSetting, nil))
}
