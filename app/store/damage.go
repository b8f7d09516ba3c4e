package store

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// lockWait is how long to wait for a program other than Sightglass that holds the database file.
const lockWait = 100 * time.Millisecond

// openSound opens the database, new where there is none, and reads through it. It returns ErrDamaged if the file cannot
// be trusted.
func openSound(path string, steps []migration) (*bbolt.DB, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist), err == nil && info.Mode().IsRegular() && info.Size() == 0:
		err = create(path, steps)
	case err == nil && !info.Mode().IsRegular():
		err = fmt.Errorf("store: open: %q: want a regular file, found %v", path, info.Mode())
	case err == nil:
		err = findDamage(path, info.Size())
	default:
		err = wrap("open", err)
	}
	if err != nil {
		return nil, err
	}
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: lockWait, FreelistType: bbolt.FreelistMapType})
	if errors.Is(err, bolterrors.ErrTimeout) {
		err = ErrInUse
	}
	if err != nil {
		return nil, wrap("open", err)
	}
	err = db.View(func(tx *bbolt.Tx) error { return check(tx, uint64(len(steps))) })
	if err == nil {
		return db, nil
	}
	db.Close()
	if errors.Is(err, ErrNewer) {
		return nil, wrap("open", err)
	}
	return nil, fmt.Errorf("store: open: %q: %w: %w", path, ErrDamaged, err)
}

// findDamage checks the pages of the file, which has some. It returns ErrDamaged, or why it could not look.
func findDamage(path string, size int64) error {
	f, err := os.Open(path)
	if err != nil {
		return wrap("open", err)
	}
	defer f.Close()
	// Another program's writes would look like damage.
	if err := flock(f); err != nil {
		return wrap("open", err)
	}
	data, err := syscall.Mmap(int(f.Fd()), 0, int(size), syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil {
		return wrap("open", err)
	}
	defer syscall.Munmap(data)
	if err := checkPages(data); err != nil {
		return fmt.Errorf("store: open: %q: %w: %w", path, ErrDamaged, err)
	}
	return nil
}

// check checks the rules of bbolt and of the records.
func check(tx *bbolt.Tx, schema uint64) error {
	var found []error
	for err := range tx.Check() {
		found = append(found, err)
	}
	if len(found) > 0 {
		return errors.Join(found...)
	}
	if err := checkSchema(tx, schema); err != nil {
		return err
	}
	return tx.ForEach(func(name []byte, b *bbolt.Bucket) error {
		if !isRecord(name) {
			return nil
		}
		return b.ForEach(func(k, v []byte) error {
			if !json.Valid(v) {
				return fmt.Errorf("bucket %q: want JSON at key %x, found %d other bytes", name, k, len(v))
			}
			return nil
		})
	})
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
