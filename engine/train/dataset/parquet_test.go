package dataset

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
)

// unpacked unpacks files and reads what comes of it.
func unpacked(t *testing.T, files ...string) (dir string, set *Set) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "new", "out")
	if err := Unpack(t.Context(), files, dir); err != nil {
		t.Fatal(err)
	}
	set, err := Read(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	return dir, set
}

func TestUnpackedRowsAreThoseThatWerePacked(t *testing.T) {
	for name, want := range map[string][2][]string{
		"questions": {{"u:[0000001]what colour;a:red;", "u:[0000002]and this;a:blue;", "u:Describe the picture.;a:none;"},
			{`line 4: there is no picture "away.png"`}},
		"conversations": {{"u:[0000001]or[0000002]?;a:both;", "u:hi;a:ho;u:no;"}, nil},
		"raw":           {{"u:[0000001]q;a:r;u:and?;a:w;"}, {"line 2: the answer is empty"}},
	} {
		t.Run(name, func(t *testing.T) {
			dir, set := unpacked(t, filepath.Join("testdata", name+".parquet"))
			var rows, problems []string
			for _, r := range set.Rows {
				rows = append(rows, spoken(r))
			}
			for _, p := range set.Problems {
				problems = append(problems, p.Source+": "+p.Reason)
			}
			if !reflect.DeepEqual(rows, want[0]) || !reflect.DeepEqual(problems, want[1]) {
				t.Errorf("got %q and %q, want %q and %q", rows, problems, want[0], want[1])
			}
			for i, end := range []byte{8, 9} { // the pictures' widths
				data, err := os.ReadFile(filepath.Join(dir, "pictures", []string{"0000001", "0000002"}[i]))
				if err != nil || len(data) < 24 || data[19] != end {
					t.Errorf("picture %d: got %d bytes, %v, want a PNG %d pixels wide", i+1, len(data), err, end)
				}
			}
		})
	}
}

func TestFilesForValidationBecomeATableOfTheirOwn(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "data"), 0o700); err != nil {
		t.Fatal(err)
	}
	for to, from := range map[string]string{"train-00000-of-00002": "raw", "train-00001-of-00002": "conversations", "validation-00000-of-00001": "questions"} {
		data, err := os.ReadFile(filepath.Join("testdata", from+".parquet"))
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, "data", to+".parquet"), data, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	files := PackedFiles(dir)
	if len(files) != 3 {
		t.Fatalf("got %q, want three files", files)
	}
	out, set := unpacked(t, files...)
	apart, err := Validation(out, nil)
	if err != nil || len(apart.Rows) != 3 || spoken(apart.Rows[1]) != "u:[0000006]and this;a:blue;" {
		t.Errorf("validation: got %v, %v", apart, err)
	}
	if len(set.Rows) != 3 || spoken(set.Rows[1]) != "u:[0000003]or[0000004]?;a:both;" {
		t.Errorf("got %v", set.Rows)
	}
	if err := os.WriteFile(filepath.Join(dir, "train.csv"), []byte("image,answer\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if files := PackedFiles(dir); files != nil {
		t.Errorf("beside a table: got %q, want none", files)
	}
	for _, none := range []string{t.TempDir(), filepath.Join(dir, "train.csv"), filepath.Join(dir, "nothing")} {
		if files := PackedFiles(none); files != nil {
			t.Errorf("%q: got %q, want none", none, files)
		}
	}
	only := filepath.Join(dir, "data", "validation-00000-of-00001.parquet")
	if files := PackedFiles(only); len(files) != 1 {
		t.Fatalf("got %q, want the file", files)
	}
	if _, set := unpacked(t, only); len(set.Rows) != 3 {
		t.Errorf("a file for validation alone: got %d rows to learn from, want 3", len(set.Rows))
	}
}

// packed is a parquet file with one row.
func packed(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	err := parquet.Write(&b, []struct {
		Question string `parquet:"question"`
		Answer   string `parquet:"answer"`
	}{{strings.Repeat("q", 300), "r"}})
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// footed is a file with another description.
func footed(data, footer []byte) []byte {
	n := binary.LittleEndian.Uint32(data[len(data)-8:])
	out := append(bytes.Clone(data[:len(data)-8-int(n)]), footer...)
	return append(binary.LittleEndian.AppendUint32(out, uint32(len(footer))), "PAR1"...)
}

func TestFilesThatClaimTooMuchAreRefused(t *testing.T) {
	good := packed(t)
	n := binary.LittleEndian.Uint32(good[len(good)-8:])
	footer := good[len(good)-8-int(n) : len(good)-8]
	deep := bytes.Repeat([]byte{0x1c}, 1000)
	for name, data := range map[string][]byte{
		"nothing":                        nil,
		"another kind of file":           bytes.Repeat([]byte("image,answer\n"), 9),
		"a file cut short":               good[:len(good)-3],
		"a description beyond the file":  append(bytes.Clone(good[:len(good)-8]), "\xff\xff\x00\x00PAR1"...),
		"a description of nothing":       footed(good, []byte{0}),
		"billions of parts in a list":    footed(good, []byte{0x15, 2, 0x19, 0xfc, 0xff, 0xff, 0xff, 0xff, 0x07, 0}),
		"billions of bytes in a text":    footed(good, []byte{0x15, 2, 0x18, 0xff, 0xff, 0xff, 0xff, 0x07, 0}),
		"structures without an end":      footed(good, deep),
		"bytes behind the description":   footed(good, append(bytes.Clone(footer), 0)),
		"pages that are not in the file": footed([]byte("PAR1\x00\x00\x00\x00PAR1"), footer),
	} {
		path := filepath.Join(t.TempDir(), "a.parquet")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		dst := filepath.Join(t.TempDir(), "out")
		if err := Unpack(t.Context(), []string{path}, dst); err == nil {
			t.Errorf("%s: got no error", name)
		}
		if left, _ := os.ReadDir(filepath.Dir(dst)); len(left) > 0 {
			t.Errorf("%s: got %v left behind", name, left)
		}
	}
}

// TestPagesThatClaimTooMuchAreRefused makes the size in a page's header that of two gigabytes.
func TestPagesThatClaimTooMuchAreRefused(t *testing.T) {
	good := packed(t)
	// The first page's header begins after the magic: its type, then the size of what is in it.
	if good[4] != 0x15 || good[6] != 0x15 {
		t.Fatalf("got a header % x, want type and size first", good[4:12])
	}
	_, size := binary.Uvarint(good[7:])
	for _, claim := range []uint64{1 << 30, 1<<32 - 2} { // zigzag: half of it
		wide := binary.AppendUvarint(nil, claim)
		if len(wide) <= size {
			t.Fatal("the claim is no larger than the size")
		}
		// The header grows into the room of the page's data, so that all offsets stay.
		data := append(append(bytes.Clone(good[:7]), wide...), good[7+size:]...)
		shift := len(wide) - size
		data = append(data[:60:60], data[60+shift:]...)
		path := filepath.Join(t.TempDir(), "a.parquet")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		err := Unpack(t.Context(), []string{path}, filepath.Join(t.TempDir(), "out"))
		if err == nil || !strings.Contains(err.Error(), "want pages of at most 256 MB") {
			t.Errorf("%d: got %v, want the page refused", claim, err)
		}
	}
}

// TestDamagedFilesDoNotPanic turns bytes over, with a fixed seed.
func TestDamagedFilesDoNotPanic(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	path := filepath.Join(t.TempDir(), "a.parquet")
	for _, name := range []string{"questions", "conversations", "raw"} {
		good, err := os.ReadFile(filepath.Join("testdata", name+".parquet"))
		if err != nil {
			t.Fatal(err)
		}
		refused := 0
		for range 300 {
			data := bytes.Clone(good)
			for range 1 + r.IntN(3) {
				data[r.IntN(len(data))] = byte(r.Uint32())
			}
			if tryUnpack(t, path, data) != nil {
				refused++
			}
		}
		if refused == 0 {
			t.Errorf("%s: got no damage noticed", name)
		}
	}
}

func tryUnpack(t *testing.T, path string, data []byte) error {
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	dst := path + ".out"
	defer os.RemoveAll(dst)
	if err := Unpack(t.Context(), []string{path}, dst); err != nil {
		return err
	}
	_, err := Read(dst, nil)
	return err
}

func TestUnpackingStops(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	want := errors.New("enough")
	cancel(want)
	if err := Unpack(ctx, []string{"testdata/raw.parquet"}, filepath.Join(t.TempDir(), "out")); !errors.Is(err, want) {
		t.Errorf("got %v, want %v", err, want)
	}
}

func FuzzUnpack(f *testing.F) {
	f.Add(packed(f))
	for _, name := range []string{"questions", "conversations", "raw"} {
		data, err := os.ReadFile(filepath.Join("testdata", name+".parquet"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		_ = tryUnpack(t, filepath.Join(t.TempDir(), "a.parquet"), data) // no panic, and no more memory than there is
	})
}
