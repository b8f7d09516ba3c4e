// Package store keeps chats, messages, pictures and settings in one bbolt file inside the data folder.
//
// A chat holds messages, a message uses pictures, and a picture is stored once by the SHA-256 of its bytes with the count
// of messages' uses, its bytes cut into chunks. Every method that changes something is one transaction: when it returns
// nil the change is on the disk, when it returns an error nothing changed. Deleting only marks; Purge removes for good.
// What an answer means, and what a picture shows, is left to the layers above.
package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"go.etcd.io/bbolt"
)

var (
	// ErrInUse is returned when another process, or another Store of this one, has the data folder open.
	ErrInUse = errors.New("the data folder is in use by another Sightglass")
	// ErrNewer is returned when a later version of Sightglass wrote the file.
	ErrNewer = errors.New("the data was written by a newer Sightglass")
	// ErrNotFound is returned when there is no such chat, message, picture or setting, or it is deleted.
	ErrNotFound = errors.New("not found")
	// ErrDiskFull is returned when there is no room for a change, which was then not made.
	ErrDiskFull = errors.New("the disk is full")
	// ErrDamaged is returned when stored bytes are not what was put there.
	ErrDamaged = errors.New("stored data is damaged")
)

const (
	fileName = "sightglass.db"
	lockName = "sightglass.lock"
)

// Store is an open data folder. It is safe for concurrent use.
type Store struct {
	folder   string
	swap     sync.RWMutex // held while Erase puts another file in the place of db
	db       *bbolt.DB
	lock     *os.File
	setAside string
	now      func() time.Time
}

// Open opens the store in folder, which it makes where missing. A damaged file is renamed, never overwritten, and a fresh
// one takes its place: SetAside then names it. Errors: ErrInUse, ErrNewer, ErrDiskFull and those of the file system.
func Open(folder string) (*Store, error) {
	return open(folder, migrations)
}

func open(folder string, steps []migration) (_ *Store, err error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, wrap("open", err)
	}
	lock, err := lockFolder(folder)
	if err != nil {
		return nil, err
	}
	s := &Store{folder: folder, lock: lock, now: time.Now}
	defer func() {
		if err != nil {
			s.Close()
		}
	}()
	path := filepath.Join(folder, fileName)
	s.db, err = openSound(path, steps)
	if errors.Is(err, ErrDamaged) {
		if s.setAside, err = setAside(path); err != nil {
			return nil, err
		}
		s.db, err = openSound(path, steps)
	}
	if err != nil {
		return nil, err
	}
	if err := migrate(s.db, steps); err != nil {
		return nil, err
	}
	return s, nil
}

// create makes an empty database. It gets its name once it is whole, so that no crash leaves a part of one.
func create(path string, steps []migration) (err error) {
	part := path + ".new"
	if err := os.Remove(part); err != nil && !errors.Is(err, os.ErrNotExist) {
		return wrap("create", err)
	}
	defer func() {
		if err != nil {
			os.Remove(part)
		}
	}()
	db, err := bbolt.Open(part, 0o600, nil)
	if err != nil {
		return wrap("create", err)
	}
	if err := errors.Join(migrate(db, steps), db.Close()); err != nil {
		return err
	}
	if err := os.Rename(part, path); err != nil {
		return wrap("create", err)
	}
	return syncFolder(filepath.Dir(path))
}

// Close closes the file and gives up the folder's lock. It waits for transactions that still run.
func (s *Store) Close() error {
	var err error
	if s.db != nil {
		err = s.db.Close()
	}
	return errors.Join(err, s.lock.Close())
}

// SetAside is the path that the damaged file was renamed to by Open, or "" if it was sound.
func (s *Store) SetAside() string { return s.setAside }

// lockFolder takes the folder's lock, which the system gives back when the process ends, however it ends.
// The lock is a file of its own because the database file may be renamed under it.
func lockFolder(folder string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(folder, lockName), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, wrap("open", err)
	}
	if err := flock(f); err != nil {
		f.Close()
		return nil, fmt.Errorf("store: open: %q: %w", folder, err)
	}
	return f, nil
}

// flock locks a file for this descriptor alone, or returns ErrInUse.
func flock(f *os.File) error {
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return ErrInUse
	}
	return err
}

// syncFolder makes the names in folder durable.
func syncFolder(folder string) error {
	d, err := os.Open(folder)
	if err != nil {
		return wrap("open", err)
	}
	defer d.Close()
	return wrap("open", d.Sync())
}

func (s *Store) view(what string, fn func(tx *bbolt.Tx) error) error {
	s.swap.RLock()
	defer s.swap.RUnlock()
	return wrap(what, s.db.View(fn))
}

func (s *Store) update(what string, fn func(tx *bbolt.Tx) error) error {
	s.swap.RLock()
	defer s.swap.RUnlock()
	return wrap(what, s.db.Update(fn))
}

// wrap gives an error its context, and the sentinel that it stands for.
func wrap(what string, err error) error {
	switch {
	case err == nil:
		return nil
	case isFull(err):
		return fmt.Errorf("store: %s: %w: %w", what, ErrDiskFull, err)
	}
	return fmt.Errorf("store: %s: %w", what, err)
}

// isFull says whether err means that there is no room: on the disk, in the quota, under the limit of a file's size.
// bbolt keeps only the text of a cause when it grows its file.
func isFull(err error) bool {
	for _, full := range []error{syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG} {
		if errors.Is(err, full) || strings.HasSuffix(err.Error(), full.Error()) {
			return true
		}
	}
	return false
}
