package builtin_test

import (
	"os"
	"testing"

	"sightglass/engine"
	"sightglass/engine/builtin"
	"sightglass/engine/cpu"
)

// TestWithoutAPictureTheAdapterRests asks about a picture and about none at once: each answer is the one that it gets alone, and without a
// picture that of the model without its adapter, also where the cache holds the same words with a picture before them.
func TestWithoutAPictureTheAdapterRests(t *testing.T) {
	dev, err := cpu.Open(cpu.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { dev.Close() })
	f := builtin.In(".")
	ask := func(s *engine.Session, rs ...engine.Request) (texts []string) {
		t.Helper()
		results, err := s.GenerateBatch(t.Context(), rs, func(int, engine.Event) {})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range results {
			texts = append(texts, r.Text)
		}
		return texts
	}
	data, err := os.ReadFile("testdata/screens/dialog-1.png")
	if err != nil {
		t.Fatal(err)
	}
	question := engine.Part{Text: "What is the title of this window?"}
	about := engine.Request{Messages: []engine.Message{{Role: engine.User, Parts: []engine.Part{{Picture: data}, question}}}, MaxTokens: 12}
	without := engine.Request{Messages: []engine.Message{{Role: engine.User, Parts: []engine.Part{question}}}, MaxTokens: 12}

	open := func(adapter string) *engine.Session {
		s, err := engine.Open(t.Context(), dev, f.Model(), engine.Options{Adapter: adapter, Exact: true})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		return s
	}
	base := ask(open(""), without)[0]
	s := open(f.Adapter())
	both := ask(s, about, without)
	if both[1] != base {
		t.Errorf("without a picture: got %q, want the model's own %q", both[1], base)
	}
	if alone := ask(s, about)[0]; alone != both[0] {
		t.Errorf("about a picture: got %q beside another answer, %q alone", both[0], alone)
	}
	if again := ask(s, without)[0]; again != base {
		t.Errorf("without a picture, once more: got %q, want %q", again, base)
	}
	if both[0] == base {
		t.Errorf("about a picture: got %q, as without one", base)
	}
}
