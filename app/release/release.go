// Package release asks the project's feed of releases which version is the newest. It asks only when it is called, sends nothing
// about this machine, and downloads nothing.
package release

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Feed is the project's, as GitHub writes it.
const Feed = "https://api.github.com/repos/sightglass/sightglass/releases/latest"

const (
	maxFeed = 1 << 20 // bytes
	maxWait = 15 * time.Second
)

// ErrNoAnswer is returned when the feed cannot be read.
var ErrNoAnswer = errors.New("release: the feed does not answer")

// Release is a version that was published.
type Release struct {
	Version string // such as "0.2.0"
	Page    string // the address of its page, https
}

// Latest asks a feed for the newest release.
func Latest(ctx context.Context, feed string) (r Release, err error) {
	ctx, cancel := context.WithTimeout(ctx, maxWait)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, feed, nil)
	if err != nil {
		return r, fmt.Errorf("%w: %w", ErrNoAnswer, err)
	}
	request.Header.Set("User-Agent", "Sightglass")
	client := &http.Client{Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true}}
	response, err := client.Do(request)
	if err != nil {
		return r, fmt.Errorf("%w: %w", ErrNoAnswer, err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return r, fmt.Errorf("%w: want status 200, found %s", ErrNoAnswer, response.Status)
	}
	var wire struct {
		Tag  string `json:"tag_name"`
		Page string `json:"html_url"`
	}
	if err := json.NewDecoder(io.LimitReader(response.Body, maxFeed)).Decode(&wire); err != nil {
		return r, fmt.Errorf("%w: %w", ErrNoAnswer, err)
	}
	r.Version = strings.TrimPrefix(wire.Tag, "v")
	if _, ok := parse(r.Version); !ok {
		return r, fmt.Errorf("%w: want a version, found %.40q", ErrNoAnswer, wire.Tag)
	}
	if u, err := url.Parse(wire.Page); err == nil && u.Scheme == "https" && u.Host != "" {
		r.Page = u.String()
	}
	return r, nil
}

// Newer tells whether version a is newer than b. What is no version is older than every other.
func Newer(a, b string) bool {
	x, ok := parse(a)
	if !ok {
		return false
	}
	y, ok := parse(b)
	if !ok {
		return true
	}
	for i := range x {
		if x[i] != y[i] {
			return x[i] > y[i]
		}
	}
	return false
}

// parse reads three numbers with points between; published versions have nothing else.
func parse(version string) (v [3]int, ok bool) {
	parts := strings.Split(version, ".")
	if len(parts) != len(v) {
		return v, false
	}
	for i, p := range parts {
		n, err := strconv.ParseUint(p, 10, 31)
		if err != nil {
			return v, false
		}
		v[i] = int(n)
	}
	return v, true
}
