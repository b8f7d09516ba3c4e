package hub

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Endpoint is the public hub.
const Endpoint = "https://huggingface.co"

// Limits on what a hub may say.
const (
	maxListing   = 32 << 20 // bytes of a repository's description
	maxFiles     = 4096
	maxFileBytes = 1 << 40
	maxRedirects = 5
	maxWait      = time.Minute // that a hub may ask to wait before the next try
)

// Client talks to one hub. The zero value talks to the public one without a token.
type Client struct {
	Endpoint string // "": the public hub
	Token    string // sent to Endpoint's host alone
	// Wait waits before the next try; nil: for that time.
	Wait func(ctx context.Context, d time.Duration) error
	// Stall is how long a connection may say nothing; 0: a minute.
	Stall time.Duration
}

// file is one file of a repository.
type file struct {
	Path string
	Size int64
	// Hash names the content: of large files its SHA-256, of others git's SHA-1 over "blob <size>\x00" and the content.
	Hash string
}

// listing is what a repository holds at a commit.
type listing struct {
	Commit string
	Files  []file
}

var (
	revisionName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$`)
	hashName     = regexp.MustCompile(`^([0-9a-f]{40}|[0-9a-f]{64})$`)
)

// Host is whom the client asks, such as "huggingface.co".
func (c *Client) Host() string {
	u, err := url.Parse(c.endpoint())
	if err != nil {
		return c.endpoint()
	}
	return u.Host
}

func (c *Client) endpoint() string {
	if c.Endpoint == "" {
		return Endpoint
	}
	return c.Endpoint
}

// list asks the hub for the files of a revision.
func (c *Client) list(ctx context.Context, r Repo, revision string) (*listing, error) {
	resp, err := c.get(ctx, fmt.Sprintf("/api/models/%s/revision/%s?blobs=true", r, revision), 0)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	var said struct {
		SHA      string
		Siblings []struct {
			Name string `json:"rfilename"`
			Size *int64
			Blob string `json:"blobId"`
			LFS  *struct {
				SHA256 string
				Size   int64
			}
		}
	}
	body := io.LimitReader(resp.Body, maxListing)
	if err := json.NewDecoder(body).Decode(&said); err != nil {
		return nil, fmt.Errorf("%w: want its list of files as JSON: %w", ErrHub, err)
	}
	if !commitName.MatchString(said.SHA) || len(said.Siblings) > maxFiles {
		return nil, fmt.Errorf("%w: want a commit and at most %d files, found %q and %d", ErrHub, maxFiles, said.SHA, len(said.Siblings))
	}
	l := &listing{Commit: said.SHA}
	for _, s := range said.Siblings {
		f := file{Path: s.Name, Hash: s.Blob}
		if s.Size != nil {
			f.Size = *s.Size
		}
		if s.LFS != nil {
			f.Hash, f.Size = s.LFS.SHA256, s.LFS.Size
		}
		if !wanted(f.Path) {
			continue
		}
		if !local(f.Path) || !hashName.MatchString(f.Hash) || f.Size < 0 || f.Size > maxFileBytes || (s.Size == nil && s.LFS == nil) {
			return nil, fmt.Errorf("%w: want files with a plain path, a size and a hash, found %q, %d bytes, %q", ErrHub, f.Path, f.Size, f.Hash)
		}
		l.Files = append(l.Files, f)
	}
	return l, nil
}

// model returns ErrNoModel unless there are a configuration and weights.
func (l *listing) model() error {
	if slices.ContainsFunc(l.Files, func(f file) bool { return f.Path == "config.json" }) &&
		slices.ContainsFunc(l.Files, func(f file) bool { return path.Ext(f.Path) == ".safetensors" }) {
		return nil
	}
	return fmt.Errorf("%w: want config.json and safetensors files", ErrNoModel)
}

// resolvePath is where a hub has a file.
func resolvePath(r Repo, commit string, f file) string {
	return fmt.Sprintf("/%s/resolve/%s/%s", r, commit, url.PathEscape(f.Path))
}

// wanted reports whether a model folder needs the file: configuration, tokenizer, templates, weights, and the licence.
func wanted(name string) bool {
	if strings.Contains(name, "/") { // other formats and checkpoints in between
		return false
	}
	switch strings.ToLower(path.Ext(name)) {
	case ".json", ".safetensors", ".jinja", ".model", ".tiktoken":
		return true
	}
	base := strings.ToUpper(name)
	return base == "MERGES.TXT" || base == "VOCAB.TXT" || strings.HasPrefix(base, "LICENSE") || strings.HasPrefix(base, "NOTICE")
}

// local reports whether a path from a hub stays in its folder on every system.
func local(name string) bool {
	return filepath.IsLocal(name) && len(name) <= 255 && !strings.HasPrefix(name, ".") && !strings.ContainsAny(name, "\\:\x00")
}

// get asks for a path of the hub from an offset on. What may pass by itself, it asks again.
func (c *Client) get(ctx context.Context, path string, offset int64) (*http.Response, error) {
	const tries = 5
	for try := 0; ; try++ {
		resp, wait, err := c.once(ctx, path, offset)
		if err == nil || wait < 0 || try == tries-1 || ctx.Err() != nil {
			return resp, err
		}
		if err := c.wait(ctx, max(wait, time.Second<<try)); err != nil {
			return nil, err
		}
	}
}

// once asks one time. wait is how long to wait before the next time, negative if there is no use in it.
func (c *Client) once(ctx context.Context, path string, offset int64) (resp *http.Response, wait time.Duration, err error) {
	endpoint := c.endpoint()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimRight(endpoint, "/")+path, nil)
	if err != nil || (req.URL.Scheme != "https" && req.URL.Scheme != "http") || req.URL.Host == "" {
		return nil, -1, fmt.Errorf("hub: endpoint: want an address such as %s, found %q", Endpoint, endpoint)
	}
	req.Header.Set("User-Agent", "sightglass")
	if c.Token != "" {
		req.Header.Set("Authorization", "Bearer "+c.Token)
	}
	if offset > 0 {
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-", offset))
	}
	resp, err = client.Do(req)
	if err != nil {
		if ctx.Err() != nil {
			return nil, -1, context.Cause(ctx)
		}
		var u *url.Error
		if errors.As(err, &u) {
			err = u.Err // without the address, which may hold a signature
		}
		return nil, 0, fmt.Errorf("%w: %s: %w", ErrHub, req.URL.Host, err)
	}
	switch s := resp.StatusCode; {
	case s == http.StatusOK, s == http.StatusPartialContent, s == http.StatusRequestedRangeNotSatisfiable:
		return resp, 0, nil
	case s == http.StatusNotFound, resp.Header.Get("X-Error-Code") == "RepoNotFound":
		err, wait = ErrNotFound, -1
	case s == http.StatusUnauthorized, s == http.StatusForbidden:
		err, wait = ErrAccess, -1
	case s == http.StatusTooManyRequests, s >= 500:
		seconds, _ := strconv.Atoi(resp.Header.Get("Retry-After"))
		wait = min(time.Duration(max(seconds, 0))*time.Second, maxWait)
		err = fmt.Errorf("%w: %s: %s", ErrHub, req.URL.Host, resp.Status)
	default:
		err, wait = fmt.Errorf("%w: %s: %s", ErrHub, req.URL.Host, resp.Status), -1
	}
	resp.Body.Close()
	return nil, wait, err
}

// client is shared, so that connections are. It goes by HTTPS_PROXY and the like, and follows redirects, to where a hub keeps large files, but
// never from https to http, and never with the token to another host: Go would send it to subdomains too.
var client = &http.Client{Transport: transport(), CheckRedirect: func(req *http.Request, via []*http.Request) error {
	switch {
	case len(via) > maxRedirects:
		return fmt.Errorf("want at most %d redirects", maxRedirects)
	case via[0].URL.Scheme == "https" && req.URL.Scheme != "https":
		return errors.New("want https to the end, found a redirect to http")
	case req.URL.Host != via[0].URL.Host:
		req.Header.Del("Authorization")
	}
	return nil
}}

func transport() *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.ResponseHeaderTimeout = time.Minute
	t.DisableCompression = true // sizes are those of the files
	return t
}

func (c *Client) wait(ctx context.Context, d time.Duration) error {
	if c.Wait != nil {
		return c.Wait(ctx, d)
	}
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
