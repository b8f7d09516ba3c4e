package store

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"time"

	"go.etcd.io/bbolt"
)

// chunkBytes is the size of a picture's chunks: small beside a picture, large beside a page.
const chunkBytes = 256 << 10

// Picture describes a stored picture.
type Picture struct {
	ID     string // SHA-256 of its bytes, hex
	Name   string // of the file it last came from, "" without one
	Type   string // media type
	Width  int
	Height int
	Bytes  int64
}

type pictureRecord struct {
	Name   string    `json:"name,omitempty"`
	Type   string    `json:"type"`
	Width  int       `json:"width"`
	Height int       `json:"height"`
	Bytes  int64     `json:"bytes"`
	Put    time.Time `json:"put"`
	Uses   int       `json:"uses"` // by messages, deleted ones too
}

func (r pictureRecord) picture(key []byte) Picture {
	return Picture{ID: hex.EncodeToString(key), Name: r.Name, Type: r.Type, Width: r.Width, Height: r.Height, Bytes: r.Bytes}
}

// PutPicture stores a picture's bytes once and returns it with its id. A known picture only takes the new name.
// Until a message uses it, Purge may remove it.
func (s *Store) PutPicture(p Picture, data []byte) (Picture, error) {
	sum := sha256.Sum256(data)
	key := sum[:]
	err := s.update("put picture", func(tx *bbolt.Tx) error {
		pictures, chunks := tx.Bucket(picturesBucket), tx.Bucket(chunksBucket)
		r := pictureRecord{Name: p.Name, Type: p.Type, Width: p.Width, Height: p.Height, Bytes: int64(len(data)), Put: s.now().UTC()}
		var old pictureRecord
		if v := pictures.Get(key); v != nil {
			if err := decode(key, v, &old); err != nil {
				return err
			}
			r.Uses = old.Uses
		} else {
			for i := 0; i*chunkBytes < len(data); i++ {
				chunk := data[i*chunkBytes : min((i+1)*chunkBytes, len(data))]
				if err := chunks.Put(chunkKey(key, i), chunk); err != nil {
					return err
				}
			}
		}
		p = r.picture(key)
		return put(pictures, key, r)
	})
	return p, err
}

// Picture describes one picture.
func (s *Store) Picture(id string) (p Picture, err error) {
	err = s.view("picture", func(tx *bbolt.Tx) error {
		key, r, err := getPicture(tx, id)
		p = r.picture(key)
		return err
	})
	return p, err
}

// PictureData returns the bytes of a picture, or ErrDamaged if they are not those that were put.
func (s *Store) PictureData(id string) (data []byte, err error) {
	err = s.view("picture data", func(tx *bbolt.Tx) error {
		key, r, err := getPicture(tx, id)
		if err != nil {
			return err
		}
		var parts [][]byte
		c := tx.Bucket(chunksBucket).Cursor()
		for k, v := c.Seek(key); bytes.HasPrefix(k, key); k, v = c.Next() {
			parts = append(parts, v)
		}
		data = bytes.Join(parts, nil)
		if sum := sha256.Sum256(data); !bytes.Equal(sum[:], key) {
			return fmt.Errorf("%q: want %d bytes of that hash, found %d of another: %w", id, r.Bytes, len(data), ErrDamaged)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return data, nil
}

// usePictures adds by to the count of uses of each picture.
func usePictures(tx *bbolt.Tx, used []Attachment, by int) error {
	for _, a := range used {
		key, r, err := getPicture(tx, a.Picture)
		if err != nil {
			return fmt.Errorf("picture %q: %w", a.Picture, err)
		}
		r.Uses += by
		if err := put(tx.Bucket(picturesBucket), key, r); err != nil {
			return err
		}
	}
	return nil
}

// purgePictures removes the pictures that no message uses and that were put before a time.
func purgePictures(tx *bbolt.Tx, before time.Time) error {
	var gone [][]byte
	err := each(tx.Bucket(picturesBucket), nil, func(key []byte, r pictureRecord) error {
		if r.Uses == 0 && r.Put.Before(before) {
			gone = append(gone, key)
		}
		return nil
	})
	if err != nil {
		return err
	}
	chunks := tx.Bucket(chunksBucket)
	for _, key := range gone {
		for i := 0; chunks.Get(chunkKey(key, i)) != nil; i++ {
			if err := chunks.Delete(chunkKey(key, i)); err != nil {
				return err
			}
		}
		if err := tx.Bucket(picturesBucket).Delete(key); err != nil {
			return err
		}
	}
	return nil
}

// getPicture returns the key and record of a picture. An id that is no hash is not found.
func getPicture(tx *bbolt.Tx, id string) (key []byte, r pictureRecord, err error) {
	key, err = hex.DecodeString(id)
	if err != nil || len(key) != sha256.Size || hex.EncodeToString(key) != id {
		return make([]byte, sha256.Size), r, ErrNotFound
	}
	return key, r, get(tx.Bucket(picturesBucket), key, &r)
}

func chunkKey(picture []byte, i int) []byte {
	return binary.BigEndian.AppendUint32(picture[:sha256.Size:sha256.Size], uint32(i))
}
