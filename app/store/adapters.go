package store

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"go.etcd.io/bbolt"
)

// Adapter is what a training made, or has made so far: files, and what they belong to.
type Adapter struct {
	Name     string
	Base     string          // fingerprint of the model that it changes
	Model    string          // what that model is called
	Settings json.RawMessage // of the training
	Losses   []Loss
	Note     string
	Job      json.RawMessage // all that the training needs to go on, as whoever trains writes it
	Report   json.RawMessage // what it found besides
	Finished bool
	Put      time.Time
	Files    []AdapterFile
}

// Loss is that of a step, on training and perhaps on validation.
type Loss struct {
	Step       int      `json:"step"`
	Loss       float64  `json:"loss"`
	Validation *float64 `json:"validation,omitempty"`
}

// AdapterFile is one file of an adapter.
type AdapterFile struct {
	Name   string `json:"name"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

type adapterRecord struct {
	Adapter
	Chunks uint64 // first part of the keys of the chunks
}

const (
	// batchBytes is how much one transaction writes: a large adapter is put in several, and gets its name in the last.
	batchBytes  = 8 << 20
	maxNameSize = 200
)

// PutAdapter stores the files of a folder under a's name, in the place of what it held before. A crash on the way leaves what was there.
func (s *Store) PutAdapter(a Adapter, folder string) error {
	if a.Name == "" || len(a.Name) > maxNameSize {
		return fmt.Errorf("store: put adapter: want a name of 1 to %d bytes, found %d", maxNameSize, len(a.Name))
	}
	var id uint64
	err := s.update("put adapter", func(tx *bbolt.Tx) (err error) {
		if err = sweepAdapters(tx); err == nil {
			id, err = tx.Bucket(adaptersBucket).NextSequence()
		}
		return err
	})
	if err != nil {
		return err
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		return fmt.Errorf("store: put adapter: %w", err)
	}
	a.Files = nil
	for i, e := range entries {
		f, err := s.putFile(id, i, filepath.Join(folder, e.Name()))
		if err != nil {
			return err
		}
		a.Files = append(a.Files, f)
	}
	a.Put = s.now().UTC()
	return s.update("put adapter", func(tx *bbolt.Tx) error {
		if err := put(tx.Bucket(adaptersBucket), []byte(a.Name), adapterRecord{a, id}); err != nil {
			return err
		}
		return sweepAdapters(tx)
	})
}

// putFile stores file number i of the chunks id.
func (s *Store) putFile(id uint64, i int, path string) (f AdapterFile, err error) {
	file, err := os.Open(path)
	if err != nil {
		return f, fmt.Errorf("store: put adapter: %w", err)
	}
	defer file.Close()
	f.Name = filepath.Base(path)
	sum, buffer := sha256.New(), make([]byte, batchBytes)
	for at := 0; ; at += batchBytes / chunkBytes {
		n, err := io.ReadFull(file, buffer)
		if n == 0 {
			if !errors.Is(err, io.EOF) {
				return f, fmt.Errorf("store: put adapter: %w", err)
			}
			break
		}
		sum.Write(buffer[:n])
		f.Bytes += int64(n)
		err = s.update("put adapter", func(tx *bbolt.Tx) error {
			for j := 0; j*chunkBytes < n; j++ {
				chunk := buffer[j*chunkBytes : min((j+1)*chunkBytes, n)]
				if err := tx.Bucket(adapterChunksBucket).Put(adapterKey(id, i, at+j), chunk); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return f, err
		}
	}
	f.SHA256 = hex.EncodeToString(sum.Sum(nil))
	return f, nil
}

func adapterKey(id uint64, file, chunk int) []byte {
	key := binary.BigEndian.AppendUint64(nil, id)
	return binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(key, uint32(file)), uint32(chunk))
}

// sweepAdapters removes the chunks that no adapter has: of one that was replaced or removed, or of a crash on the way.
func sweepAdapters(tx *bbolt.Tx) error {
	used := map[uint64]bool{}
	err := each(tx.Bucket(adaptersBucket), nil, func(_ []byte, r adapterRecord) error {
		used[r.Chunks] = true
		return nil
	})
	if err != nil {
		return err
	}
	c := tx.Bucket(adapterChunksBucket).Cursor()
	var gone [][]byte
	for k, _ := c.First(); k != nil; k, _ = c.Next() {
		if !used[binary.BigEndian.Uint64(k)] {
			gone = append(gone, slices.Clone(k))
		}
	}
	for _, k := range gone {
		if err := tx.Bucket(adapterChunksBucket).Delete(k); err != nil {
			return err
		}
	}
	return nil
}

// Adapter describes one adapter, or returns ErrNotFound.
func (s *Store) Adapter(name string) (a Adapter, err error) {
	var r adapterRecord
	err = s.view("adapter", func(tx *bbolt.Tx) error { return get(tx.Bucket(adaptersBucket), []byte(name), &r) })
	return r.Adapter, err
}

// ErrNameTaken is returned when an adapter should get the name of another.
var ErrNameTaken = errors.New("there is an adapter of that name already")

// KeepAdapter gives an adapter another name and note; chats that it answers go on with it.
func (s *Store) KeepAdapter(name, to, note string) error {
	if to == "" || len(to) > maxNameSize {
		return fmt.Errorf("store: keep adapter: want a name of 1 to %d bytes, found %d", maxNameSize, len(to))
	}
	return s.update("keep adapter", func(tx *bbolt.Tx) error {
		b := tx.Bucket(adaptersBucket)
		var r adapterRecord
		if err := get(b, []byte(name), &r); err != nil {
			return err
		}
		if to != name && b.Get([]byte(to)) != nil {
			return ErrNameTaken
		}
		if err := b.Delete([]byte(name)); err != nil {
			return err
		}
		r.Name, r.Note = to, note
		if err := put(b, []byte(to), r); err != nil {
			return err
		}
		return moveChats(tx, name, to)
	})
}

// SetReport replaces what a training found.
func (s *Store) SetReport(name string, report json.RawMessage) error {
	return s.update("report", func(tx *bbolt.Tx) error {
		var r adapterRecord
		if err := get(tx.Bucket(adaptersBucket), []byte(name), &r); err != nil {
			return err
		}
		r.Report = report
		return put(tx.Bucket(adaptersBucket), []byte(name), r)
	})
}

// Adapters lists them by name.
func (s *Store) Adapters() (list []Adapter, err error) {
	err = s.view("adapters", func(tx *bbolt.Tx) error {
		return each(tx.Bucket(adaptersBucket), nil, func(_ []byte, r adapterRecord) error {
			list = append(list, r.Adapter)
			return nil
		})
	})
	return list, err
}

// WriteAdapter writes an adapter's files into a folder, or returns ErrDamaged where they are not those that were put.
func (s *Store) WriteAdapter(name, folder string) (a Adapter, err error) {
	err = s.view("write adapter", func(tx *bbolt.Tx) error {
		var r adapterRecord
		if err := get(tx.Bucket(adaptersBucket), []byte(name), &r); err != nil {
			return err
		}
		a = r.Adapter
		for i, f := range r.Files {
			if err := writeFile(tx, r.Chunks, i, f, folder); err != nil {
				return fmt.Errorf("%q: %w", f.Name, err)
			}
		}
		return nil
	})
	return a, err
}

func writeFile(tx *bbolt.Tx, id uint64, i int, f AdapterFile, folder string) error {
	out, err := os.Create(filepath.Join(folder, filepath.Base(f.Name)))
	if err != nil {
		return err
	}
	defer out.Close()
	sum := sha256.New()
	for j := int64(0); j*chunkBytes < f.Bytes; j++ {
		chunk := tx.Bucket(adapterChunksBucket).Get(adapterKey(id, i, int(j)))
		sum.Write(chunk)
		if _, err := out.Write(chunk); err != nil {
			return err
		}
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != f.SHA256 {
		return fmt.Errorf("want bytes of hash %.8s, found %.8s: %w", f.SHA256, got, ErrDamaged)
	}
	return out.Close()
}

// DeleteAdapter removes an adapter for good. Chats that it answered go on with the model alone.
func (s *Store) DeleteAdapter(name string) error {
	return s.update("delete adapter", func(tx *bbolt.Tx) error {
		if tx.Bucket(adaptersBucket).Get([]byte(name)) == nil {
			return ErrNotFound
		}
		if err := tx.Bucket(adaptersBucket).Delete([]byte(name)); err != nil {
			return err
		}
		if err := moveChats(tx, name, ""); err != nil {
			return err
		}
		return sweepAdapters(tx)
	})
}

// moveChats lets chats that one adapter answers be answered by another.
func moveChats(tx *bbolt.Tx, from, to string) error {
	moved := map[string]chatRecord{}
	err := each(tx.Bucket(chatsBucket), nil, func(key []byte, c chatRecord) error {
		if c.Adapter == from && from != to {
			c.Adapter = to
			moved[string(key)] = c
		}
		return nil
	})
	for key, c := range moved {
		if err := put(tx.Bucket(chatsBucket), []byte(key), c); err != nil {
			return err
		}
	}
	return err
}
