package hub

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// Cache is a Hugging Face cache folder.
type Cache struct{ Dir string }

// maxIndex is the largest model.safetensors.index.json that is read, in bytes: that of a model of 1000 B parameters has 10 MB.
const maxIndex = 64 << 20

// mainRevision is the revision that is taken unless another is asked for.
const mainRevision = "main"

var commitName = regexp.MustCompile(`^[0-9a-f]{40}$`)

// Find returns the folder of a repository's main revision, if all of it is there.
func (c Cache) Find(r Repo) (dir string, ok bool) {
	root := filepath.Join(c.Dir, r.folder())
	f, err := os.Open(filepath.Join(root, "refs", mainRevision))
	if err != nil {
		return "", false
	}
	defer f.Close()
	rev, err := io.ReadAll(io.LimitReader(f, 64))
	if err != nil || !commitName.MatchString(strings.TrimSpace(string(rev))) {
		return "", false
	}
	dir = filepath.Join(root, "snapshots", strings.TrimSpace(string(rev)))
	return dir, missing(dir) == ""
}

// List names the repositories that the cache holds whole.
func (c Cache) List() (repos []Repo) {
	entries, _ := os.ReadDir(c.Dir)
	for _, e := range entries {
		name, ok := strings.CutPrefix(e.Name(), "models--")
		if !ok {
			continue
		}
		r, err := ParseRepo(strings.Replace(name, "--", "/", 1))
		if err != nil {
			continue
		}
		if _, whole := c.Find(r); whole {
			repos = append(repos, r)
		}
	}
	return repos
}

// Remove deletes a repository and returns how many bytes that frees. A repository of which only a part was downloaded is removed too.
func (c Cache) Remove(r Repo) (freed int64, err error) {
	root := filepath.Join(c.Dir, r.folder())
	if _, err := os.Stat(root); err != nil {
		return 0, fmt.Errorf("hub: %q: want a downloaded repository, found none: %w", r, fs.ErrNotExist)
	}
	freed, err = c.Size(r)
	if err != nil {
		return 0, fmt.Errorf("hub: %q: %w", r, err)
	}
	// References first: what is stopped half way is not found as a model.
	for _, dir := range []string{filepath.Join(root, "refs"), root, filepath.Join(c.Dir, ".locks", r.folder())} {
		if err := os.RemoveAll(dir); err != nil {
			return 0, fmt.Errorf("hub: %q: %w", r, err)
		}
	}
	return freed, nil
}

// Discard deletes what a stopped download left of a repository, and all of it unless it is whole.
func (c Cache) Discard(r Repo) error {
	if _, whole := c.Find(r); !whole {
		_, err := c.Remove(r)
		if errors.Is(err, fs.ErrNotExist) {
			return nil // it had not begun
		}
		return err
	}
	parts, err := filepath.Glob(filepath.Join(escape(c.Dir), r.folder(), "blobs", "*.incomplete"))
	for _, part := range parts {
		err = errors.Join(err, os.Remove(part))
	}
	return err
}

// Size is how many bytes a repository takes on the disk, whole or not.
func (c Cache) Size(r Repo) (int64, error) { return Size(filepath.Join(c.Dir, r.folder(), "blobs")) }

// Size is how many bytes the files of a folder take, 0 where there is none.
func Size(dir string) (n int64, err error) {
	err = filepath.WalkDir(dir, func(_ string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		info, err := e.Info()
		if err == nil {
			n += info.Size()
		}
		return err
	})
	if errors.Is(err, fs.ErrNotExist) {
		return n, nil
	}
	return n, err
}

// missing names a file that a model folder wants and lacks, "" for none.
func missing(dir string) string {
	has := func(name string) bool {
		info, err := os.Stat(filepath.Join(dir, name))
		return err == nil && info.Mode().IsRegular()
	}
	if !has("config.json") {
		return "config.json"
	}
	const index = "model.safetensors.index.json"
	if !has(index) {
		if weights, _ := filepath.Glob(filepath.Join(escape(dir), "*.safetensors")); len(weights) == 0 {
			return "model.safetensors"
		}
		return ""
	}
	f, err := os.Open(filepath.Join(dir, index))
	if err != nil {
		return index
	}
	defer f.Close()
	var shards struct {
		WeightMap map[string]string `json:"weight_map"`
	}
	if json.NewDecoder(io.LimitReader(f, maxIndex)).Decode(&shards) != nil {
		return index
	}
	for _, shard := range shards.WeightMap {
		if !filepath.IsLocal(shard) || !has(shard) {
			return shard
		}
	}
	return ""
}

// escape keeps filepath.Glob from taking a folder's name for a pattern.
func escape(dir string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(dir)
}
