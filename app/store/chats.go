package store

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strconv"
	"time"

	"go.etcd.io/bbolt"
)

// Chat is one conversation. Messages and Picture count what is not deleted.
type Chat struct {
	ID       string // a decimal number, never given twice
	Title    string
	Created  time.Time
	Updated  time.Time // of the newest question or answer
	Messages int
	Picture  string // id of the first picture, "" without one
	Adapter  string // name of the adapter that answers, "" for the model alone
}

// chatRecord is a chat in the file. Messages and Picture repeat what the messages say, so that a list reads chats only.
type chatRecord struct {
	Title    string     `json:"title"`
	Created  time.Time  `json:"created"`
	Updated  time.Time  `json:"updated"`
	Messages int        `json:"messages"`
	Picture  string     `json:"picture,omitempty"`
	Adapter  string     `json:"adapter,omitempty"`
	Deleted  *time.Time `json:"deleted,omitempty"`
}

func (r chatRecord) chat(key []byte) Chat {
	return Chat{ID: formatID(key), Title: r.Title, Created: r.Created, Updated: r.Updated, Messages: r.Messages, Picture: r.Picture,
		Adapter: r.Adapter}
}

// CreateChat adds an empty chat.
func (s *Store) CreateChat(title string) (chat Chat, err error) {
	err = s.update("create chat", func(tx *bbolt.Tx) error {
		b := tx.Bucket(chatsBucket)
		key, err := nextKey(b)
		if err != nil {
			return err
		}
		now := s.now().UTC()
		r := chatRecord{Title: title, Created: now, Updated: now}
		chat = r.chat(key)
		return put(b, key, r)
	})
	return chat, err
}

// Chats returns all chats, the last updated first.
func (s *Store) Chats() (chats []Chat, err error) {
	err = s.view("chats", func(tx *bbolt.Tx) error {
		return eachChat(tx, func(key []byte, r chatRecord) error {
			chats = append(chats, r.chat(key))
			return nil
		})
	})
	slices.SortStableFunc(chats, func(a, b Chat) int { return b.Updated.Compare(a.Updated) })
	return chats, err
}

// Chat returns one chat and its messages, oldest first.
func (s *Store) Chat(id string) (chat Chat, thread []Message, err error) {
	err = s.view("chat", func(tx *bbolt.Tx) error {
		key, r, err := getChat(tx, id)
		if err != nil {
			return err
		}
		chat = r.chat(key)
		return eachMessage(tx, key, func(key []byte, m messageRecord) error {
			if m.Deleted == nil {
				thread = append(thread, m.message(key))
			}
			return nil
		})
	})
	return chat, thread, err
}

// Rename changes a chat's title. It does not make the chat newer.
func (s *Store) Rename(id, title string) (chat Chat, err error) {
	err = s.update("rename", func(tx *bbolt.Tx) error {
		key, r, err := getChat(tx, id)
		if err != nil {
			return err
		}
		r.Title = title
		chat = r.chat(key)
		return put(tx.Bucket(chatsBucket), key, r)
	})
	return chat, err
}

// SetChatAdapter chooses the adapter that answers in a chat, "" for the model alone.
func (s *Store) SetChatAdapter(id, name string) (chat Chat, err error) {
	err = s.update("choose adapter", func(tx *bbolt.Tx) error {
		key, r, err := getChat(tx, id)
		if err != nil {
			return err
		}
		if name != "" && tx.Bucket(adaptersBucket).Get([]byte(name)) == nil {
			return ErrNotFound
		}
		r.Adapter = name
		chat = r.chat(key)
		return put(tx.Bucket(chatsBucket), key, r)
	})
	return chat, err
}

// DeleteChat hides a chat until RestoreChat, or Purge, which removes it.
func (s *Store) DeleteChat(id string) error {
	return s.update("delete chat", func(tx *bbolt.Tx) error {
		key, r, err := getChat(tx, id)
		if err != nil {
			return err
		}
		now := s.now().UTC()
		r.Deleted = &now
		return put(tx.Bucket(chatsBucket), key, r)
	})
}

// RestoreChat undoes DeleteChat. A chat that is not deleted stays as it is.
func (s *Store) RestoreChat(id string) (chat Chat, err error) {
	err = s.update("restore chat", func(tx *bbolt.Tx) error {
		b := tx.Bucket(chatsBucket)
		key, err := parseID(id)
		if err != nil {
			return err
		}
		var r chatRecord
		if err := get(b, key, &r); err != nil {
			return err
		}
		r.Deleted = nil
		chat = r.chat(key)
		return put(b, key, r)
	})
	return chat, err
}

// Purge removes for good the chats and messages that were deleted, and the unused pictures that were put, before a time.
func (s *Store) Purge(before time.Time) error {
	return s.update("purge", func(tx *bbolt.Tx) error {
		var gone [][]byte
		err := each(tx.Bucket(chatsBucket), nil, func(key []byte, r chatRecord) error {
			if r.Deleted != nil && r.Deleted.Before(before) {
				gone = append(gone, key)
			}
			return nil
		})
		if err != nil {
			return err
		}
		for _, key := range gone {
			if err := removeMessages(tx, key, nil); err != nil {
				return err
			}
			if err := removeDraft(tx, key); err != nil {
				return err
			}
			if err := tx.Bucket(chatsBucket).Delete(key); err != nil {
				return err
			}
		}
		if err := purgeMessages(tx, before); err != nil {
			return err
		}
		return purgePictures(tx, before)
	})
}

// getChat returns the key and record of a chat that is not deleted.
func getChat(tx *bbolt.Tx, id string) (key []byte, r chatRecord, err error) {
	if key, err = parseID(id); err != nil {
		return nil, r, err
	}
	if err = get(tx.Bucket(chatsBucket), key, &r); err == nil && r.Deleted != nil {
		err = ErrNotFound
	}
	return key, r, err
}

// eachChat calls fn with the chats that are not deleted, newest first.
func eachChat(tx *bbolt.Tx, fn func(key []byte, r chatRecord) error) error {
	var keys [][]byte
	var records []chatRecord
	err := each(tx.Bucket(chatsBucket), nil, func(key []byte, r chatRecord) error {
		if r.Deleted == nil {
			keys, records = append(keys, key), append(records, r)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for i := len(keys) - 1; i >= 0; i-- {
		if err := fn(keys[i], records[i]); err != nil {
			return err
		}
	}
	return nil
}

// each calls fn with the records whose keys begin with prefix, in the order of keys. The keys stay valid after fn.
func each[R any](b *bbolt.Bucket, prefix []byte, fn func(key []byte, r R) error) error {
	c := b.Cursor()
	for k, v := c.Seek(prefix); k != nil && bytes.HasPrefix(k, prefix); k, v = c.Next() {
		var r R
		if err := decode(k, v, &r); err != nil {
			return err
		}
		if err := fn(bytes.Clone(k), r); err != nil {
			return err
		}
	}
	return nil
}

// nextKey returns a key that b has never had.
func nextKey(b *bbolt.Bucket) ([]byte, error) {
	n, err := b.NextSequence()
	return binary.BigEndian.AppendUint64(nil, n), err
}

// formatID writes the last 8 bytes of a key as an id.
func formatID(key []byte) string {
	return strconv.FormatUint(binary.BigEndian.Uint64(key[len(key)-8:]), 10)
}

// parseID is the reverse of formatID. What formatID cannot have written is not found.
func parseID(id string) ([]byte, error) {
	n, err := strconv.ParseUint(id, 10, 64)
	if err != nil || strconv.FormatUint(n, 10) != id {
		return nil, ErrNotFound
	}
	return binary.BigEndian.AppendUint64(nil, n), nil
}
