package window

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestFiles(t *testing.T) {
	dir := t.TempDir()
	picture := filepath.Join(dir, "cat.png")
	if err := os.WriteFile(picture, []byte("meow"), 0o600); err != nil {
		t.Fatal(err)
	}
	f := &files{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusTeapot)
		}),
		clipboard: func() []byte { return []byte("copied") },
	}
	got := f.drop([]string{picture, dir, filepath.Join(dir, "gone.png")})
	if len(got) != 3 || got[0].Name != "cat.png" || got[0].Address == got[1].Address {
		t.Fatalf("got %v, want three files with addresses of their own, the first named cat.png", got)
	}

	for _, c := range []struct {
		name, address string
		status        int
		body          string
	}{
		{"a dropped file is sent", got[0].Address, http.StatusOK, "meow"},
		{"a dropped file is sent once", got[0].Address, http.StatusTeapot, ""},
		{"a folder is not sent", got[1].Address, http.StatusNotFound, ""},
		{"a file that is gone is not sent", got[2].Address, http.StatusNotFound, ""},
		{"a file that was not dropped is not sent", "/window/dropped/99", http.StatusTeapot, ""},
		{"a path is no address", picture, http.StatusTeapot, ""},
		{"the clipboard's picture is sent", "/window/clipboard", http.StatusOK, "copied"},
		{"all else is the app's", "/api/state", http.StatusTeapot, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := httptest.NewRecorder()
			f.ServeHTTP(w, httptest.NewRequest(http.MethodGet, c.address, nil))
			if w.Code != c.status {
				t.Errorf("got status %d, want %d", w.Code, c.status)
			}
			if c.body != "" && w.Body.String() != c.body {
				t.Errorf("got %q, want %q", w.Body, c.body)
			}
		})
	}
}

func TestFilesCutWhatIsTooLong(t *testing.T) {
	long := filepath.Join(t.TempDir(), "long.png")
	if err := os.WriteFile(long, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(long, 3*maxFileBytes); err != nil {
		t.Fatal(err)
	}
	var got length
	if err := send(&got, long); err != nil {
		t.Fatal(err)
	}
	if got != maxFileBytes {
		t.Errorf("got %d bytes, want %d", got, maxFileBytes)
	}
}

// length counts what is written.
type length int

func (l *length) Write(p []byte) (int, error) {
	*l += length(len(p))
	return len(p), nil
}

func TestResolve(t *testing.T) {
	got := resolve([]string{"--ask=screen", "a.png", "/b.png", "sightglass://ask", ""}, "/data/me")
	want := []string{"--ask=screen", "/data/me/a.png", "/b.png", "sightglass://ask", ""}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
