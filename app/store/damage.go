package store

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"syscall"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// lockWait is how long to wait for a program other than Sightglass that holds the database file.
const lockWait = 100 * time.Millisecond

// openSound opens the database and reads through all of it. It returns ErrDamaged if the file cannot be trusted.
func openSound(path string, schema uint64) (*bbolt.DB, error) {
	if info, err := os.Stat(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, wrap("open", err)
	} else if err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("store: open: %q: want a regular file, found %s", path, info.Mode().Type())
	}
	db, err := openGuarded(path, schema)
	var system syscall.Errno
	switch {
	case err == nil:
		return db, nil
	case errors.Is(err, bolterrors.ErrTimeout):
		return nil, fmt.Errorf("store: open: %q: %w", path, ErrInUse)
	case errors.Is(err, ErrNewer), errors.As(err, &system):
		return nil, wrap("open", err)
	}
	return nil, fmt.Errorf("store: open: %q: %w: %w", path, ErrDamaged, err)
}

// openGuarded opens and checks the file. bbolt trusts its pages: wrong ones make it panic or fault, here an error.
func openGuarded(path string, schema uint64) (db *bbolt.DB, err error) {
	var file *os.File
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("check: %v", p)
		}
		// After a panic bbolt cannot close itself; the descriptor is what holds its lock.
		if err != nil {
			db = nil
			if file != nil {
				file.Close()
			}
		}
	}()
	db, err = bbolt.Open(path, 0o600, &bbolt.Options{
		Timeout:      lockWait,
		FreelistType: bbolt.FreelistMapType,
		OpenFile: func(name string, flag int, mode os.FileMode) (*os.File, error) {
			f, err := os.OpenFile(name, flag, mode)
			file = f
			return f, err
		},
	})
	if err != nil {
		return nil, err
	}
	return db, db.View(func(tx *bbolt.Tx) error { return check(tx, schema) })
}

// check reads every page: first in this goroutine, where a fault can be caught, then by bbolt's own rules.
func check(tx *bbolt.Tx, schema uint64) error {
	info, err := os.Stat(tx.DB().Path())
	if err != nil {
		return err
	}
	if info.Size() < tx.Size() {
		return fmt.Errorf("check: want at least %d bytes, found %d", tx.Size(), info.Size())
	}
	var touched byte
	err = tx.ForEach(func(name []byte, b *bbolt.Bucket) error {
		return b.ForEach(func(k, v []byte) error {
			if v == nil {
				return fmt.Errorf("check: bucket %q: want a value at key %x, found a bucket", name, k)
			}
			if isRecord(name) && !json.Valid(v) {
				return fmt.Errorf("check: bucket %q: want JSON at key %x, found %d other bytes", name, k, len(v))
			}
			touched += k[len(k)-1]
			if len(v) > 0 {
				touched += v[len(v)-1]
			}
			return nil
		})
	})
	runtime.KeepAlive(touched)
	if err != nil {
		return err
	}
	var found []error
	for err := range tx.Check() {
		found = append(found, err)
	}
	if len(found) > 0 {
		return errors.Join(found...)
	}
	return checkSchema(tx, schema)
}

// isRecord says whether a bucket's values are JSON.
func isRecord(bucket []byte) bool {
	return bytes.Equal(bucket, chatsBucket) || bytes.Equal(bucket, messagesBucket) || bytes.Equal(bucket, picturesBucket)
}

// setAside renames a damaged file to the first free name beside it.
func setAside(path string) (string, error) {
	for n := 1; ; n++ {
		to := fmt.Sprintf("%s.damaged-%d", path, n)
		if _, err := os.Lstat(to); err == nil {
			continue
		} else if !errors.Is(err, os.ErrNotExist) {
			return "", wrap("set aside", err)
		}
		if err := os.Rename(path, to); err != nil {
			return "", wrap("set aside", err)
		}
		return to, syncFolder(filepath.Dir(path))
	}
}
