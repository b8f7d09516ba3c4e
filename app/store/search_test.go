package store

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

func TestSearch(t *testing.T) {
	s := openTest(t)
	for _, c := range []struct {
		title string
		texts []string
	}{
		{"Invoices", []string{"What is the total?", "The total is 42 euros."}},
		{"Holiday", []string{"Where was this taken, in ZÜRICH?", "By the lake."}},
		{"Long", []string{"x", strings.Repeat("padding ", 40) + "needle" + strings.Repeat(" padding", 40)}},
		{"Total mess", nil},
	} {
		chat, err := s.CreateChat(c.title)
		must(t, err)
		if c.texts != nil {
			addText(t, s, chat.ID, c.texts...)
		}
	}
	must(t, s.DeleteMessage("2", "4"))
	for _, c := range []struct{ name, query, want string }{
		{"a word of a title", "holiday", "2:"},
		{"a word of a message, with what is around it", "EUROS", "1:The total is 42 euros."},
		{"case beyond ASCII", "zürich", "2:Where was this taken, in ZÜRICH?"},
		{"words in title and message together", "total mess", "4:"},
		{"the last updated first", "total", "4: 1:What is the total?"},
		{"all words must occur", "total lake", ""},
		{"deleted messages are not searched", "lake", ""},
		{"a part of a word", "invoi", "1:"},
		{"no words find all", "  ", "4: 3: 2: 1:"},
		{"a long message is cut on both sides", "needle", "3:…" + strings.Repeat("padding ", 5) + "needle" + strings.Repeat(" padding", 9) + " p…"},
	} {
		t.Run(c.name, func(t *testing.T) {
			matches, err := s.Search(c.query)
			must(t, err)
			var got []string
			for _, m := range matches {
				got = append(got, m.ID+":"+m.Snippet)
			}
			if got := strings.Join(got, " "); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// BenchmarkSearch searches 10,000 messages of about 600 bytes in 500 chats for two words, one of them rare.
func BenchmarkSearch(b *testing.B) {
	s := openTest(b)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range 500 {
		chat, err := s.CreateChat(fmt.Sprintf("Chat %d", i))
		must(b, err)
		texts := make([]string, 20)
		for j := range texts {
			var text strings.Builder
			for range 100 {
				fmt.Fprintf(&text, "w%d ", r.IntN(50000))
			}
			texts[j] = text.String()
		}
		addText(b, s, chat.ID, texts...)
	}
	for b.Loop() {
		matches, err := s.Search("w4242 w1")
		must(b, err)
		if len(matches) == 0 {
			b.Fatal("found nothing")
		}
	}
}
