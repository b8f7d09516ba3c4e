package store

import (
	"bytes"

	"go.etcd.io/bbolt"
)

// Setting returns the value stored under name, or ErrNotFound.
func (s *Store) Setting(name string) (value []byte, err error) {
	err = s.view("setting", func(tx *bbolt.Tx) error {
		v := tx.Bucket(settingsBucket).Get([]byte(name))
		if v == nil {
			return ErrNotFound
		}
		value = bytes.Clone(v)
		return nil
	})
	return value, err
}

// SetSetting stores value under name, which is not empty; a nil value forgets it.
func (s *Store) SetSetting(name string, value []byte) error {
	return s.update("setting", func(tx *bbolt.Tx) error {
		b := tx.Bucket(settingsBucket)
		if value == nil {
			return b.Delete([]byte(name))
		}
		return b.Put([]byte(name), value)
	})
}
