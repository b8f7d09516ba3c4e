package tuner

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"sightglass/engine/train/dataset"
)

// Unpacked is where a job reads data from: the data itself or, of parquet files, the folder below folder that they are unpacked to, now or,
// where they are as they were, before.
func Unpacked(ctx context.Context, data, folder string) (string, error) {
	files := dataset.PackedFiles(data)
	if len(files) == 0 {
		return data, nil
	}
	sum := sha256.New()
	for _, f := range files {
		info, err := os.Stat(f)
		if err != nil {
			return "", fmt.Errorf("tuner: %w", err)
		}
		if f, err = filepath.Abs(f); err != nil {
			return "", fmt.Errorf("tuner: %w", err)
		}
		fmt.Fprintln(sum, f, info.Size(), info.ModTime().UnixNano())
	}
	dst := filepath.Join(folder, hex.EncodeToString(sum.Sum(nil)[:8]))
	if _, err := os.Stat(dst); !errors.Is(err, fs.ErrNotExist) {
		return dst, err
	}
	return dst, dataset.Unpack(ctx, files, dst)
}
