package store

import (
	"encoding/binary"
	"encoding/json"
	"fmt"

	"go.etcd.io/bbolt"
)

// The buckets. Keys are big-endian, so that their order is the order of creation.
var (
	metaBucket     = []byte("meta")     // schemaKey -> number of migrations done, 8 bytes
	settingsBucket = []byte("settings") // name -> value
	chatsBucket    = []byte("chats")    // chat, 8 bytes -> chatRecord
	messagesBucket = []byte("messages") // chat, 8 bytes; message, 8 bytes -> messageRecord
	picturesBucket = []byte("pictures") // SHA-256, 32 bytes -> pictureRecord
	chunksBucket   = []byte("chunks")   // SHA-256, 32 bytes; index, 4 bytes -> bytes

	adaptersBucket      = []byte("adapters")       // name -> adapterRecord
	adapterChunksBucket = []byte("adapter chunks") // adapterRecord.Chunks, 8 bytes; file, 4 bytes; index, 4 bytes -> bytes

	draftsBucket = []byte("drafts") // chat, 8 bytes, 0 for one that is not made yet -> draftRecord

	// buckets are those that each schema adds.
	buckets = [][][]byte{
		{settingsBucket, chatsBucket, messagesBucket, picturesBucket, chunksBucket},
		{adaptersBucket, adapterChunksBucket},
		{draftsBucket},
	}

	schemaKey = []byte("schema")
)

// A migration takes the file from one schema version to the next.
type migration func(tx *bbolt.Tx) error

// migrations holds them in order, so the schema version is their count. They are never edited or removed, only added.
var migrations = []migration{
	createBuckets(0),
	createBuckets(1),
	createBuckets(2),
}

// createBuckets makes those of a step.
func createBuckets(step int) migration {
	return func(tx *bbolt.Tx) error {
		for _, name := range buckets[step] {
			if _, err := tx.CreateBucket(name); err != nil {
				return fmt.Errorf("bucket %q: %w", name, err)
			}
		}
		return nil
	}
}

// migrate does the steps that the file has not seen, all in one transaction.
func migrate(db *bbolt.DB, steps []migration) error {
	return wrap("migrate", db.Update(func(tx *bbolt.Tx) error {
		version, err := schemaVersion(tx)
		if err != nil || version >= uint64(len(steps)) {
			return err
		}
		for i, step := range steps[version:] {
			if err := step(tx); err != nil {
				return fmt.Errorf("to schema %d: %w", version+uint64(i)+1, err)
			}
		}
		meta, err := tx.CreateBucketIfNotExists(metaBucket)
		if err != nil {
			return err
		}
		return meta.Put(schemaKey, binary.BigEndian.AppendUint64(nil, uint64(len(steps))))
	}))
}

// schemaVersion is 0 for a file without buckets.
func schemaVersion(tx *bbolt.Tx) (uint64, error) {
	meta := tx.Bucket(metaBucket)
	if meta == nil {
		return 0, nil
	}
	v := meta.Get(schemaKey)
	if len(v) != 8 {
		return 0, fmt.Errorf("schema version: want 8 bytes, found %d", len(v))
	}
	return binary.BigEndian.Uint64(v), nil
}

// checkSchema returns ErrNewer for a file of a later schema than the one wanted, and an error where the file's own schema
// is not what it says.
func checkSchema(tx *bbolt.Tx, want uint64) error {
	found, err := schemaVersion(tx)
	if err != nil {
		return err
	}
	if found > want {
		return fmt.Errorf("want schema %d or less, found %d: %w", want, found, ErrNewer)
	}
	for step, names := range buckets[:min(want, uint64(len(buckets)))] {
		for _, name := range names {
			if has := tx.Bucket(name) != nil; has != (found > uint64(step)) {
				return fmt.Errorf("bucket %q: want it in schema %d and later only, found schema %d", name, step+1, found)
			}
		}
	}
	return nil
}

// get decodes the record at key, or returns ErrNotFound.
func get(b *bbolt.Bucket, key []byte, record any) error {
	v := b.Get(key)
	if v == nil {
		return ErrNotFound
	}
	return decode(key, v, record)
}

func decode(key, value []byte, record any) error {
	if err := json.Unmarshal(value, record); err != nil {
		return fmt.Errorf("record %x: %w: %w", key, ErrDamaged, err)
	}
	return nil
}

func put(b *bbolt.Bucket, key []byte, record any) error {
	v, err := json.Marshal(record)
	if err != nil {
		return err
	}
	return b.Put(key, v)
}
