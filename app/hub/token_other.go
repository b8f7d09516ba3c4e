//go:build !darwin

package hub

import "path/filepath"

func systemSecret(folder string) secret { return secretFile(filepath.Join(folder, "hub-token")) }
