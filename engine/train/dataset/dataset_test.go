package dataset

import (
	"image"
	"image/png"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// write makes a folder of files; those that end in .png become pictures.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(name, ".png") && text == "" {
			err = png.Encode(f, image.NewGray(image.Rect(0, 0, 3, 2)))
		} else {
			_, err = f.WriteString(text)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// spoken writes a row as role: parts, with pictures in brackets.
func spoken(r Row) string {
	var b strings.Builder
	for _, m := range r.Messages {
		b.WriteString(m.Role[:1] + ":")
		for _, p := range m.Parts {
			if p.Picture != "" {
				b.WriteString("[" + filepath.Base(p.Picture) + "]")
			}
			b.WriteString(p.Text)
		}
		b.WriteString(";")
	}
	return b.String()
}

func TestRead(t *testing.T) {
	for _, c := range []struct {
		name     string
		files    map[string]string
		rows     []string
		problems []string
	}{
		{"captions beside pictures", map[string]string{"a.png": "", "a.txt": "a cat\n", "b.png": "", "c.png": "no picture", "c.txt": "x", "d.png": "", "d.txt": " "},
			[]string{"u:[a.png]Describe the picture.;a:a cat;"}, []string{"b.png: there is no caption", "c.png: the picture", "d.png: the answer is empty"}},
		{"folders named for what they hold", map[string]string{"big_crack/1.png": "", "ok/2.png": ""},
			[]string{"u:[1.png]What is this?;a:big crack;", "u:[2.png]What is this?;a:ok;"}, nil},
		{"csv", map[string]string{"train.csv": "image,question,answer\na.png,what,\"a, b\"\nno.png,what,x\n../a.png,what,x\n,why,so\na.png,what\n", "a.png": ""},
			[]string{"u:[a.png]what;a:a, b;", "u:why;a:so;"}, []string{"line 3: there is no picture", "line 4: the picture", "line 6: the answer is empty"}},
		{"jsonl of questions", map[string]string{"train.jsonl": `{"image":"a.png","question":"q","answer":"r"}` + "\n\n{]\n", "a.png": ""},
			[]string{"u:[a.png]q;a:r;"}, []string{"line 3: this is no JSON"}},
		{"mlx-vlm's messages", map[string]string{"a.png": "", "b.png": "", "train.jsonl": `{"images":["a.png","b.png"],"messages":[{"role":"user","content":[{"type":"text","text":"x"},{"type":"image"},{"type":"text","text":"y"},{"type":"image"}]},{"role":"assistant","content":"z"},{"role":"user","content":"and?"},{"role":"assistant","content":"w"}]}`},
			[]string{"u:x[a.png]y[b.png];a:z;u:and?;a:w;"}, nil},
		{"LLaVA's conversations", map[string]string{"a.png": "", "train.json": `[{"image":"a.png","conversations":[{"from":"human","value":"<image>\nq"},{"from":"gpt","value":"r"}]},{"image":"a.png","conversations":[{"from":"human","value":"<image><image>q"},{"from":"gpt","value":"r"}]},{"image":"a.png","conversations":[{"from":"human","value":"q"},{"from":"gpt","value":"r"}]},{"conversations":[{"from":"human","value":"q"}]}]`},
			[]string{"u:[a.png]q;a:r;", "u:[a.png]q;a:r;"}, []string{"example 2: want a picture", "example 4: there is no answer"}},
		{"the Cauldron's texts", map[string]string{"a.png": "", "train.jsonl": `{"images":["a.png"],"texts":[{"user":"q","assistant":"r","source":"x"},{"user":"and?","assistant":"w"}]}` + "\n" + `{"images":["a.png"],"texts":[]}`},
			[]string{"u:[a.png]q;a:r;u:and?;a:w;"}, []string{"line 2: want a list of questions"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := Read(write(t, c.files), nil)
			if err != nil {
				t.Fatal(err)
			}
			var rows []string
			for _, r := range s.Rows {
				rows = append(rows, spoken(r))
			}
			if !reflect.DeepEqual(rows, c.rows) {
				t.Errorf("rows:\n got %q\nwant %q", rows, c.rows)
			}
			if len(s.Problems) != len(c.problems) {
				t.Fatalf("problems: got %q, want %q", s.Problems, c.problems)
			}
			for i, p := range s.Problems {
				if got := p.Source + ": " + p.Reason; !strings.HasPrefix(got, c.problems[i]) {
					t.Errorf("problem: got %q, want %q", got, c.problems[i])
				}
			}
		})
	}
}

func TestReadRefusesWhatIsNoData(t *testing.T) {
	dir := write(t, map[string]string{"a.zip": "x", "train.csv": "colour,size\n1,2\n"})
	for _, path := range []string{dir, filepath.Join(dir, "a.zip"), filepath.Join(dir, "none"), t.TempDir()} {
		if _, err := Read(path, nil); err == nil {
			t.Errorf("%q: got no error", filepath.Base(path))
		}
	}
}

func FuzzObject(f *testing.F) {
	f.Add([]byte(`{"image":"a.png","conversations":[{"from":"human","value":"<image>\nq"}]}`))
	f.Add([]byte(`{"images":[],"messages":[{"role":"user","content":[{"type":"image"}]}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if row, err := parseObject("x", data); err == nil && row.Source != "x" {
			t.Error("the source is lost")
		}
	})
}

func TestEditsStandInThePlaceOfAnswers(t *testing.T) {
	dir := write(t, map[string]string{"a.png": "", "b.png": "", "b.txt": "old"})
	s, err := Read(dir, Edits{"a.png": "new", "b.png": " "})
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Rows) != 1 || s.Rows[0].Answer() != "new" {
		t.Errorf("got %v, want the picture without a caption with its edited answer", s.Rows)
	}
	if len(s.Problems) != 1 || s.Problems[0].Reason != "the answer is empty" || s.Problems[0].Row.Answer() != " " ||
		s.Problems[0].Row.Messages[0].Parts[0].Picture != filepath.Join(dir, "b.png") {
		t.Errorf("got %v, want the emptied answer refused", s.Problems)
	}
	rows := `{"image":"a.png","question":"q","answer":"r"}`
	dir = write(t, map[string]string{"a.png": "", "train.jsonl": rows, "validation.jsonl": rows})
	edits := Edits{"validation, line 1": "w"}
	s, err = Read(dir, edits)
	if err != nil || s.Rows[0].Answer() != "r" {
		t.Errorf("got %v, %v, want the row that was not edited", s, err)
	}
	if s, err = Validation(dir, edits); err != nil || s.Rows[0].Answer() != "w" {
		t.Errorf("got %v, %v, want the edited row", s, err)
	}
}
