package dataset

import (
	"encoding/binary"
	"errors"
)

// The types of Thrift's compact protocol, by which parquet files describe themselves:
// https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
const (
	thriftStop = iota
	thriftTrue
	thriftFalse
	thriftByte
	thriftI16
	thriftI32
	thriftI64
	thriftDouble
	thriftBinary
	thriftList
	thriftSet
	thriftMap
	thriftStruct
)

// maxThriftDepth is deeper than parquet's own structures go.
const maxThriftDepth = 16

var errThrift = errors.New("want Thrift, found damaged or hostile bytes")

// thriftWalker goes over a Thrift structure without allocating. The library takes memory for as many elements as a list claims, which a file
// of a few bytes can say to be billions; what the walker has passed claims no more than is there.
type thriftWalker struct {
	data []byte
	at   int
	bad  bool
}

// thriftStructure is how many bytes the structure at the beginning of data has, or errThrift.
func thriftStructure(data []byte) (int, error) {
	w := &thriftWalker{data: data}
	w.structure(0)
	if w.bad {
		return 0, errThrift
	}
	return w.at, nil
}

func (w *thriftWalker) skip(n uint64) {
	if n > uint64(len(w.data)-w.at) {
		w.bad, w.at = true, len(w.data)
		return
	}
	w.at += int(n)
}

func (w *thriftWalker) next() byte {
	if w.at == len(w.data) {
		w.bad = true
		return thriftStop
	}
	w.at++
	return w.data[w.at-1]
}

func (w *thriftWalker) varint() uint64 {
	v, n := binary.Uvarint(w.data[w.at:])
	if n <= 0 {
		w.bad, w.at = true, len(w.data)
		return 0
	}
	w.at += n
	return v
}

func (w *thriftWalker) structure(depth int) {
	for !w.bad {
		head := w.next()
		if head&15 == thriftStop {
			return
		}
		if head>>4 == 0 { // a field's number in full, rather than its distance from the last
			w.varint()
		}
		if t := head & 15; t != thriftTrue && t != thriftFalse { // which are the value, too
			w.value(t, depth+1)
		}
	}
}

func (w *thriftWalker) value(t byte, depth int) {
	if depth > maxThriftDepth {
		w.bad = true
	}
	if w.bad {
		return
	}
	switch t {
	case thriftTrue, thriftFalse, thriftByte:
		w.skip(1)
	case thriftI16, thriftI32, thriftI64:
		w.varint()
	case thriftDouble:
		w.skip(8)
	case thriftBinary:
		w.skip(w.varint())
	case thriftList, thriftSet:
		head := w.next()
		n := uint64(head >> 4)
		if n == 15 {
			n = w.varint()
		}
		w.elements(n, depth, head&15)
	case thriftMap:
		if n := w.varint(); n > 0 {
			types := w.next()
			w.elements(n, depth, types>>4, types&15)
		}
	case thriftStruct:
		w.structure(depth)
	default:
		w.bad = true
	}
}

// elements goes over n values, or pairs of them. Each takes a byte at least.
func (w *thriftWalker) elements(n uint64, depth int, types ...byte) {
	if n > uint64(len(w.data)-w.at) {
		w.bad = true
	}
	for i := uint64(0); i < n && !w.bad; i++ {
		for _, t := range types {
			w.value(t, depth+1)
		}
	}
}
