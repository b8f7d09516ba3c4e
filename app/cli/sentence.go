package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"

	"sightglass/app/hub"
)

// sentence is an error as one line for a person.
func sentence(err error) string {
	var path *fs.PathError
	switch {
	case errors.As(err, &path) && errors.Is(err, fs.ErrNotExist):
		return fmt.Sprintf("there is no file %q", path.Path)
	case errors.As(err, &path) && errors.Is(err, fs.ErrPermission):
		return fmt.Sprintf("%q may not be read", path.Path)
	case errors.Is(err, hub.ErrAccess):
		return err.Error() + ": agree to its terms on the hub, and set HF_TOKEN"
	case errors.Is(err, syscall.ENOSPC):
		return "the disk is full; nothing was kept of what was being written"
	}
	first, rest, more := strings.Cut(err.Error(), "\n")
	if more {
		return fmt.Sprintf("%s; and %d more problems like this", first, strings.Count(rest, "\n")+1)
	}
	return first
}
