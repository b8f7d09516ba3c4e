package image

import (
	"bytes"
	"slices"
)

func magic(prefixes ...string) func([]byte) bool {
	return func(data []byte) bool {
		return slices.ContainsFunc(prefixes, func(p string) bool { return bytes.HasPrefix(data, []byte(p)) })
	}
}

func riffOf(form string) func([]byte) bool {
	return func(data []byte) bool {
		return len(data) >= 12 && string(data[:4]) == "RIFF" && string(data[8:12]) == form
	}
}

// fileTypeBox tells the brand of an ISO base media file (ISO/IEC 14496-12), whose first box is "ftyp".
func fileTypeBox(brands ...string) func([]byte) bool {
	return func(data []byte) bool {
		return len(data) >= 12 && string(data[4:8]) == "ftyp" && slices.Contains(brands, string(data[8:12]))
	}
}

func isSVG(data []byte) bool {
	head := bytes.ToLower(data[:min(len(data), 1024)])
	return bytes.HasPrefix(bytes.TrimLeft(head, "\xef\xbb\xbf \t\r\n"), []byte("<")) && bytes.Contains(head, []byte("<svg"))
}

// foreignFormat names the formats people try that have no decoder here, or returns "".
func foreignFormat(data []byte) string {
	foreign := []struct {
		name string
		is   func([]byte) bool
	}{
		{"a HEIC picture", fileTypeBox("heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1")},
		{"an AVIF picture", fileTypeBox("avif", "avis")},
		{"a video", fileTypeBox("isom", "iso2", "mp41", "mp42", "qt  ", "M4V ")},
		{"an SVG drawing", isSVG},
		{"a PDF document", magic("%PDF-")},
		{"a JPEG XL picture", magic("\xff\x0a", "\x00\x00\x00\x0cJXL ")},
		{"a JPEG 2000 picture", magic("\x00\x00\x00\x0cjP  ", "\xff\x4f\xff\x51")},
		{"a Photoshop document", magic("8BPS")},
		{"an icon file", magic("\x00\x00\x01\x00", "icns")},
		{"a big TIFF picture", magic("II+\x00", "MM\x00+")},
		{"a PostScript document", magic("%!PS")},
	}
	for _, f := range foreign {
		if f.is(data) {
			return f.name
		}
	}
	return ""
}
