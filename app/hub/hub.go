// Package hub finds, downloads and removes model folders. They lie in the Hugging Face cache, by its public layout
// (huggingface.co/docs/hub/local-cache), so that other tools find what was downloaded here and the other way round:
//
//	models--org--name/blobs/<hash>                  the files by their content
//	models--org--name/snapshots/<commit>/<path>     links to them by their names
//	models--org--name/refs/<revision>               the commit that a revision is at
//	.locks/models--org--name/<hash>.lock            held while a file is written
//
// A file goes to its place only once its hash is right, and the reference is written last: what Cache.Find returns is whole. Downloads end at any
// time without loss; the next Pull goes on with what there is.
//
// The Go libraries that download from a hub neither check hashes nor go on after a stop, which is most of this package.
package hub

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// Errors that a caller tells apart.
var (
	ErrName     = errors.New("not the name of a repository")
	ErrNotFound = errors.New("there is no such repository or revision")
	ErrAccess   = errors.New("the repository wants an access token that may read it")
	ErrNoModel  = errors.New("the repository holds no model that can run here")
	ErrSpace    = errors.New("there is not enough room on the disk")
	ErrCorrupt  = errors.New("the hub sent other bytes than it announced")
	ErrOffline  = errors.New("the net is forbidden by HF_HUB_OFFLINE")
	ErrHub      = errors.New("the hub does not answer as a hub does")
)

// Repo is the name of a repository, org/name.
type Repo string

var repoPart = regexp.MustCompile(`^[A-Za-z0-9_]([A-Za-z0-9._-]{0,94}[A-Za-z0-9_])?$`)

// ParseRepo checks a name by the hub's own rules, which also keep it inside its folder.
func ParseRepo(name string) (Repo, error) {
	org, model, _ := strings.Cut(name, "/")
	if !repoPart.MatchString(org) || !repoPart.MatchString(model) || strings.Contains(name, "--") || strings.Contains(name, "..") {
		return "", fmt.Errorf("hub: %q: %w: want org/name", name, ErrName)
	}
	return Repo(name), nil
}

// folder is the repository's folder in a cache.
func (r Repo) folder() string { return "models--" + strings.Replace(string(r), "/", "--", 1) }
