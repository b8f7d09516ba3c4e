package api

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// inNew makes something in a folder under a name that nothing else has: name and end, or with a number between. make returns
// os.ErrExist where there is something of that name.
func inNew(folder, name, end string, make func(path string) error) (path string, err error) {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return "", err
	}
	path = filepath.Join(folder, name+end)
	for i := 2; ; i++ {
		if err = make(path); !errors.Is(err, os.ErrExist) {
			return path, err
		}
		path = filepath.Join(folder, fmt.Sprintf("%s %d%s", name, i, end))
	}
}
