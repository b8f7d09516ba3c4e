package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"go.etcd.io/bbolt"
)

// Erase removes all chats, pictures and adapters, and keeps the settings. bbolt leaves what was deleted in its free pages,
// so that a new file takes the old one's place; damaged files that were set aside go, too.
func (s *Store) Erase() error {
	s.swap.Lock()
	defer s.swap.Unlock()
	path := filepath.Join(s.folder, fileName)
	next := path + ".erased"
	if err := os.Remove(next); err != nil && !errors.Is(err, os.ErrNotExist) {
		return wrap("erase", err)
	}
	defer os.Remove(next) // where it did not get its name
	if err := s.copySettings(next); err != nil {
		return wrap("erase", err)
	}
	if err := s.db.Close(); err != nil {
		return wrap("erase", err)
	}
	if err := os.Rename(next, path); err != nil {
		return errors.Join(wrap("erase", err), s.reopen(path))
	}
	aside, err := filepath.Glob(path + ".damaged*")
	for _, a := range aside {
		err = errors.Join(err, os.Remove(a))
	}
	return errors.Join(wrap("erase", err), wrap("erase", syncFolder(s.folder)), s.reopen(path))
}

func (s *Store) reopen(path string) (err error) {
	s.db, err = openSound(path, migrations)
	return err
}

// copySettings makes a file that holds the settings alone.
func (s *Store) copySettings(path string) (err error) {
	if err := create(path, migrations); err != nil {
		return err
	}
	to, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	return s.db.View(func(from *bbolt.Tx) error {
		return to.Update(func(tx *bbolt.Tx) error {
			b := tx.Bucket(settingsBucket)
			return from.Bucket(settingsBucket).ForEach(b.Put)
		})
	})
}

// Forget removes for good the chats that nothing was added to since a time, with the pictures that no other chat uses. It
// returns how many.
func (s *Store) Forget(before time.Time) (n int, err error) {
	chats, err := s.Chats()
	if err != nil {
		return 0, err
	}
	for _, c := range chats {
		if !c.Updated.Before(before) {
			continue
		}
		if err := s.DeleteChat(c.ID); err != nil && !errors.Is(err, ErrNotFound) {
			return n, err
		}
		n++
	}
	if n == 0 {
		return 0, nil
	}
	return n, s.Purge(s.now().Add(time.Second)) // what was deleted until now
}

// Usage is how much is stored.
type Usage struct {
	Folder   string
	Bytes    int64 // of the file
	Chats    int
	Pictures int
}

// Usage counts what is stored.
func (s *Store) Usage() (u Usage, err error) {
	u.Folder = s.folder
	chats, err := s.Chats()
	if err != nil {
		return u, err
	}
	u.Chats = len(chats)
	err = s.view("usage", func(tx *bbolt.Tx) error {
		u.Bytes = tx.Size()
		u.Pictures = tx.Bucket(picturesBucket).Stats().KeyN
		return nil
	})
	return u, err
}

// Pictures calls visit for every stored picture, in the order of their ids, until it returns an error.
func (s *Store) Pictures(visit func(Picture) error) error {
	var list []Picture
	err := s.view("pictures", func(tx *bbolt.Tx) error {
		return tx.Bucket(picturesBucket).ForEach(func(k, v []byte) error {
			var r pictureRecord
			if err := decode(k, v, &r); err != nil {
				return err
			}
			list = append(list, r.picture(k))
			return nil
		})
	})
	if err != nil {
		return err
	}
	for _, p := range list {
		if err := visit(p); err != nil {
			return fmt.Errorf("store: picture %s: %w", p.ID, err)
		}
	}
	return nil
}
