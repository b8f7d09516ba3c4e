package engine

import (
	"os"
	"path/filepath"
	"testing"
)

// Two models of one configuration are told apart by their weights, whatever their folders are called, and one is known again elsewhere.
func TestFingerprint(t *testing.T) {
	print := func(dir string) string {
		t.Helper()
		p, err := Fingerprint(dir, "")
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	copied := func(name string) string {
		t.Helper()
		dir := filepath.Join(t.TempDir(), name)
		if err := os.CopyFS(dir, os.DirFS(splitCheckpoint)); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	want := print(splitCheckpoint)
	for _, name := range []string{"plain", "[4bit] a*b?", `back\slash`} {
		dir := copied(name)
		if got := print(dir); got != want {
			t.Errorf("%q: got another fingerprint than the same model elsewhere", name)
		}
		path := filepath.Join(dir, "model.safetensors")
		weights, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		weights[len(weights)-1]++
		if err := os.WriteFile(path, weights, 0o600); err != nil {
			t.Fatal(err)
		}
		if got := print(dir); got == want {
			t.Errorf("%q: got the same fingerprint for other weights", name)
		}
	}
	if p, err := Fingerprint(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Errorf("of no folder: got %q, want an error", p)
	}
}
