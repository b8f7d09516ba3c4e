package store

import (
	"encoding/json"
	"time"

	"go.etcd.io/bbolt"
)

// Role is who wrote a message.
type Role string

const (
	User      Role = "user"
	Assistant Role = "assistant"
)

// Message is one turn of a chat.
type Message struct {
	ID       string // a decimal number, never given twice
	Role     Role
	Text     string
	Pictures []Attachment
	Created  time.Time
	Stopped  bool
	Details  json.RawMessage // what the layer above keeps with a message; the store does not read it
}

// Attachment is one use of a stored picture, under the name it had then.
type Attachment struct {
	Picture string `json:"picture"`
	Name    string `json:"name,omitempty"`
}

type messageRecord struct {
	Role     Role            `json:"role"`
	Text     string          `json:"text,omitempty"`
	Pictures []Attachment    `json:"pictures,omitempty"`
	Created  time.Time       `json:"created"`
	Stopped  bool            `json:"stopped,omitempty"`
	Details  json.RawMessage `json:"details,omitempty"`
	Deleted  *deletion       `json:"deleted,omitempty"`
}

// deletion says when a message was deleted, and with which: restoring that one brings back all that went with it.
type deletion struct {
	At   time.Time `json:"at"`
	With string    `json:"with"`
}

func (r messageRecord) message(key []byte) Message {
	return Message{ID: formatID(key), Role: r.Role, Text: r.Text, Pictures: r.Pictures, Created: r.Created, Stopped: r.Stopped, Details: r.Details}
}

// Turn is a change to the end of a chat.
type Turn struct {
	From     string    // this message and all after it are removed first, for good; "" removes none
	Title    string    // for a chat that has none yet
	Messages []Message // then added; their ids and times are given by the store
}

// AddTurn changes the end of a chat and returns the added messages.
func (s *Store) AddTurn(chatID string, turn Turn) (added []Message, err error) {
	err = s.update("add turn", func(tx *bbolt.Tx) error {
		added = added[:0]
		chat, r, err := getChat(tx, chatID)
		if err != nil {
			return err
		}
		if turn.From != "" {
			from, _, err := getMessage(tx, chat, turn.From)
			if err != nil {
				return err
			}
			if err := removeMessages(tx, chat, from); err != nil {
				return err
			}
		}
		b := tx.Bucket(messagesBucket)
		r.Updated = s.now().UTC()
		for _, m := range turn.Messages {
			key, err := nextKey(b)
			if err != nil {
				return err
			}
			key = append(chat[:8:8], key...)
			if err := usePictures(tx, m.Pictures, +1); err != nil {
				return err
			}
			m := messageRecord{Role: m.Role, Text: m.Text, Pictures: m.Pictures, Created: r.Updated, Stopped: m.Stopped, Details: m.Details}
			if err := put(b, key, m); err != nil {
				return err
			}
			added = append(added, m.message(key))
		}
		if r.Title == "" {
			r.Title = turn.Title
		}
		return putChat(tx, chat, r)
	})
	return added, err
}

// SetMessages gives stored messages their new Text, Stopped and Details. Other fields stay.
func (s *Store) SetMessages(chatID string, messages ...Message) error {
	return s.update("set messages", func(tx *bbolt.Tx) error {
		chat, r, err := getChat(tx, chatID)
		if err != nil {
			return err
		}
		for _, m := range messages {
			key, old, err := getMessage(tx, chat, m.ID)
			if err != nil {
				return err
			}
			old.Text, old.Stopped, old.Details = m.Text, m.Stopped, m.Details
			if err := put(tx.Bucket(messagesBucket), key, old); err != nil {
				return err
			}
		}
		r.Updated = s.now().UTC()
		return putChat(tx, chat, r)
	})
}

// DeleteMessage hides a message until RestoreMessage, or Purge, which removes it. A question takes its answer along.
func (s *Store) DeleteMessage(chatID, id string) error {
	return s.update("delete message", func(tx *bbolt.Tx) error {
		chat, r, err := getChat(tx, chatID)
		if err != nil {
			return err
		}
		first, m, err := getMessage(tx, chat, id)
		if err != nil {
			return err
		}
		question := m.Role == User
		deleted := deletion{At: s.now().UTC(), With: id}
		err = changeMessages(tx, chat, func(key []byte, m *messageRecord) bool {
			after := string(key) > string(first)
			if after && m.Role == User {
				question = false
			}
			if m.Deleted != nil || string(key) != string(first) && !(after && question) {
				return false
			}
			m.Deleted = &deleted
			return true
		})
		if err != nil {
			return err
		}
		return putChat(tx, chat, r)
	})
}

// RestoreMessage undoes DeleteMessage. It returns ErrNotFound when nothing was deleted with that message.
func (s *Store) RestoreMessage(chatID, id string) error {
	return s.update("restore message", func(tx *bbolt.Tx) error {
		chat, r, err := getChat(tx, chatID)
		if err != nil {
			return err
		}
		found := false
		err = changeMessages(tx, chat, func(_ []byte, m *messageRecord) bool {
			if m.Deleted == nil || m.Deleted.With != id {
				return false
			}
			m.Deleted, found = nil, true
			return true
		})
		if err != nil {
			return err
		}
		if !found {
			return ErrNotFound
		}
		return putChat(tx, chat, r)
	})
}

// getMessage returns the key and record of a message that is not deleted.
func getMessage(tx *bbolt.Tx, chat []byte, id string) (key []byte, m messageRecord, err error) {
	if key, err = parseID(id); err != nil {
		return nil, m, err
	}
	key = append(chat[:8:8], key...)
	if err = get(tx.Bucket(messagesBucket), key, &m); err == nil && m.Deleted != nil {
		err = ErrNotFound
	}
	return key, m, err
}

func eachMessage(tx *bbolt.Tx, chat []byte, fn func(key []byte, m messageRecord) error) error {
	return each(tx.Bucket(messagesBucket), chat, fn)
}

// changeMessages stores the messages of a chat that fn changed, those for which it returns true.
func changeMessages(tx *bbolt.Tx, chat []byte, fn func(key []byte, m *messageRecord) bool) error {
	changed := map[string]messageRecord{}
	err := eachMessage(tx, chat, func(key []byte, m messageRecord) error {
		if fn(key, &m) {
			changed[string(key)] = m
		}
		return nil
	})
	if err != nil {
		return err
	}
	for key, m := range changed {
		if err := put(tx.Bucket(messagesBucket), []byte(key), m); err != nil {
			return err
		}
	}
	return nil
}

// removeMessages removes a chat's messages for good, those from a key on, nil for all. Their pictures lose these uses.
func removeMessages(tx *bbolt.Tx, chat, from []byte) error {
	return removeWhere(tx, chat, func(key []byte, _ messageRecord) bool { return string(key) >= string(from) })
}

// purgeMessages removes for good the messages deleted before a time.
func purgeMessages(tx *bbolt.Tx, before time.Time) error {
	return removeWhere(tx, nil, func(_ []byte, m messageRecord) bool {
		return m.Deleted != nil && m.Deleted.At.Before(before)
	})
}

func removeWhere(tx *bbolt.Tx, prefix []byte, gone func(key []byte, m messageRecord) bool) error {
	var keys [][]byte
	err := each(tx.Bucket(messagesBucket), prefix, func(key []byte, m messageRecord) error {
		if !gone(key, m) {
			return nil
		}
		keys = append(keys, key)
		return usePictures(tx, m.Pictures, -1)
	})
	if err != nil {
		return err
	}
	for _, key := range keys {
		if err := tx.Bucket(messagesBucket).Delete(key); err != nil {
			return err
		}
	}
	return nil
}

// putChat stores a chat after its messages changed, with what the record repeats of them.
func putChat(tx *bbolt.Tx, key []byte, r chatRecord) error {
	r.Messages, r.Picture = 0, ""
	err := eachMessage(tx, key, func(_ []byte, m messageRecord) error {
		if m.Deleted != nil {
			return nil
		}
		r.Messages++
		if r.Picture == "" && len(m.Pictures) > 0 {
			r.Picture = m.Pictures[0].Picture
		}
		return nil
	})
	if err != nil {
		return err
	}
	return put(tx.Bucket(chatsBucket), key, r)
}
