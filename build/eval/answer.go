package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"sightglass/engine"
)

// Lanes is how many conversations are answered side by side: each step then reads the weights once for all of them.
const lanes = 4

// The longest answers, in tokens: transcriptions of 60 words, prompts without a picture, and everything else.
const (
	maxTranscription = 256
	maxText          = 64
	maxOther         = 96
)

// answer is what the model said to one turn.
type answer struct {
	ID     string
	Turn   int
	Answer string
	Finish string
	Tokens []int32
}

// notebook keeps answers as they come, so that a run that was stopped goes on where it was.
type notebook struct {
	file *os.File
	have map[string][]answer // by conversation, in order of turns
}

// heading is the first line of a notebook: what its answers depend on, by content.
type heading struct {
	Program, Model, Set string
	Exact               bool
}

// openNotebook reads what is there, or begins anew if it depends on something else.
func openNotebook(path string, h heading) (*notebook, error) {
	n := &notebook{have: map[string][]answer{}}
	found := n.read(path, h)
	// Written whole again, because the last line may have been cut.
	f, err := os.Create(path)
	if err != nil {
		return nil, fmt.Errorf("eval: %w", err)
	}
	n.file = f
	if err := n.write(h); err != nil {
		return nil, err
	}
	for _, a := range found {
		if err := n.add(a); err != nil {
			return nil, err
		}
	}
	return n, nil
}

// read returns the answers of a notebook with that heading, up to what cannot be read.
func (n *notebook) read(path string, want heading) (list []answer) {
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	lines := json.NewDecoder(bufio.NewReader(f))
	var found heading
	if err := lines.Decode(&found); err != nil || found != want {
		return nil
	}
	for {
		var a answer
		if lines.Decode(&a) != nil {
			return list
		}
		list = append(list, a)
	}
}

func (n *notebook) write(v any) error {
	line, err := json.Marshal(v)
	if err == nil {
		_, err = n.file.Write(append(line, '\n'))
	}
	if err != nil {
		return fmt.Errorf("eval: %w", err)
	}
	return nil
}

func (n *notebook) add(a answer) error {
	n.have[a.ID] = append(n.have[a.ID], a)
	return n.write(a)
}

// asker puts conversations to a model.
type asker struct {
	session  *engine.Session
	dir      string // of the pictures
	notes    *notebook
	progress func(done, all int)
}

// lane is a queue of conversations about the same pictures. Its prompts begin alike, so that the cache serves all but the first.
type lane struct {
	queue   []conversation
	started bool
}

// ask answers all that the notebook does not have.
func (a *asker) ask(ctx context.Context, set []conversation) error {
	var open []conversation
	for _, c := range set {
		if len(a.notes.have[c.ID]) < len(c.Turns) {
			open = append(open, c)
		}
	}
	groups := byPictures(open)
	var running []*lane
	done := 0
	for {
		running = slices.DeleteFunc(running, func(l *lane) bool { return len(l.queue) == 0 })
		for len(running) < lanes && len(groups) > 0 {
			running = append(running, &lane{queue: groups[0]})
			groups = groups[1:]
		}
		if len(running) == 0 {
			return nil
		}
		// Those under way first: they find their cache before a new one takes a place in it.
		slices.SortStableFunc(running, func(x, y *lane) int { return rank(x) - rank(y) })
		if err := a.step(ctx, running); err != nil {
			return err
		}
		for _, l := range running {
			l.started = true
			if c := l.queue[0]; len(a.notes.have[c.ID]) == len(c.Turns) {
				l.queue = l.queue[1:]
				done++
			}
		}
		a.progress(done, len(open))
	}
}

func rank(l *lane) int {
	if l.started {
		return 0
	}
	return 1
}

// step answers the next question of each lane.
func (a *asker) step(ctx context.Context, running []*lane) error {
	requests := make([]engine.Request, len(running))
	for i, l := range running {
		var err error
		if requests[i], err = a.request(l.queue[0]); err != nil {
			return err
		}
	}
	results, err := a.session.GenerateBatch(ctx, requests, func(int, engine.Event) {})
	if err != nil {
		return err
	}
	for i, r := range results {
		c := running[i].queue[0]
		if err := a.notes.add(answer{ID: c.ID, Turn: len(a.notes.have[c.ID]), Answer: r.Text, Finish: string(r.Finish), Tokens: r.Tokens}); err != nil {
			return err
		}
	}
	return nil
}

// request is the conversation up to the first turn without an answer.
func (a *asker) request(c conversation) (engine.Request, error) {
	r := engine.Request{MaxTokens: maxOther}
	have := a.notes.have[c.ID]
	for i, t := range c.Turns[:len(have)+1] {
		m := engine.Message{Role: engine.User}
		if i == 0 {
			for _, name := range c.Pictures {
				data, err := os.ReadFile(filepath.Join(a.dir, name))
				if err != nil {
					return r, fmt.Errorf("eval: %w", err)
				}
				m.Parts = append(m.Parts, engine.Part{Picture: data})
			}
		}
		m.Parts = append(m.Parts, engine.Part{Text: t.Question})
		r.Messages = append(r.Messages, m)
		if i < len(have) {
			r.Messages = append(r.Messages, engine.Message{Role: engine.Assistant, Parts: []engine.Part{{Text: have[i].Answer}}})
		}
		switch t.Score {
		case scoreCER:
			r.MaxTokens = maxTranscription
		case scoreSame:
			r.MaxTokens = maxText
		}
	}
	return r, nil
}

// fingerprint names the content of files, and of the files in folders.
func fingerprint(paths ...string) (string, error) {
	h := sha256.New()
	for _, path := range paths {
		err := filepath.WalkDir(path, func(p string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return err
			}
			f, err := os.Open(p)
			if err != nil {
				return err
			}
			defer f.Close()
			fmt.Fprintln(h, d.Name())
			_, err = io.Copy(h, f)
			return err
		})
		if err != nil {
			return "", fmt.Errorf("eval: %w", err)
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
