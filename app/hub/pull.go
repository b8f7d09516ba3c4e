package hub

import (
	"context"
	"crypto/sha1" //nolint:gosec // git names files by it
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"
)

// parallel is how many files are downloaded at once.
const parallel = 4

// spare is what a download leaves free on the disk, in bytes.
const spare = 256 << 20

// tellBytes is how much of a file comes between two reports.
const tellBytes = 1 << 20

// Progress is how far a download has come.
type Progress struct {
	Done, Total int64 // bytes
	Files       int   // of the model
}

// Pull downloads what a model needs of a repository at a revision, "" for its main one, and returns its folder. report, if not nil, is called
// from one goroutine at a time. When ctx ends, what was downloaded stays, and the next Pull goes on from there.
func (c *Client) Pull(ctx context.Context, cache Cache, r Repo, revision string, report func(Progress)) (dir string, err error) {
	if revision == "" {
		revision = mainRevision
	}
	if !revisionName.MatchString(revision) {
		return "", fmt.Errorf("hub: %q: %w: want a branch, tag or commit, found %q", r, ErrNotFound, revision)
	}
	p := &pull{Client: c, repo: r, root: filepath.Join(cache.Dir, r.folder()), locks: filepath.Join(cache.Dir, ".locks", r.folder()), report: report}
	if dir, err = p.run(ctx, revision); err != nil {
		return "", fmt.Errorf("hub: %q: %w", r, err)
	}
	return dir, nil
}

// pull is one download.
type pull struct {
	*Client
	repo        Repo
	root, locks string
	commit      string

	mu       sync.Mutex
	progress Progress
	report   func(Progress)
}

func (p *pull) run(ctx context.Context, revision string) (dir string, err error) {
	l, err := p.list(ctx, p.repo, revision)
	if err != nil {
		return "", err
	}
	if err := l.model(); err != nil {
		return "", err
	}
	for _, d := range []string{p.blob(""), p.locks} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			return "", err
		}
	}
	p.commit = l.Commit
	blobs := p.missing(l.Files)
	if err := p.room(blobs); err != nil {
		return "", err
	}
	group, gctx := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for _, f := range blobs {
		group.Go(func() error {
			if err := p.fetch(gctx, f); err != nil {
				return fmt.Errorf("%s: %w", f.Path, err)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		if ctx.Err() != nil {
			return "", context.Cause(ctx)
		}
		return "", err
	}
	return p.publish(l, revision)
}

func (p *pull) blob(hash string) string { return filepath.Join(p.root, "blobs", hash) }

func (p *pull) partial(hash string) string { return p.blob(hash) + ".incomplete" }

// missing lists the files whose content is not there, each content once, the largest first, and counts what is.
func (p *pull) missing(files []file) (list []file) {
	p.progress.Files = len(files)
	seen := map[string]bool{}
	for _, f := range files {
		if seen[f.Hash] {
			continue
		}
		seen[f.Hash] = true
		p.progress.Total += f.Size
		if have(p.blob(f.Hash)) == f.Size {
			p.progress.Done += f.Size
			continue
		}
		list = append(list, f)
	}
	slices.SortFunc(list, func(a, b file) int { return int(min(1, max(-1, b.Size-a.Size))) })
	return list
}

// have is the size of a file, -1 if there is none.
func have(path string) int64 {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		return -1
	}
	return info.Size()
}

// room checks that what is missing fits on the disk.
func (p *pull) room(files []file) error {
	var want int64
	for _, f := range files {
		want += max(0, f.Size-max(0, have(p.partial(f.Hash))))
	}
	var s unix.Statfs_t
	if want == 0 || unix.Statfs(p.root, &s) != nil {
		return nil
	}
	if free := int64(s.Bavail) * int64(s.Bsize); want+spare > free { //nolint:unconvert // Bsize differs by system
		return fmt.Errorf("%w: want %d MB more, found %d MB free", ErrSpace, (want+spare)>>20, free>>20)
	}
	return nil
}

// fetch downloads one file to its place.
func (p *pull) fetch(ctx context.Context, f file) error {
	unlock, err := p.lock(ctx, f.Hash)
	if err != nil {
		return err
	}
	defer unlock()
	if have(p.blob(f.Hash)) == f.Size { // another program was faster
		p.add(f.Size)
		return nil
	}
	out, err := os.OpenFile(p.partial(f.Hash), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	defer out.Close()
	// Once more from the start where the bytes are wrong: those of an earlier run may be.
	for again := range 2 {
		if err := p.fill(ctx, out, f); err != nil {
			return err
		}
		right, err := verify(out, f)
		if err != nil {
			return err
		}
		if right {
			break
		}
		p.add(-f.Size)
		if err := out.Truncate(0); err != nil {
			return err
		}
		if again == 1 {
			return fmt.Errorf("%w: want the hash %s", ErrCorrupt, f.Hash)
		}
	}
	if err := out.Sync(); err != nil {
		return err
	}
	return os.Rename(p.partial(f.Hash), p.blob(f.Hash))
}

// fill brings a file to its size, from where it is. Each connection that is cut is made anew, as long as one of them brings something.
func (p *pull) fill(ctx context.Context, out *os.File, f file) error {
	info, err := out.Stat()
	if err != nil {
		return err
	}
	at := info.Size()
	if at > f.Size {
		if err := out.Truncate(0); err != nil {
			return err
		}
		at = 0
	}
	p.add(at)
	const tries = 5
	for failed := 0; at < f.Size; {
		n, err := p.part(ctx, out, f, at)
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case err == nil:
		case errors.Is(err, ErrAccess), errors.Is(err, ErrNotFound), errors.Is(err, ErrHub), errors.Is(err, unix.ENOSPC), failed == tries-1:
			return err // asked again often enough, or no use in it
		case n <= at:
			failed++
		default:
			failed = 0
		}
		at = n
		if at < f.Size {
			if err := p.wait(ctx, time.Second<<failed); err != nil {
				return err
			}
		}
	}
	return nil
}

// part copies what one connection brings behind the first at bytes, tells of it on the way, and returns the file's size then.
func (p *pull) part(ctx context.Context, out *os.File, f file, at int64) (size int64, err error) {
	var told, untold int64
	defer func() { p.add(size - at - told) }()
	stall := p.Stall
	if stall == 0 {
		stall = time.Minute
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	watch := time.AfterFunc(stall, cancel)
	defer watch.Stop()
	resp, err := p.get(ctx, resolvePath(p.repo, p.commit, f), at)
	if err != nil {
		return at, err
	}
	defer resp.Body.Close()
	var start int64
	switch {
	case resp.StatusCode == http.StatusOK: // from the start, whatever was asked for
	case resp.StatusCode == http.StatusPartialContent && strings.HasPrefix(resp.Header.Get("Content-Range"), fmt.Sprintf("bytes %d-", at)):
		start = at
	default:
		return 0, errors.Join(fmt.Errorf("%w: want bytes from %d on, found %s", ErrCorrupt, at, resp.Status), out.Truncate(0))
	}
	if err := out.Truncate(start); err != nil {
		return at, err
	}
	n, err := io.Copy(io.NewOffsetWriter(out, start), &watched{io.LimitReader(resp.Body, f.Size-start+1), func(n int) {
		watch.Reset(stall)
		if untold += int64(n); untold >= tellBytes {
			p.add(untold)
			told, untold = told+untold, 0
		}
	}})
	if start+n > f.Size {
		return 0, errors.Join(fmt.Errorf("%w: want %d bytes, found more", ErrCorrupt, f.Size), out.Truncate(0))
	}
	if err == nil && start+n < f.Size {
		err = io.ErrUnexpectedEOF
	}
	return start + n, err
}

// watched tells of each read.
type watched struct {
	io.Reader
	read func(n int)
}

func (w *watched) Read(b []byte) (int, error) {
	n, err := w.Reader.Read(b)
	w.read(n)
	return n, err
}

// verify compares a file's content with its name.
func verify(out *os.File, f file) (bool, error) {
	var h hash.Hash
	if len(f.Hash) == 2*sha256.Size {
		h = sha256.New()
	} else {
		h = sha1.New() //nolint:gosec // see above
		fmt.Fprintf(h, "blob %d\x00", f.Size)
	}
	if _, err := io.Copy(h, io.NewSectionReader(out, 0, f.Size)); err != nil {
		return false, err
	}
	return hex.EncodeToString(h.Sum(nil)) == f.Hash, nil
}

// lock keeps other programs from writing the same file.
func (p *pull) lock(ctx context.Context, hash string) (unlock func(), err error) {
	l, err := os.OpenFile(filepath.Join(p.locks, hash+".lock"), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	for {
		err := unix.Flock(int(l.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if err == nil {
			return func() { l.Close() }, nil
		}
		if !errors.Is(err, unix.EWOULDBLOCK) && !errors.Is(err, unix.EINTR) {
			l.Close()
			return nil, err
		}
		if err := p.wait(ctx, 100*time.Millisecond); err != nil {
			l.Close()
			return nil, err
		}
	}
}

// publish gives the files their names, and the revision its commit, last.
func (p *pull) publish(l *listing, revision string) (dir string, err error) {
	dir = filepath.Join(p.root, "snapshots", l.Commit)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	for _, f := range l.Files {
		if err := replace(filepath.Join(dir, f.Path), func(path string) error {
			return os.Symlink(filepath.Join("..", "..", "blobs", f.Hash), path)
		}); err != nil {
			return "", err
		}
	}
	if name := missing(dir); name != "" {
		return "", fmt.Errorf("%w: the repository lacks %q", ErrNoModel, name)
	}
	refs := filepath.Join(p.root, "refs")
	if err := os.MkdirAll(refs, 0o755); err != nil {
		return "", err
	}
	return dir, replace(filepath.Join(refs, revision), func(path string) error {
		return os.WriteFile(path, []byte(l.Commit), 0o644)
	})
}

// replace makes a file beside its place, and moves it there at once.
func replace(path string, make func(path string) error) error {
	next := path + ".new"
	if err := os.RemoveAll(next); err != nil {
		return err
	}
	if err := make(next); err != nil {
		return err
	}
	return os.Rename(next, path)
}

func (p *pull) add(n int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.progress.Done += n
	if p.report != nil {
		p.report(p.progress)
	}
}
