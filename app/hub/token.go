package hub

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
)

// ErrToken is returned for what cannot be an access token.
var ErrToken = errors.New("not an access token")

var tokenText = regexp.MustCompile(`^[\x21-\x7e]{8,500}$`)

// secret is where a token is kept.
type secret interface {
	Get() (string, error) // "" for none
	Set(string) error     // "" forgets it
}

// Tokens keeps the access token for gated repositories: on macOS in the keychain, elsewhere in a file that only this account may read.
// It asks the system once, also where that fails: a person who denied it is not asked again and again. Its methods may be called from any goroutine.
type Tokens struct {
	secret secret

	mu    sync.Mutex
	known bool
	token string
}

// NewTokens keeps a token for the app with this data folder.
func NewTokens(folder string) *Tokens { return &Tokens{secret: systemSecret(folder)} }

// Get returns the token, "" for none.
func (t *Tokens) Get() (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.known {
		return t.token, nil
	}
	token, err := t.secret.Get()
	t.known, t.token = true, token
	if err != nil {
		t.token = ""
		return "", fmt.Errorf("hub: token: %w", err)
	}
	return token, nil
}

// Set keeps another token; "" forgets it.
func (t *Tokens) Set(token string) error {
	if token = strings.TrimSpace(token); token != "" && !tokenText.MatchString(token) {
		return fmt.Errorf("hub: %w: want 8 to 500 letters, digits and signs, found %d bytes", ErrToken, len(token))
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.secret.Set(token); err != nil {
		return fmt.Errorf("hub: token: %w", err)
	}
	t.known, t.token = true, token
	return nil
}

// secretFile keeps a token in a file that only its owner may read.
type secretFile string

func (f secretFile) Get() (string, error) {
	data, err := os.ReadFile(string(f))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return strings.TrimSpace(string(data)), err
}

func (f secretFile) Set(token string) error {
	if token == "" {
		if err := os.Remove(string(f)); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(string(f)), 0o700); err != nil {
		return err
	}
	return replace(string(f), func(path string) error { return os.WriteFile(path, []byte(token), 0o600) })
}
