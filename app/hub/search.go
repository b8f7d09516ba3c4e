package hub

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
)

// Limits on what is asked and taken of a search.
const (
	maxWords   = 200
	maxFound   = 30
	maxSmall   = 4 << 20 // bytes of a configuration file
	maxNameLen = 200
)

// Found is a repository that a search found, with what the hub knows of it.
type Found struct {
	Repo         Repo
	Downloads    int64
	Gated        bool   // it wants an agreement and a token
	Architecture string // of its config.json, "" where that does not say
	Bytes        int64  // of its weights, 0 where the hub does not know
}

// elementBytes is the size of a number by the name that safetensors has for its type.
var elementBytes = map[string]int64{"F64": 8, "I64": 8, "F32": 4, "I32": 4, "U32": 4, "F16": 2, "BF16": 2, "I16": 2, "I8": 1, "U8": 1, "F8_E4M3": 1, "F8_E5M2": 1}

// Search asks the hub for repositories with safetensors whose names hold the words, the most downloaded first.
func (c *Client) Search(ctx context.Context, words string) ([]Found, error) {
	if words = strings.TrimSpace(words); words == "" || len(words) > maxWords {
		return nil, fmt.Errorf("hub: search: %w: want 1 to %d bytes, found %d", ErrName, maxWords, len(words))
	}
	query := url.Values{"search": {words}, "filter": {"safetensors"}, "sort": {"downloads"}, "direction": {"-1"}, "limit": {fmt.Sprint(maxFound)},
		"expand[]": {"downloads", "gated", "config", "safetensors"}}
	resp, err := c.get(ctx, "/api/models?"+query.Encode(), 0)
	if err != nil {
		return nil, fmt.Errorf("hub: search: %w", err)
	}
	defer resp.Body.Close()
	var said []struct {
		ID        string
		Downloads int64
		Gated     any // false, "auto" or "manual"
		Config    struct {
			Architectures []string
		}
		Safetensors struct {
			Parameters map[string]int64
		}
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, maxListing)).Decode(&said); err != nil {
		return nil, fmt.Errorf("hub: search: %w: want a list of repositories as JSON: %w", ErrHub, err)
	}
	found := []Found{}
	for _, s := range said[:min(len(said), maxFound)] {
		r, err := ParseRepo(s.ID)
		if err != nil {
			continue // of an old kind, without an owner
		}
		f := Found{Repo: r, Downloads: max(0, s.Downloads), Gated: s.Gated != nil && s.Gated != false}
		if a := s.Config.Architectures; len(a) > 0 && len(a[0]) <= maxNameLen {
			f.Architecture = a[0]
		}
		for typ, n := range s.Safetensors.Parameters {
			if n < 0 || n > maxFileBytes {
				f.Bytes = 0
				break
			}
			f.Bytes += n * elementBytes[typ]
		}
		found = append(found, f)
	}
	return found, nil
}

// Details is what a repository holds that a model needs: how much, and its configuration.
type Details struct {
	Bytes int64
	Files int
	// Config and the others are config.json, preprocessor_config.json and processor_config.json; nil where there is none.
	Config, Preprocessor, Processor []byte
}

// Look asks for the details of a repository's main revision.
func (c *Client) Look(ctx context.Context, r Repo) (d Details, err error) {
	l, err := c.list(ctx, r, mainRevision)
	if err != nil {
		return d, fmt.Errorf("hub: %q: %w", r, err)
	}
	if err := l.model(); err != nil {
		return d, fmt.Errorf("hub: %q: %w", r, err)
	}
	seen := map[string]bool{}
	for _, f := range l.Files {
		if !seen[f.Hash] {
			d.Bytes += f.Size
		}
		seen[f.Hash] = true
		into := map[string]*[]byte{"config.json": &d.Config, "preprocessor_config.json": &d.Preprocessor, "processor_config.json": &d.Processor}[f.Path]
		if into == nil {
			continue
		}
		if *into, err = c.small(ctx, r, l.Commit, f); err != nil {
			return d, fmt.Errorf("hub: %q: %s: %w", r, f.Path, err)
		}
	}
	d.Files = len(l.Files)
	return d, nil
}

// small reads a configuration file.
func (c *Client) small(ctx context.Context, r Repo, commit string, f file) ([]byte, error) {
	if f.Size > maxSmall {
		return nil, fmt.Errorf("%w: want at most %d bytes, found %d", ErrHub, maxSmall, f.Size)
	}
	resp, err := c.get(ctx, resolvePath(r, commit, f), 0)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(io.LimitReader(resp.Body, f.Size+1))
	switch {
	case err != nil:
		return nil, errors.Join(ErrHub, err)
	case int64(len(data)) != f.Size:
		return nil, fmt.Errorf("%w: want %d bytes, found %d", ErrCorrupt, f.Size, len(data))
	}
	return data, nil
}
