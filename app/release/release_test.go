package release

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestLatest(t *testing.T) {
	for _, c := range []struct {
		name, body string
		status     int
		want       Release // without a version: ErrNoAnswer
	}{
		{"a release", `{"tag_name":"v0.2.0","html_url":"https://example.org/v0.2.0","body":"text"}`, 200, Release{"0.2.0", "https://example.org/v0.2.0"}},
		{"a page that is a script", `{"tag_name":"0.2.0","html_url":"javascript:alert(1)"}`, 200, Release{"0.2.0", ""}},
		{"a page without encryption", `{"tag_name":"0.2.0","html_url":"http://example.org"}`, 200, Release{"0.2.0", ""}},
		{"no version", `{"tag_name":"<b>latest</b>"}`, 200, Release{}},
		{"no JSON", `<html>`, 200, Release{}},
		{"nothing published", `{"message":"Not Found"}`, 404, Release{}},
		{"an endless feed", `{"tag_name":"` + strings.Repeat("9", 2<<20), 200, Release{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var asked *http.Request
			feed := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				asked = r
				w.WriteHeader(c.status)
				_, _ = w.Write([]byte(c.body))
			}))
			defer feed.Close()
			got, err := Latest(t.Context(), feed.URL)
			if c.want.Version == "" {
				if !errors.Is(err, ErrNoAnswer) {
					t.Errorf("got %+v, %v, want ErrNoAnswer", got, err)
				}
			} else if err != nil || got != c.want {
				t.Errorf("got %+v, %v, want %+v", got, err, c.want)
			}
			if len(asked.Cookies()) != 0 || asked.URL.RawQuery != "" || asked.UserAgent() != "Sightglass" {
				t.Errorf("the feed heard %q of %q", asked.UserAgent(), asked.URL)
			}
		})
	}
	if _, err := Latest(t.Context(), "http://127.0.0.1:1"); !errors.Is(err, ErrNoAnswer) {
		t.Errorf("nobody there: %v", err)
	}
}

func TestNewer(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"0.2.0", "0.1.9", true}, {"0.10.0", "0.9.0", true}, {"1.0.0", "0.99.99", true}, {"0.1.1", "0.1.0", true}, {"0.1.0", "0.1.0", false},
		{"0.1.0", "0.2.0", false}, {"0.1.0", "test", true}, {"1.0", "0.1.0", false}, {"1.0.0-rc1", "0.1.0", false}, {"-1.0.0", "0.1.0", false},
	} {
		if got := Newer(c.a, c.b); got != c.want {
			t.Errorf("%s against %s: got %v, want %v", c.a, c.b, got, c.want)
		}
	}
}
