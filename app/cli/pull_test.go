package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sightglass/app/hub/hubtest"
)

// serveTiny is a hub with the tiny test model as org/tiny, open to those who have the token.
func serveTiny(t *testing.T) *hubtest.Hub {
	h := hubtest.New(t, map[string]string{"org/tiny": tiny})
	h.Token = "secret"
	return h
}

func TestModelsArePulledUsedAndRemoved(t *testing.T) {
	t.Setenv("HF_HUB_CACHE", t.TempDir())
	t.Setenv("HF_HOME", t.TempDir())
	t.Setenv("SIGHTGLASS_HOME", t.TempDir())
	t.Setenv("HF_TOKEN", "")
	t.Setenv("HF_HUB_OFFLINE", "")
	t.Setenv("HF_ENDPOINT", serveTiny(t).URL)
	if code, _, errs := run(t, "models", "pull", "org/tiny"); code != exitError || !strings.Contains(errs, "set HF_TOKEN") {
		t.Errorf("without a token: exit %d, %q", code, errs)
	}
	// The token that Hugging Face's tools keep.
	if err := os.WriteFile(filepath.Join(os.Getenv("HF_HOME"), "token"), []byte("secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	code, dir, errs := run(t, "models", "pull", "org/tiny")
	if code != 0 || errs != "" {
		t.Fatalf("pull: exit %d, %q", code, errs)
	}
	if want := filepath.Join(os.Getenv("HF_HUB_CACHE"), "models--org--tiny"); !strings.HasPrefix(dir, want) {
		t.Errorf("pull: got %q, want a folder in %q", dir, want)
	}
	made := filepath.Join(converted(), "made-4bit")
	if err := os.MkdirAll(made, 0o755); err != nil {
		t.Fatal(err)
	}
	if code, out, _ := run(t, "models", "list"); code != 0 || out != "builtin\n"+made+"\norg/tiny\n" {
		t.Errorf("list: exit %d, %q", code, out)
	}
	if err := os.Remove(made); err != nil {
		t.Fatal(err)
	}
	ask := func(model string) string {
		code, out, errs := run(t, "ask", "--model", model, "--exact", "--max-tokens", "8", "--image", tiny+"/a.png", "What is that?")
		if code != 0 {
			t.Fatalf("ask %s: exit %d, %q", model, code, errs)
		}
		return out
	}
	if got, want := ask("org/tiny"), ask(tiny); got != want {
		t.Errorf("ask: got %q, want %q", got, want)
	}
	if code, out, _ := run(t, "models", "rm", "org/tiny"); code != 0 || !strings.HasPrefix(out, "removed org/tiny") {
		t.Errorf("rm: exit %d, %q", code, out)
	}
	if code, out, _ := run(t, "models", "list"); code != 0 || out != "builtin\n" {
		t.Errorf("list: exit %d, %q", code, out)
	}
}

func TestPullRefusesWhatItCannotDo(t *testing.T) {
	t.Setenv("HF_HUB_CACHE", t.TempDir())
	t.Setenv("HF_ENDPOINT", serveTiny(t).URL)
	for _, c := range []struct{ repo, offline, endpoint, want string }{
		{"nonsense", "", "", "want org/name"},
		{"org/tiny", "1", "", "HF_HUB_OFFLINE"},
		{"org/other", "", "", "no such repository"},
		{"org/tiny", "", "ftp://example.org", "want an address such as https://"},
	} {
		t.Setenv("HF_HUB_OFFLINE", c.offline)
		if c.endpoint != "" {
			t.Setenv("HF_ENDPOINT", c.endpoint)
		}
		if code, out, errs := run(t, "models", "pull", c.repo); code != exitError || out != "" || !strings.Contains(errs, c.want) || strings.Count(errs, "\n") != 1 {
			t.Errorf("%s: exit %d, %q, want one sentence with %q", c.repo, code, errs, c.want)
		}
	}
	if code, _, errs := run(t, "models", "rm", "org/tiny"); code != exitError || !strings.Contains(errs, "org/tiny") {
		t.Errorf("rm: exit %d, %q", code, errs)
	}
}
