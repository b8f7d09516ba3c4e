package dataset

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

const (
	// maxFooter is the largest description of a parquet file that is read, in bytes. Hugging Face's have some kilobytes.
	maxFooter = 16 << 20
	// maxPageHeader is the same of a page; it may hold the smallest and the largest value of the page.
	maxPageHeader = 1 << 20
	// maxUnpacked is the most that is written of one data set, in bytes.
	maxUnpacked = 64 << 30
)

// parquetEnd ends the names of parquet files.
const parquetEnd = ".parquet"

// apart begin the names of files that are kept for validation: Hugging Face names a file for its split.
var apart = []string{"validation", "val", "test", "dev"}

// PackedFiles are the parquet files of a data set, to be unpacked before it is read: path itself, or those that lie in a folder or in the
// folder "data" in it, where that holds no table of another kind. A path without any has none.
func PackedFiles(path string) []string {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil
	case !info.IsDir() && strings.EqualFold(filepath.Ext(path), parquetEnd):
		return []string{path}
	case !info.IsDir() || firstOf(path, trainFiles) != "":
		return nil
	}
	var files []string
	for _, pattern := range []string{"*", "data/*"} {
		found, _ := filepath.Glob(filepath.Join(escapeGlob(path), pattern+parquetEnd))
		files = append(files, found...)
	}
	return files
}

func escapeGlob(path string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(path)
}

// Unpack writes the rows of parquet files, as Hugging Face's datasets writes them, to the new folder dst: pictures as files, all else as
// train.jsonl and, of files named for it, validation.jsonl. A row is in memory at a time, and a page of each of its columns. The folder
// appears whole or not at all.
func Unpack(ctx context.Context, files []string, dst string) (err error) {
	if err := os.MkdirAll(filepath.Dir(dst), 0o700); err != nil {
		return fmt.Errorf("dataset: %w", err)
	}
	part, err := os.MkdirTemp(filepath.Dir(dst), ".unpack-*")
	if err != nil {
		return fmt.Errorf("dataset: %w", err)
	}
	defer os.RemoveAll(part)
	u := &unpacker{dir: part, left: maxUnpacked}
	for _, split := range [][]string{splitOf(files, false), splitOf(files, true)} {
		if len(split) > 0 {
			if err := u.table(ctx, split); err != nil {
				return err
			}
		}
	}
	if err := os.Rename(part, dst); err != nil {
		return fmt.Errorf("dataset: %w", err)
	}
	return nil
}

// splitOf are the files for validation, or the others. Where there are no others, all are to learn from.
func splitOf(files []string, validation bool) (split []string) {
	others := 0
	for _, f := range files {
		isApart := false
		for _, begin := range apart {
			isApart = isApart || strings.HasPrefix(strings.ToLower(filepath.Base(f)), begin)
		}
		if isApart == validation {
			split = append(split, f)
		}
		if !isApart {
			others++
		}
	}
	if others == 0 && validation {
		return nil
	}
	if others == 0 {
		return files
	}
	return split
}

// unpacker writes tables and their pictures.
type unpacker struct {
	dir      string
	tables   int
	pictures int
	left     int // bytes that may still be written
}

// table writes the rows of files to one table.
func (u *unpacker) table(ctx context.Context, files []string) (err error) {
	name := []string{trainFiles[0], validationFiles[0]}[u.tables]
	u.tables++
	out, err := os.Create(filepath.Join(u.dir, name))
	if err != nil {
		return fmt.Errorf("dataset: %w", err)
	}
	defer out.Close()
	w := bufio.NewWriter(out)
	rows := 0
	for _, f := range files {
		if err := u.file(ctx, f, w, &rows); err != nil {
			return fmt.Errorf("dataset: %q: %w", filepath.Base(f), err)
		}
	}
	if err := errors.Join(w.Flush(), out.Close()); err != nil {
		return fmt.Errorf("dataset: %w", err)
	}
	return nil
}

// file writes the rows of one file. The library may panic at bytes that no writer writes.
func (u *unpacker) file(ctx context.Context, path string, w io.Writer, rows *int) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("want a parquet file, found a damaged one: %v", r)
		}
	}()
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if err := checkFooter(f, info.Size()); err != nil {
		return err
	}
	p, err := parquet.OpenFile(f, info.Size(), parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return err
	}
	if *rows += int(min(p.NumRows(), maxRows+1)); *rows < 0 || *rows > maxRows {
		return fmt.Errorf("want at most %d rows, found more", maxRows)
	}
	for i, g := range p.RowGroups() {
		for _, c := range p.Metadata().RowGroups[i].Columns {
			if err := checkPages(f, info.Size(), &c.MetaData); err != nil {
				return err
			}
		}
		if err := u.group(ctx, p.Schema(), g, w); err != nil {
			return err
		}
	}
	return nil
}

// group writes the rows of one group.
func (u *unpacker) group(ctx context.Context, schema *parquet.Schema, g parquet.RowGroup, w io.Writer) error {
	rows := g.Rows()
	defer rows.Close()
	for buffer := make([]parquet.Row, 1); ; {
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
		n, err := rows.ReadRows(buffer)
		if n == 1 {
			row := map[string]any{}
			if err := schema.Reconstruct(&row, buffer[0]); err != nil {
				return err
			}
			if err := u.row(row, w); err != nil {
				return err
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case n == 0:
			return io.ErrNoProgress
		}
	}
}

// row writes one row: its pictures as files, and an object with their names in their places.
func (u *unpacker) row(row map[string]any, w io.Writer) error {
	for name, v := range row {
		if text, ok := v.(string); ok && !utf8.ValidString(text) { // a column of pictures without their paths
			v = map[string]any{pictureBytes: text}
		}
		out, err := u.plain(v)
		if err != nil {
			return err
		}
		row[name] = out
	}
	data, err := json.Marshal(row)
	if err != nil {
		return err
	}
	if u.left -= len(data) + 1; u.left < 0 {
		return fmt.Errorf("want at most %d GB of rows and pictures, found more", maxUnpacked>>30)
	}
	_, err = w.Write(append(data, '\n'))
	return err
}

// pictureBytes is the field of a picture that holds its file, in the structure {bytes, path} of Hugging Face's datasets.
const pictureBytes = "bytes"

// plain is a value of a row as JSON can say it: fields that are null are left out, and pictures are written to files.
func (u *unpacker) plain(v any) (any, error) {
	switch v := v.(type) {
	case []any:
		for i := range v {
			var err error
			if v[i], err = u.plain(v[i]); err != nil {
				return nil, err
			}
		}
		return v, nil
	case map[string]any:
		if data, ok := v[pictureBytes].(string); ok {
			return u.picture(data)
		}
		if _, ok := v[pictureBytes]; ok { // it lies elsewhere, or nowhere
			return v["path"], nil
		}
		for name, field := range v {
			out, err := u.plain(field)
			if err != nil {
				return nil, err
			}
			if v[name] = out; out == nil {
				delete(v, name)
			}
		}
		return v, nil
	default:
		return v, nil
	}
}

// picture writes a picture's file and returns its name.
func (u *unpacker) picture(data string) (string, error) {
	if u.left -= len(data); u.left < 0 || len(data) > maxPicture {
		return "", fmt.Errorf("want pictures of at most %d MB and %d GB together, found more", maxPicture>>20, maxUnpacked>>30)
	}
	u.pictures++
	name := fmt.Sprintf("pictures/%07d", u.pictures)
	if err := os.MkdirAll(filepath.Join(u.dir, "pictures"), 0o700); err != nil {
		return "", err
	}
	return name, os.WriteFile(filepath.Join(u.dir, name), []byte(data), 0o600)
}

var errNoParquet = errors.New("want a parquet file, found another or a damaged one")

// checkFooter looks at the description at a file's end before the library does.
func checkFooter(f io.ReaderAt, size int64) error {
	const magic = "PAR1"
	var end [8]byte
	if size < 12 {
		return errNoParquet
	}
	if _, err := f.ReadAt(end[:], size-8); err != nil {
		return err
	}
	n := int64(binary.LittleEndian.Uint32(end[:]))
	if string(end[4:]) != magic || n > size-12 {
		return errNoParquet
	}
	if n > maxFooter {
		return fmt.Errorf("want a description of at most %d bytes, found %d", maxFooter, n)
	}
	footer := make([]byte, n)
	if _, err := f.ReadAt(footer, size-8-n); err != nil {
		return err
	}
	if used, err := thriftStructure(footer); err != nil || int64(used) != n {
		return errNoParquet
	}
	return nil
}

// checkPages looks at the pages of a column before the library does: that none claims more memory than a picture may take.
func checkPages(f io.ReaderAt, size int64, c *format.ColumnMetaData) error {
	at := c.DataPageOffset
	if c.DictionaryPageOffset > 0 && c.DictionaryPageOffset < at {
		at = c.DictionaryPageOffset
	}
	if at < 0 || c.TotalCompressedSize < 0 || at > size || c.TotalCompressedSize > size-at {
		return errNoParquet
	}
	values, buffer := int64(0), make([]byte, 4096)
	for end := at + c.TotalCompressedSize; at < end; {
		header, n, err := readPageHeader(f, at, end, &buffer)
		if err != nil {
			return err
		}
		most := int32(0)
		for _, n := range []int32{header.DataPageHeader.V.NumValues, header.DataPageHeaderV2.V.NumValues, header.DictionaryPageHeader.V.NumValues} {
			if n < 0 {
				return errNoParquet
			}
			most = max(most, n)
		}
		// A row may hold several pictures, or messages of several parts.
		const perRow = 64
		if values += int64(most); values > perRow*maxRows || header.UncompressedPageSize > maxPicture || header.CompressedPageSize > maxPicture {
			return fmt.Errorf("want pages of at most %d MB, and at most %d values, found more", maxPicture>>20, perRow*maxRows)
		}
		if header.CompressedPageSize < 0 || header.UncompressedPageSize < 0 || int64(header.CompressedPageSize) > end-at-int64(n) {
			return errNoParquet
		}
		at += int64(n) + int64(header.CompressedPageSize)
	}
	return nil
}

// readPageHeader reads the header of the page at an offset, and its size.
func readPageHeader(f io.ReaderAt, at, end int64, buffer *[]byte) (h format.PageHeader, n int, err error) {
	for {
		part := (*buffer)[:min(int64(len(*buffer)), end-at)]
		if _, err := f.ReadAt(part, at); err != nil {
			return h, 0, err
		}
		if n, err = thriftStructure(part); err == nil {
			r := new(thrift.CompactProtocol).NewReader(bytes.NewReader(part[:n]))
			return h, n, thrift.NewDecoder(r).Decode(&h)
		}
		if len(part) < len(*buffer) || len(*buffer) >= maxPageHeader {
			return h, 0, errNoParquet
		}
		*buffer = make([]byte, 2*len(*buffer)) // the header may be longer
	}
}
