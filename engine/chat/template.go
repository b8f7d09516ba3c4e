package chat

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

const (
	maxFile     = 16 << 20 // bytes of a tokenizer_config.json, which lists added tokens, too
	maxTemplate = 64 << 10 // bytes of a template; the largest known (gpt-oss, Command R+) have under 32 KB
)

// ErrNoTemplate is returned when a model folder has no chat template.
var ErrNoTemplate = errors.New("chat: the model has no chat template")

// Template is a chat template. It is immutable and safe for concurrent use.
type Template struct {
	source string
	parts  map[Role]bool // roles whose content the template takes as a list of parts
	system bool          // it writes what a system message says
}

// Open finds the template of a model folder: chat_template.jinja, chat_template.json, or tokenizer_config.json's
// chat_template, a text or a list of named ones of which "default" is taken.
func Open(folder string) (*Template, error) {
	text, err := read(folder, "chat_template.jinja", maxTemplate)
	if err == nil {
		return Parse(string(text))
	}
	for _, name := range []string{"chat_template.json", "tokenizer_config.json"} {
		if !errors.Is(err, os.ErrNotExist) {
			return nil, fmt.Errorf("chat: %w", err)
		}
		var data []byte
		if data, err = read(folder, name, maxFile); err != nil {
			continue
		}
		source, found, bad := inJSON(data)
		if bad != nil {
			return nil, fmt.Errorf("chat: %s: %w", name, bad)
		}
		if found {
			return Parse(source)
		}
		err = os.ErrNotExist
	}
	if errors.Is(err, os.ErrNotExist) {
		return nil, ErrNoTemplate
	}
	return nil, fmt.Errorf("chat: %w", err)
}

func read(folder, name string, limit int64) ([]byte, error) {
	f, err := os.Open(filepath.Join(folder, name))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = fmt.Errorf("%s: want at most %d bytes", name, limit)
	}
	return data, err
}

func inJSON(data []byte) (source string, found bool, err error) {
	var file struct {
		ChatTemplate json.RawMessage `json:"chat_template"`
	}
	if err := json.Unmarshal(data, &file); err != nil {
		return "", false, err
	}
	raw := bytes.TrimSpace(file.ChatTemplate)
	if len(raw) == 0 || string(raw) == "null" {
		return "", false, nil
	}
	if raw[0] == '"' {
		err = json.Unmarshal(raw, &source)
		return source, true, err
	}
	var named []struct{ Name, Template string }
	if err := json.Unmarshal(raw, &named); err != nil {
		return "", false, fmt.Errorf("chat_template: %w", err)
	}
	for _, n := range named {
		if n.Name == "default" {
			return n.Template, true, nil
		}
	}
	if len(named) > 0 {
		return named[0].Template, true, nil
	}
	return "", false, nil
}

// Parse checks a template and learns which form of content it takes.
func Parse(source string) (*Template, error) {
	if len(source) > maxTemplate {
		return nil, fmt.Errorf("chat: template: want at most %d bytes, found %d", maxTemplate, len(source))
	}
	source, err := prepare(source)
	if err != nil {
		return nil, err
	}
	t := &Template{source: source}
	if _, err := newSandbox(nil, 0).parse(source); err != nil {
		return nil, err
	}
	t.parts = t.probe()
	t.system = t.probeSystem()
	return t, nil
}
