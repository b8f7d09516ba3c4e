package store

import (
	"encoding/binary"
	"errors"

	"go.etcd.io/bbolt"
)

// Draft is what was written in a chat and not sent.
type Draft struct {
	Chat     string // "" for a chat that is not made yet
	Text     string
	Pictures []Attachment
}

type draftRecord struct {
	Text     string       `json:"text,omitempty"`
	Pictures []Attachment `json:"pictures,omitempty"`
}

// draftKey is a chat's key, and zero, which no chat has, for one that is not made yet.
func draftKey(chat string) ([]byte, error) {
	if chat == "" {
		return binary.BigEndian.AppendUint64(nil, 0), nil
	}
	return parseID(chat)
}

// SetDraft keeps a draft in the place of the chat's last one, and uses its pictures. An empty one is forgotten.
func (s *Store) SetDraft(d Draft) error {
	return s.update("draft", func(tx *bbolt.Tx) error {
		key, err := draftKey(d.Chat)
		if err != nil {
			return err
		}
		if d.Chat != "" {
			if _, _, err := getChat(tx, d.Chat); err != nil {
				return err
			}
		}
		if err := removeDraft(tx, key); err != nil || d.Text == "" && len(d.Pictures) == 0 {
			return err
		}
		if err := usePictures(tx, d.Pictures, 1); err != nil {
			return err
		}
		return put(tx.Bucket(draftsBucket), key, draftRecord{d.Text, d.Pictures})
	})
}

// Drafts returns those of chats that are there, the oldest chat's first.
func (s *Store) Drafts() (drafts []Draft, err error) {
	err = s.view("drafts", func(tx *bbolt.Tx) error {
		return each(tx.Bucket(draftsBucket), nil, func(key []byte, r draftRecord) error {
			d := Draft{Text: r.Text, Pictures: r.Pictures}
			if binary.BigEndian.Uint64(key) != 0 {
				d.Chat = formatID(key)
				if _, _, err := getChat(tx, d.Chat); errors.Is(err, ErrNotFound) {
					return nil // it was deleted, and may be restored
				}
			}
			drafts = append(drafts, d)
			return nil
		})
	})
	return drafts, err
}

// ForgetDrafts removes all drafts.
func (s *Store) ForgetDrafts() error {
	return s.update("forget drafts", func(tx *bbolt.Tx) error {
		var keys [][]byte
		err := each(tx.Bucket(draftsBucket), nil, func(key []byte, _ draftRecord) error {
			keys = append(keys, key)
			return nil
		})
		for _, key := range keys {
			err = errors.Join(err, removeDraft(tx, key))
		}
		return err
	})
}

// removeDraft removes a chat's draft if it has one; its pictures lose this use.
func removeDraft(tx *bbolt.Tx, key []byte) error {
	b := tx.Bucket(draftsBucket)
	var old draftRecord
	switch err := get(b, key, &old); {
	case errors.Is(err, ErrNotFound):
		return nil
	case err != nil:
		return err
	}
	if err := usePictures(tx, old.Pictures, -1); err != nil {
		return err
	}
	return b.Delete(key)
}
