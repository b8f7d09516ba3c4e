package store

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
)

// The layout of a bbolt file, version 2, little-endian: go.etcd.io/bbolt/internal/common.
const (
	pageHeader  = 16 // id u64, flags u16, count u16, overflow u32
	elementSize = 16 // branch: pos u32, ksize u32, page u64; leaf: flags u32, pos u32, ksize u32, vsize u32
	metaSize    = 64 // magic, version, page size, flags u32; root, sequence, freelist, page count, txid, checksum u64

	branchFlag   = 0x01
	leafFlag     = 0x02
	freelistFlag = 0x10
	bucketFlag   = 0x01 // of a leaf's element

	metaMagic   = 0xED0CDAED
	metaVersion = 2
	noFreelist  = 1<<64 - 1

	minPageSize, maxPageSize = 1 << 10, 1 << 24
	maxDepth                 = 32 // of pages from the root; bbolt's trees of a terabyte have about 5
)

var little = binary.LittleEndian

// checkPages checks that bbolt can read a file without leaving it: bbolt trusts its pages, and damaged ones can end the
// process. That every page in use lies inside the file, has one owner and holds its elements is checked here, the order
// of keys and the list of free pages by bbolt's own Check afterwards.
func checkPages(data []byte) error {
	m, err := newestMeta(data)
	if err != nil {
		return err
	}
	f := &pages{data: data, meta: m}
	if m.pages < 2 || m.pages > uint64(len(data))/m.pageSize {
		return fmt.Errorf("want %d pages of %d bytes, found %d bytes", m.pages, m.pageSize, len(data))
	}
	f.owned = make([]bool, m.pages)
	f.owned[0], f.owned[1] = true, true
	if err := f.tree(m.root, true, 0); err != nil {
		return err
	}
	return f.freelist()
}

type meta struct {
	pageSize, root, freelist, pages, txid uint64
}

// newestMeta returns the valid one of the two meta pages, or the later of two.
func newestMeta(data []byte) (newest meta, err error) {
	at := []uint64{0}
	for size := uint64(minPageSize); size <= maxPageSize; size *= 2 {
		at = append(at, size)
	}
	err = errors.New("want a meta page, found none that is whole")
	for _, start := range at {
		if uint64(len(data)) < start+pageHeader+metaSize {
			break
		}
		m, ok := parseMeta(data[start+pageHeader:][:metaSize])
		if !ok || start != 0 && m.pageSize != start || err == nil && m.txid < newest.txid {
			continue
		}
		newest, err = m, nil
	}
	return newest, err
}

func parseMeta(b []byte) (m meta, ok bool) {
	sum := fnv.New64a()
	sum.Write(b[:56])
	m = meta{
		pageSize: uint64(little.Uint32(b[8:])), root: little.Uint64(b[16:]), freelist: little.Uint64(b[32:]),
		pages: little.Uint64(b[40:]), txid: little.Uint64(b[48:]),
	}
	ok = little.Uint32(b) == metaMagic && little.Uint32(b[4:]) == metaVersion && little.Uint64(b[56:]) == sum.Sum64() &&
		m.pageSize >= minPageSize && m.pageSize <= maxPageSize && m.pageSize&(m.pageSize-1) == 0
	return m, ok
}

// pages is a file whose meta page is known.
type pages struct {
	data []byte
	meta
	owned []bool
}

// page takes possession of a page and those it flows over to, and returns their bytes.
func (f *pages) page(id uint64) ([]byte, error) {
	if id < 2 || id >= f.pages {
		return nil, fmt.Errorf("page %d: want one of %d", id, f.pages)
	}
	p := f.data[id*f.pageSize:]
	last := id + uint64(little.Uint32(p[12:]))
	if little.Uint64(p) != id || last >= f.pages {
		return nil, fmt.Errorf("page %d: want its own header, found that of %d, to %d of %d", id, little.Uint64(p), last, f.pages)
	}
	for i := id; i <= last; i++ {
		if f.owned[i] {
			return nil, fmt.Errorf("page %d: want one owner, found two", i)
		}
		f.owned[i] = true
	}
	return p[:(last-id+1)*f.pageSize], nil
}

// tree checks a page and all below it. Only the top tree holds buckets.
func (f *pages) tree(id uint64, top bool, depth int) error {
	p, err := f.page(id)
	if err != nil {
		return err
	}
	if depth > maxDepth {
		return fmt.Errorf("page %d: want at most %d above it", id, maxDepth)
	}
	switch flags := little.Uint16(p[8:]); flags {
	case leafFlag:
		err = f.leaf(p, top)
	case branchFlag:
		err = f.branch(p, top, depth)
	default:
		err = fmt.Errorf("want a branch or a leaf, found flags %#x", flags)
	}
	if err != nil {
		return fmt.Errorf("page %d: %w", id, err)
	}
	return nil
}

func (f *pages) branch(p []byte, top bool, depth int) error {
	if little.Uint16(p[10:]) == 0 {
		return errors.New("want a branch with elements, found none")
	}
	var last []byte
	return eachElement(p, func(i int, e []byte) error {
		key, err := part(e, little.Uint32(e), little.Uint32(e[4:]))
		if err != nil {
			return err
		}
		if i > 0 && bytes.Compare(last, key) >= 0 {
			return fmt.Errorf("element %d: want a key after %x, found %x", i, last, key)
		}
		last = key
		return f.tree(little.Uint64(e[8:]), top, depth+1)
	})
}

func (f *pages) leaf(p []byte, top bool) error {
	var last []byte
	return eachElement(p, func(i int, e []byte) error {
		flags, pos, keySize, valueSize := little.Uint32(e), little.Uint32(e[4:]), little.Uint32(e[8:]), little.Uint32(e[12:])
		key, err := part(e, pos, keySize)
		if err != nil {
			return err
		}
		if bytes.Compare(last, key) >= 0 {
			return fmt.Errorf("element %d: want a key after %x, found %x", i, last, key)
		}
		last = key
		value, err := part(e[pos:], keySize, valueSize)
		if err != nil {
			return err
		}
		switch {
		case flags == 0 && !top:
			return nil
		case flags == bucketFlag && top:
			return f.bucket(value)
		}
		return fmt.Errorf("element %d: want buckets at the top and values in them, found flags %#x", i, flags)
	})
}

// bucket checks a bucket by its header: root page u64, sequence u64. A small one has its only leaf behind that.
func (f *pages) bucket(header []byte) error {
	if len(header) < 16 {
		return fmt.Errorf("want a bucket's header, found %d bytes", len(header))
	}
	if root := little.Uint64(header); root != 0 {
		return f.tree(root, false, 0)
	}
	inline := header[16:]
	if len(inline) < pageHeader || little.Uint16(inline[8:]) != leafFlag {
		return fmt.Errorf("want a bucket's leaf, found %d other bytes", len(inline))
	}
	return f.leaf(inline, false)
}

// freelist checks the page that lists the free pages.
func (f *pages) freelist() error {
	if f.meta.freelist == noFreelist {
		return nil
	}
	p, err := f.page(f.meta.freelist)
	if err != nil {
		return err
	}
	if flags := little.Uint16(p[8:]); flags != freelistFlag {
		return fmt.Errorf("page %d: want the list of free pages, found flags %#x", f.meta.freelist, flags)
	}
	ids, count := p[pageHeader:], uint64(little.Uint16(p[10:]))
	if count == 0xFFFF { // the number did not fit the header: it comes first
		count, ids = little.Uint64(ids), ids[8:]
	}
	if count > uint64(len(ids))/8 {
		return fmt.Errorf("page %d: want at most %d free pages, found %d", f.meta.freelist, len(ids)/8, count)
	}
	for b := range slices.Chunk(ids[:count*8], 8) {
		id := little.Uint64(b)
		if id < 2 || id >= f.pages || f.owned[id] {
			return fmt.Errorf("page %d: want it free, found it in use or outside", id)
		}
		f.owned[id] = true
	}
	return nil
}

// eachElement calls fn with the elements of a page, each with all bytes from its beginning on.
func eachElement(p []byte, fn func(i int, e []byte) error) error {
	count := int(little.Uint16(p[10:]))
	if len(p) < pageHeader+count*elementSize {
		return fmt.Errorf("want %d elements, found %d bytes", count, len(p))
	}
	for i := range count {
		if err := fn(i, p[pageHeader+i*elementSize:]); err != nil {
			return err
		}
	}
	return nil
}

// part returns the size bytes at pos of b, or an error if b ends before.
func part(b []byte, pos, size uint32) ([]byte, error) {
	if uint64(pos)+uint64(size) > uint64(len(b)) {
		return nil, fmt.Errorf("want %d bytes at %d, found %d", size, pos, len(b))
	}
	return b[pos:][:size], nil
}
