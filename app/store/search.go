package store

import (
	"slices"
	"strings"
	"unicode/utf8"

	"go.etcd.io/bbolt"
)

// snippetRunes is how much of a message a Match shows, about a line of a list.
const snippetRunes = 120

// Match is a chat that a search found.
type Match struct {
	Chat
	Snippet string // of the first message that has one of the words, "" if only the title has them
}

// Search returns the chats in whose title and messages all words of query occur, in any case, the last updated first.
// A query without words finds all chats.
func (s *Store) Search(query string) (matches []Match, err error) {
	words := strings.Fields(strings.ToLower(query))
	err = s.view("search", func(tx *bbolt.Tx) error {
		return eachChat(tx, func(key []byte, r chatRecord) error {
			m := Match{Chat: r.chat(key)}
			if len(words) == 0 {
				matches = append(matches, m)
				return nil
			}
			missing := strike(words, strings.ToLower(r.Title))
			err := eachMessage(tx, key, func(_ []byte, message messageRecord) error {
				if message.Deleted != nil || m.Snippet != "" && len(missing) == 0 {
					return nil
				}
				text := strings.ToLower(message.Text)
				if m.Snippet == "" {
					m.Snippet = snippet(message.Text, text, words)
				}
				missing = strike(missing, text)
				return nil
			})
			if err == nil && len(missing) == 0 {
				matches = append(matches, m)
			}
			return err
		})
	})
	slices.SortStableFunc(matches, func(a, b Match) int { return b.Updated.Compare(a.Updated) })
	return matches, err
}

// strike returns the words that do not occur in text.
func strike(words []string, text string) (missing []string) {
	for _, w := range words {
		if !strings.Contains(text, w) {
			missing = append(missing, w)
		}
	}
	return missing
}

// snippet cuts text around the first of words in it; lower is text in lower case, rune by rune. It is "" without a match.
func snippet(text, lower string, words []string) string {
	for _, w := range words {
		at := strings.Index(lower, w)
		if at < 0 {
			continue
		}
		runes := []rune(text)
		from := max(0, utf8.RuneCountInString(lower[:at])-snippetRunes/3)
		to := min(len(runes), from+snippetRunes)
		cut := strings.Join(strings.Fields(string(runes[from:to])), " ")
		if from > 0 {
			cut = "…" + cut
		}
		if to < len(runes) {
			cut += "…"
		}
		return cut
	}
	return ""
}
