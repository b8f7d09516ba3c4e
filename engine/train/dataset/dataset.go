// Package dataset reads what people teach a model with: a folder of pictures with captions beside them, tables (CSV, JSONL) of picture,
// question and answer, the conversations of mlx-vlm and LLaVA, and, once unpacked, Hugging Face's parquet files. Every row is checked before
// any is used; bad ones are listed with reasons.
package dataset

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sightglass/engine/image"
)

// Part is a text or, where Picture is set, the path of a picture.
type Part struct{ Text, Picture string }

// Message is one turn; Role is system, user or assistant.
type Message struct {
	Role  string
	Parts []Part
}

// Row is a conversation to learn.
type Row struct {
	Source   string // file and line, or the picture
	Messages []Message
}

// Answer is the last answer of the conversation.
func (r Row) Answer() string {
	for i := len(r.Messages) - 1; i >= 0; i-- {
		if m := r.Messages[i]; m.Role == "assistant" {
			return m.Text()
		}
	}
	return ""
}

// Text is a message's words.
func (m Message) Text() string {
	var text strings.Builder
	for _, p := range m.Parts {
		text.WriteString(p.Text)
	}
	return text.String()
}

// Problem is a row that cannot be used, and why.
type Problem struct {
	Source, Reason string
	Row            Row // as far as it was understood
}

// Set is what was read.
type Set struct {
	Rows     []Row
	Problems []Problem
	answers  Edits
	prefix   string // of sources
}

// Edits are answers by the Source of their row, which take the place of the last answer that the data has for it.
type Edits map[string]string

const (
	// maxRows bounds a data set.
	maxRows = 1_000_000
	// maxFile is the largest table that is read, in bytes.
	maxFile = 1 << 30
	// maxPicture is the largest picture file that is read, in bytes.
	maxPicture = 256 << 20
)

// question is asked about pictures whose captions come without one.
const question = "Describe the picture."

// Read reads a data set: a table file, or a folder with train.jsonl, train.json, train.csv or metadata.csv in it, or of pictures with captions.
// What edits has stands in the place of what the data says.
func Read(path string, edits Edits) (*Set, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("dataset: %w", err)
	}
	s := &Set{answers: edits}
	if info.IsDir() {
		if file := firstOf(path, trainFiles); file != "" {
			return s, s.table(file)
		}
		return s, s.folder(path)
	}
	return s, s.table(path)
}

// Validation reads the rows that a folder keeps apart for validation, or returns nil where it has none. Their Source says so.
func Validation(path string, edits Edits) (*Set, error) {
	file := firstOf(path, validationFiles)
	if file == "" {
		return nil, nil
	}
	s := &Set{answers: edits, prefix: "validation, "}
	return s, s.table(file)
}

// The names of tables in a folder, to learn from and to check with.
var (
	trainFiles = []string{"train.jsonl", "train.json", "train.csv", "data.jsonl", "data.json", "data.csv", "metadata.jsonl", "metadata.csv"}

	validationFiles = []string{"validation.jsonl", "validation.json", "validation.csv", "val.jsonl", "test.jsonl"}
)

// firstOf is the first of the names that a folder has, "" for none.
func firstOf(dir string, names []string) string {
	for _, name := range names {
		if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
			return filepath.Join(dir, name)
		}
	}
	return ""
}

func (s *Set) table(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("dataset: %w", err)
	}
	defer f.Close()
	r := io.LimitReader(f, maxFile)
	switch strings.ToLower(filepath.Ext(path)) {
	case ".csv":
		err = s.csv(r, path)
	case ".jsonl", ".ndjson":
		err = s.jsonl(r, path)
	case ".json":
		err = s.json(r, path)
	default:
		return fmt.Errorf("dataset: %q: want a folder, .csv, .json, .jsonl or .parquet, found another kind of file", filepath.Base(path))
	}
	if err != nil {
		return fmt.Errorf("dataset: %q: %w", filepath.Base(path), err)
	}
	return nil
}

// add checks a row and keeps it, or says what is wrong with it.
func (s *Set) add(r Row, dir *os.Root) error {
	if len(s.Rows)+len(s.Problems) >= maxRows {
		return fmt.Errorf("want at most %d rows, found more", maxRows)
	}
	r.Source = s.prefix + r.Source
	r.edit(s.answers)
	bad := check(r, dir)
	for _, m := range r.Messages {
		for i := range m.Parts {
			p := &m.Parts[i]
			switch {
			case p.Picture == "":
			case bad != nil && checkPicture(dir, p.Picture) != nil: // nobody is to look at it
				p.Picture = ""
			default:
				p.Picture = filepath.Join(dir.Name(), p.Picture)
			}
		}
	}
	if bad != nil {
		s.Problems = append(s.Problems, Problem{r.Source, bad.Error(), r})
	} else {
		s.Rows = append(s.Rows, r)
	}
	return nil
}

// edit puts an answer in the place of the row's last.
func (r *Row) edit(answers Edits) {
	answer, ok := answers[r.Source]
	if n := len(r.Messages); ok && n > 0 && r.Messages[n-1].Role == "assistant" {
		r.Messages[n-1].Parts = []Part{{Text: answer}}
	}
}

var errEmpty = errors.New("the answer is empty")

// check returns why a row cannot be used.
func check(r Row, dir *os.Root) error {
	answers := 0
	for _, m := range r.Messages {
		for _, p := range m.Parts {
			if p.Picture == "" {
				continue
			}
			if m.Role == "assistant" {
				return errors.New("there is a picture in an answer")
			}
			if err := checkPicture(dir, p.Picture); err != nil {
				return err
			}
		}
		switch m.Role {
		case "assistant":
			if strings.TrimSpace(m.Text()) == "" {
				return errEmpty
			}
			answers++
		case "user", "system":
		default:
			return fmt.Errorf("want the role user, assistant or system, found %q", m.Role)
		}
	}
	if answers == 0 {
		return errors.New("there is no answer")
	}
	if r.Messages[0].Role == "assistant" {
		return errors.New("there is an answer before any question")
	}
	return nil
}

// checkPicture reads a picture's header. No path leaves the folder of the data.
func checkPicture(dir *os.Root, name string) error {
	f, err := dir.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no picture %q", name)
	}
	if err != nil {
		return fmt.Errorf("the picture %q lies outside of the folder or cannot be opened", name)
	}
	defer f.Close()
	if _, err := image.Probe(io.LimitReader(f, maxPicture), image.Limits{}); err != nil {
		return fmt.Errorf("the picture %q cannot be read: %v", name, err)
	}
	return nil
}

// pictureFiles are the ends of names of pictures.
var pictureFiles = []string{".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff"}

// folder reads pictures with captions: a .txt beside each, or the name of the folder that it lies in.
func (s *Set) folder(path string) error {
	dir, err := os.OpenRoot(path)
	if err != nil {
		return fmt.Errorf("dataset: %w", err)
	}
	defer dir.Close()
	err = filepath.WalkDir(path, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !slices.Contains(pictureFiles, strings.ToLower(filepath.Ext(name))) {
			return err
		}
		rel, err := filepath.Rel(path, name)
		if err != nil {
			return err
		}
		ask, answer := question, ""
		caption, err := dir.ReadFile(strings.TrimSuffix(rel, filepath.Ext(rel)) + ".txt")
		switch {
		case err == nil:
			answer = strings.TrimSpace(string(caption))
		case filepath.Dir(rel) != ".":
			ask, answer = "What is this?", strings.ReplaceAll(filepath.Base(filepath.Dir(rel)), "_", " ")
		default:
			if r := asked(rel, []string{rel}, ask, ""); s.answers[rel] == "" {
				before := len(s.Problems)
				err := s.add(r, dir) // which finds the answer empty, or what else is wrong
				if len(s.Problems) > before && s.Problems[before].Reason == errEmpty.Error() {
					s.Problems[before].Reason = "there is no caption: want a .txt file beside it, or a folder named for it"
				}
				return err
			}
		}
		return s.add(asked(rel, []string{rel}, ask, answer), dir)
	})
	if err == nil && len(s.Rows)+len(s.Problems) == 0 {
		err = errors.New("want pictures or a table, found neither")
	}
	if err != nil {
		return fmt.Errorf("dataset: %q: %w", filepath.Base(path), err)
	}
	return nil
}

// asked is one question about pictures and its answer.
func asked(source string, pictures []string, question, answer string) Row {
	var user []Part
	for _, p := range pictures {
		user = append(user, Part{Picture: p})
	}
	user = append(user, Part{Text: question})
	return Row{source, []Message{{"user", user}, {"assistant", []Part{{Text: answer}}}}}
}
