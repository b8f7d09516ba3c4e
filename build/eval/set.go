package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// conversation is one or more questions about the same pictures, each asked after the answers to those before.
type conversation struct {
	ID       string
	Kind     string
	Pictures []string // file names beside set.json
	Turns    []turn
	Tags     map[string]any
}

type turn struct {
	Question string
	Want     []string // what is right; how it is compared says Score
	Score    string
}

// Kinds that are not read from set.json alone.
const (
	kindText   = "text"   // prompts without a picture
	kindAbsent = "absent" // questions about what is not in the picture
)

// readSet reads the drawn questions, and the prompts without a picture.
func readSet(dir, prompts string) ([]conversation, error) {
	var set []conversation
	if err := readJSON(filepath.Join(dir, "set.json"), &set); err != nil {
		return nil, err
	}
	var texts []string
	if err := readJSON(prompts, &texts); err != nil {
		return nil, err
	}
	for i, t := range texts {
		set = append(set, conversation{ID: fmt.Sprintf("text-%03d", i+1), Kind: kindText, Turns: []turn{{Question: t, Score: scoreSame}}})
	}
	for _, c := range set {
		for _, t := range c.Turns {
			if _, ok := scorers[t.Score]; !ok {
				return nil, fmt.Errorf("eval: %q: unknown score %q", c.ID, t.Score)
			}
		}
	}
	return set, nil
}

func readJSON(path string, v any) error {
	data, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(data, v)
	}
	if err != nil {
		return fmt.Errorf("eval: %q: %w", path, err)
	}
	return nil
}

// choose keeps the wanted kinds, all if none are named, and the first limit conversations of each, all if it is 0.
func choose(set []conversation, kinds []string, limit int) (out []conversation) {
	n := map[string]int{}
	for _, c := range set {
		if len(kinds) > 0 && !slices.Contains(kinds, c.Kind) || limit > 0 && n[c.Kind] >= limit {
			continue
		}
		n[c.Kind]++
		out = append(out, c)
	}
	return out
}

// byPictures puts conversations about the same pictures together, in the order of their first.
func byPictures(set []conversation) (groups [][]conversation) {
	at := map[string]int{}
	for _, c := range set {
		key := fmt.Sprint(c.Pictures)
		i, ok := at[key]
		if !ok || len(c.Pictures) == 0 {
			i = len(groups)
			at[key] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], c)
	}
	return groups
}
