package image

import (
	"bytes"
	"context"
	"encoding/binary"
	"regexp"
)

// orientation is the EXIF tag's value, 1 to 8 (Exif 2.32, 4.6.4 A, tag 274): which corner the first stored pixel belongs in.
type orientation int

const normal orientation = 1

// turned reports whether width and height change places.
func (o orientation) turned() bool { return o >= 5 }

func (o orientation) size(s Size) Size {
	if o.turned() {
		return Size{s.Height, s.Width}
	}
	return s
}

// apply returns the upright picture.
func (o orientation) apply(ctx context.Context, p *Picture) (*Picture, error) {
	if o <= normal || o > 8 {
		return p, ctx.Err()
	}
	// Walking the upright picture in rows walks the stored one from a corner by two fixed steps.
	stride := 3 * p.Width
	right, bottom := stride-3, (p.Height-1)*stride
	walk := [...]struct{ start, dx, dy int }{
		2: {right, -3, stride},
		3: {bottom + right, -3, -stride},
		4: {bottom, 3, -stride},
		5: {0, stride, 3},
		6: {bottom, -stride, 3},
		7: {bottom + right, -stride, -3},
		8: {right, stride, -3},
	}[o]
	up := NewPicture(o.size(p.Size))
	err := eachRow(ctx, up.Height, func(y int) {
		from := walk.start + y*walk.dy
		row := up.row(y)
		for i := 0; i < len(row); i += 3 {
			copy(row[i:i+3], p.Pix[from:from+3])
			from += walk.dx
		}
	})
	return up, err
}

func upright([]byte) orientation { return normal }

// metadata is where a file may say its orientation. As in Pillow, EXIF wins over XMP.
type metadata struct {
	exif, xmp []byte
}

func (m metadata) orientation() orientation {
	if o := exifOrientation(m.exif); o != 0 {
		return o
	}
	if found := xmpTag.FindSubmatch(m.xmp); found != nil {
		return valid(uint32(found[1][0] - '0'))
	}
	return normal
}

var xmpTag = regexp.MustCompile(`tiff:Orientation(?:="|>)([0-9])`)

func valid(v uint32) orientation {
	if v >= 1 && v <= 8 {
		return orientation(v)
	}
	return normal
}

// exifOrientation reads the tag from the first directory of an EXIF block, which is a TIFF file. It is 0 when there is none.
func exifOrientation(b []byte) orientation {
	for bytes.HasPrefix(b, []byte("Exif\x00\x00")) {
		b = b[6:]
	}
	if len(b) < 8 {
		return 0
	}
	var order binary.ByteOrder = binary.LittleEndian
	switch string(b[:4]) {
	case "II*\x00":
	case "MM\x00*":
		order = binary.BigEndian
	default:
		return 0
	}
	at := uint64(order.Uint32(b[4:]))
	if at+2 > uint64(len(b)) {
		return 0
	}
	const tag, short, long, entrySize = 274, 3, 4, 12
	count := int(order.Uint16(b[at:]))
	entries := b[at+2:]
	for i := 0; i < count && (i+1)*entrySize <= len(entries); i++ {
		e := entries[i*entrySize:]
		if order.Uint16(e) != tag || order.Uint32(e[4:]) != 1 {
			continue
		}
		switch order.Uint16(e[2:]) {
		case short:
			return valid(uint32(order.Uint16(e[8:])))
		case long:
			return valid(order.Uint32(e[8:]))
		}
	}
	return 0
}

func tiffOrientation(data []byte) orientation { return metadata{exif: data}.orientation() }

// jpegOrientation walks the segments before the first scan.
func jpegOrientation(data []byte) orientation {
	const app1, startOfScan = 0xe1, 0xda
	var m metadata
	for at := 2; at+4 <= len(data) && data[at] == 0xff; {
		marker, size := data[at+1], int(binary.BigEndian.Uint16(data[at+2:]))
		if marker == 0xff { // a fill byte
			at++
			continue
		}
		if marker == startOfScan || size < 2 || at+2+size > len(data) {
			break
		}
		body := data[at+4 : at+2+size]
		if marker == app1 && m.exif == nil && bytes.HasPrefix(body, []byte("Exif\x00\x00")) {
			m.exif = body
		}
		if xmp, ok := bytes.CutPrefix(body, []byte("http://ns.adobe.com/xap/1.0/\x00")); ok && marker == app1 {
			m.xmp = xmp
		}
		at += 2 + size
	}
	return m.orientation()
}

// pngOrientation walks all chunks: eXIf may also follow the pixels.
func pngOrientation(data []byte) orientation {
	var m metadata
	for at := 8; at+12 <= len(data); {
		size := uint64(binary.BigEndian.Uint32(data[at:]))
		if uint64(at)+12+size > uint64(len(data)) {
			break
		}
		body := data[at+8 : at+8+int(size)]
		switch string(data[at+4 : at+8]) {
		case "eXIf":
			m.exif = body
		case "iTXt":
			if bytes.HasPrefix(body, []byte("XML:com.adobe.xmp\x00")) {
				m.xmp = body
			}
		}
		at += 12 + int(size)
	}
	return m.orientation()
}

func webpOrientation(data []byte) orientation {
	return metadata{exif: riffChunk(data, "EXIF"), xmp: riffChunk(data, "XMP ")}.orientation()
}

// riffChunk returns the body of the first chunk with this name, or nil. Chunks are padded to even sizes.
func riffChunk(data []byte, name string) []byte {
	for at := 12; at+8 <= len(data); {
		size := uint64(binary.LittleEndian.Uint32(data[at+4:]))
		if uint64(at)+8+size > uint64(len(data)) {
			return nil
		}
		if string(data[at:at+4]) == name {
			return data[at+8 : at+8+int(size)]
		}
		at += 8 + int(size+size&1)
	}
	return nil
}
