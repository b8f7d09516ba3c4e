package engine

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// sampled is how much of each end of a file of weights counts for a fingerprint, in bytes: the header and the last tensors.
const sampled = 1 << 20

// Fingerprint tells models apart: it is a hash of what a folder configures, and of the size, the beginning and the end of its weights. More
// folders, such as that of an adapter that belongs to the model, count too; "" is none.
func Fingerprint(folders ...string) (string, error) {
	sum := sha256.New()
	for _, dir := range folders {
		if dir == "" {
			continue
		}
		entries, err := os.ReadDir(dir) // in order; a pattern would fail where the folder's own name looks like one
		if err != nil {
			return "", fmt.Errorf("engine: fingerprint: %w", err)
		}
		for _, e := range entries {
			name := e.Name()
			if filepath.Ext(name) != ".safetensors" && name != "config.json" && name != "adapter_config.json" {
				continue
			}
			if err := sample(sum, filepath.Join(dir, name)); err != nil {
				return "", fmt.Errorf("engine: fingerprint: %w", err)
			}
		}
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

func sample(w io.Writer, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	fmt.Fprintln(w, filepath.Base(path), info.Size())
	if _, err := io.Copy(w, io.LimitReader(f, sampled)); err != nil {
		return err
	}
	_, err = io.Copy(w, io.NewSectionReader(f, max(info.Size()-sampled, 0), sampled))
	return err
}
