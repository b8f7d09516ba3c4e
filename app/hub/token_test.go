package hub

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTokensAreKeptForTheirOwnerAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data", "hub-token")
	fresh := func() *Tokens { return &Tokens{secret: secretFile(path)} }
	want := func(token string) {
		t.Helper()
		if got, err := fresh().Get(); err != nil || got != token {
			t.Errorf("got %q, %v, want %q", got, err, token)
		}
	}
	want("")
	tokens := fresh()
	for _, token := range []string{" hf_secret123\n", "hf_another456"} {
		if err := tokens.Set(token); err != nil {
			t.Fatal(err)
		}
		want(strings.TrimSpace(token))
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("got %v, %v, want a file that only its owner reads", info, err)
	}
	for _, bad := range []string{"short", "with spaces in it", "line\nbreak-in-it", "héhéhéhéhé", strings.Repeat("x", 501)} {
		if err := tokens.Set(bad); !errors.Is(err, ErrToken) {
			t.Errorf("%.12q: got %v, want %v", bad, err, ErrToken)
		}
	}
	want("hf_another456")
	for range 2 {
		if err := tokens.Set(""); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("the file of a forgotten token is still there")
	}
	if got, _ := tokens.Get(); got != "" {
		t.Errorf("got %q after it was forgotten", got)
	}
}

// The system is asked once: a keychain starts a program for each question.
func TestTokensAreAskedForOnce(t *testing.T) {
	s := &countedSecret{token: "hf_secret123"}
	tokens := &Tokens{secret: s}
	for range 3 {
		if got, err := tokens.Get(); got != "hf_secret123" || err != nil {
			t.Errorf("got %q, %v", got, err)
		}
	}
	if s.asked != 1 {
		t.Errorf("asked %d times, want once", s.asked)
	}
}

// One that the system denies is none, until another is set.
func TestATokenThatIsDenied(t *testing.T) {
	s := &countedSecret{token: "half", denied: errors.New("locked")}
	tokens := &Tokens{secret: s}
	if _, err := tokens.Get(); !errors.Is(err, s.denied) {
		t.Errorf("got %v, want %v", err, s.denied)
	}
	if got, err := tokens.Get(); got != "" || err != nil || s.asked != 1 {
		t.Errorf("again: got %q, %v, asked %d times; want none, asked once", got, err, s.asked)
	}
	if err := tokens.Set("hf_secret123"); err != nil {
		t.Fatal(err)
	}
	if got, err := tokens.Get(); got != "hf_secret123" || err != nil {
		t.Errorf("got %q, %v, want the one that was set", got, err)
	}
}

type countedSecret struct {
	token  string
	denied error
	asked  int
}

func (s *countedSecret) Get() (string, error) { s.asked++; return s.token, s.denied }
func (s *countedSecret) Set(t string) error   { s.token = t; return nil }
