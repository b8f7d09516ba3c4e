package dataset

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// Names of columns, and of fields of a JSON object, that mean the same.
var (
	pictureNames  = []string{"image", "picture", "file_name", "image_path", "images"}
	questionNames = []string{"question", "prompt", "instruction"}
	answerNames   = []string{"answer", "text", "caption", "output", "label"}
)

func (s *Set) csv(r io.Reader, path string) error {
	dir, err := os.OpenRoot(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer dir.Close()
	c := csv.NewReader(r)
	c.FieldsPerRecord = -1
	head, err := c.Read()
	if err != nil {
		return fmt.Errorf("want a line of column names: %w", err)
	}
	at := func(names []string) int {
		for i, h := range head {
			for _, n := range names {
				if strings.EqualFold(strings.TrimSpace(strings.TrimPrefix(h, "\ufeff")), n) {
					return i
				}
			}
		}
		return -1
	}
	picture, ask, answer := at(pictureNames), at(questionNames), at(answerNames)
	if answer < 0 || (picture < 0 && ask < 0) {
		return fmt.Errorf("want columns image, question and answer, found %q", head)
	}
	for {
		record, err := c.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		line, _ := c.FieldPos(0)
		source := fmt.Sprintf("line %d", line)
		if err != nil {
			s.Problems = append(s.Problems, Problem{Source: s.prefix + source, Reason: err.Error()})
			if _, ok := errors.AsType[*csv.ParseError](err); !ok {
				return err
			}
			continue
		}
		field := func(i int) string {
			if i < 0 || i >= len(record) {
				return ""
			}
			return strings.TrimSpace(record[i])
		}
		var pictures []string
		if p := field(picture); p != "" {
			pictures = []string{p}
		}
		q := field(ask)
		if q == "" {
			q = question
		}
		if err := s.add(asked(source, pictures, q, field(answer)), dir); err != nil {
			return err
		}
	}
}

func (s *Set) jsonl(r io.Reader, path string) error {
	dir, err := os.OpenRoot(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer dir.Close()
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 16<<20)
	for n := 1; lines.Scan(); n++ {
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		if err := s.object(fmt.Sprintf("line %d", n), lines.Bytes(), dir); err != nil {
			return err
		}
	}
	return lines.Err()
}

func (s *Set) json(r io.Reader, path string) error {
	dir, err := os.OpenRoot(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer dir.Close()
	d := json.NewDecoder(r)
	if t, err := d.Token(); err != nil || t != json.Delim('[') {
		return errors.New("want a list of examples, found something else")
	}
	for n := 1; d.More(); n++ {
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return err
		}
		if err := s.object(fmt.Sprintf("example %d", n), raw, dir); err != nil {
			return err
		}
	}
	return nil
}

// object reads one example: image(s) with question and answer, with messages, with LLaVA's conversations, or with the Cauldron's texts.
func (s *Set) object(source string, data []byte, dir *os.Root) error {
	row, err := parseObject(source, data)
	if err != nil {
		s.Problems = append(s.Problems, Problem{Source: s.prefix + source, Reason: err.Error()})
		return nil
	}
	return s.add(row, dir)
}

func parseObject(source string, data []byte) (Row, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(data, &fields); err != nil {
		return Row{}, errors.New("this is no JSON object")
	}
	var pictures []string
	for _, n := range pictureNames {
		if raw, ok := fields[n]; ok && pictures == nil {
			var one string
			if json.Unmarshal(raw, &one) == nil {
				pictures = []string{one}
			} else if err := json.Unmarshal(raw, &pictures); err != nil {
				return Row{}, fmt.Errorf("want %q to name files", n)
			}
		}
	}
	for _, n := range []string{"messages", "conversations"} {
		if raw, ok := fields[n]; ok {
			return conversation(source, pictures, raw)
		}
	}
	if raw, ok := fields["texts"]; ok {
		return exchanges(source, pictures, raw)
	}
	text := func(names []string) string {
		for _, n := range names {
			var v string
			if json.Unmarshal(fields[n], &v) == nil && v != "" {
				return v
			}
		}
		return ""
	}
	q := text(questionNames)
	if q == "" {
		q = question
	}
	return asked(source, pictures, q, text(answerNames)), nil
}

// exchanges reads a list of {user, assistant}, as the data sets of the Cauldron have it. All pictures go before the first question.
func exchanges(source string, pictures []string, raw json.RawMessage) (Row, error) {
	var list []struct{ User, Assistant string }
	if err := json.Unmarshal(raw, &list); err != nil || len(list) == 0 {
		return Row{}, errors.New("want a list of questions and answers, user and assistant")
	}
	row := asked(source, pictures, list[0].User, list[0].Assistant)
	for _, e := range list[1:] {
		row.Messages = append(row.Messages, asked(source, nil, e.User, e.Assistant).Messages...)
	}
	return row, nil
}

// conversation reads messages {role, content} or {from, value}. Where they say <image>, or have a part of that type, the next picture goes; those
// that none asks for go before the first question.
func conversation(source string, pictures []string, raw json.RawMessage) (Row, error) {
	var list []struct {
		Role, From, Value string
		Content           json.RawMessage
	}
	if err := json.Unmarshal(raw, &list); err != nil {
		return Row{}, errors.New("want a list of messages with role and content")
	}
	row := Row{Source: source}
	next := 0
	take := func() (Part, error) {
		if next == len(pictures) {
			return Part{}, fmt.Errorf("want a picture for every <image>, found %d", len(pictures))
		}
		next++
		return Part{Picture: pictures[next-1]}, nil
	}
	for _, m := range list {
		out := Message{Role: m.Role + m.From}
		switch out.Role {
		case "human":
			out.Role = "user"
		case "gpt", "model":
			out.Role = "assistant"
		}
		parts, err := content(m.Content, m.Value)
		if err != nil {
			return row, err
		}
		for _, p := range parts {
			if p.Picture == "" {
				out.Parts = append(out.Parts, p)
				continue
			}
			if p.Picture == anyPicture {
				if p, err = take(); err != nil {
					return row, err
				}
			}
			out.Parts = append(out.Parts, p)
		}
		row.Messages = append(row.Messages, out)
	}
	if next > 0 && next < len(pictures) {
		return row, fmt.Errorf("want an <image> for every picture, found %d for %d", next, len(pictures))
	}
	for i := range row.Messages {
		if m := &row.Messages[i]; m.Role == "user" && next < len(pictures) {
			var first []Part
			for ; next < len(pictures); next++ {
				first = append(first, Part{Picture: pictures[next]})
			}
			m.Parts = append(first, m.Parts...)
		}
	}
	return row, nil
}

// anyPicture stands for the next of the row's pictures.
const anyPicture = "<image>"

// content is a message's text, cut at <image>, or its list of parts.
func content(raw json.RawMessage, value string) ([]Part, error) {
	if raw == nil || json.Unmarshal(raw, &value) == nil {
		var parts []Part
		for i, piece := range strings.Split(value, anyPicture) {
			if i > 0 {
				parts = append(parts, Part{Picture: anyPicture})
			}
			if i > 0 && i == 1 && len(parts) == 1 {
				piece = strings.TrimPrefix(piece, "\n") // LLaVA writes a line break after the picture
			}
			if piece != "" {
				parts = append(parts, Part{Text: piece})
			}
		}
		return parts, nil
	}
	var list []struct{ Type, Text, Content, Image, Path string }
	if err := json.Unmarshal(raw, &list); err != nil {
		return nil, errors.New("want the content of a message to be a text or a list of parts")
	}
	var parts []Part
	for _, p := range list {
		switch file := p.Image + p.Path; {
		case p.Type == "text":
			parts = append(parts, Part{Text: p.Text + p.Content})
		case p.Type == "image" && file != "":
			parts = append(parts, Part{Picture: file})
		case p.Type == "image":
			parts = append(parts, Part{Picture: anyPicture})
		default:
			return nil, fmt.Errorf("want parts of type text or image, found %q", p.Type)
		}
	}
	return parts, nil
}
