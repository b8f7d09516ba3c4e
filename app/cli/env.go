package cli

import (
	"os"
	"path/filepath"
	"runtime"
)

// home is the data folder: SIGHTGLASS_HOME, or the platform's usual place.
func home() string {
	if dir := os.Getenv("SIGHTGLASS_HOME"); dir != "" {
		return dir
	}
	user, _ := os.UserHomeDir()
	switch dir := os.Getenv("XDG_DATA_HOME"); {
	case runtime.GOOS == "darwin":
		return filepath.Join(user, "Library", "Application Support", "Sightglass")
	case dir != "":
		return filepath.Join(dir, "sightglass")
	default:
		return filepath.Join(user, ".local", "share", "sightglass")
	}
}

// hubCache is where Hugging Face's tools keep downloaded models: HF_HUB_CACHE, else hub in HF_HOME, else in ~/.cache/huggingface.
func hubCache() string {
	if dir := os.Getenv("HF_HUB_CACHE"); dir != "" {
		return dir
	}
	if dir := os.Getenv("HF_HOME"); dir != "" {
		return filepath.Join(dir, "hub")
	}
	cache := os.Getenv("XDG_CACHE_HOME")
	if cache == "" {
		user, _ := os.UserHomeDir()
		cache = filepath.Join(user, ".cache")
	}
	return filepath.Join(cache, "huggingface", "hub")
}

// exports is where files for other programs go: the person's downloads, or the data folder where SIGHTGLASS_HOME keeps all in one place.
func exports() string {
	user, err := os.UserHomeDir()
	if os.Getenv("SIGHTGLASS_HOME") != "" || err != nil {
		return filepath.Join(home(), "exports")
	}
	return filepath.Join(user, "Downloads")
}
