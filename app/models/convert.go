package models

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"

	"sightglass/engine/tensor"
	"sightglass/engine/weights/convert"
)

// convert writes a model with 4-bit weights, as "sightglass convert --bits 4" does, to a new folder among the converted ones.
func (l *Library) convert(ctx context.Context, id string, progress func(done, total int64)) error {
	e, err := l.Find(id)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(l.Folder, 0o755); err != nil {
		return err
	}
	// One in the making begins with a dot.
	dst, err := vacant(filepath.Join(l.Folder, strings.TrimLeft(path.Base(filepath.ToSlash(e.Name)), ".")+"-4bit"))
	if err != nil {
		return err
	}
	affine := tensor.Affine{Bits: 4, Group: cmp.Or(l.Group, convert.DefaultGroup)}
	return convert.Convert(ctx, e.Dir, dst, convert.Options{Affine: affine, Progress: progress})
}

// vacant is a path, or the first like it, that nothing has.
func vacant(want string) (string, error) {
	dst := want
	for i := 2; i < 1000; i++ {
		if _, err := os.Lstat(dst); errors.Is(err, os.ErrNotExist) {
			return dst, nil
		}
		dst = fmt.Sprintf("%s-%d", want, i)
	}
	return "", fmt.Errorf("models: convert: want a free name like %q, found none", want)
}
