package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"sightglass/app/hub"
	"sightglass/app/release"
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

// tuning is where fine-tuning keeps what it needs besides the store.
func tuning() string { return filepath.Join(home(), "tuning") }

// converted is where the window puts the models that it converts.
func converted() string { return filepath.Join(home(), "models") }

// hubHome is where Hugging Face's tools keep what is theirs: HF_HOME, else huggingface in the cache folder.
func hubHome() string {
	if dir := os.Getenv("HF_HOME"); dir != "" {
		return dir
	}
	cache := os.Getenv("XDG_CACHE_HOME")
	if cache == "" {
		user, _ := os.UserHomeDir()
		cache = filepath.Join(user, ".cache")
	}
	return filepath.Join(cache, "huggingface")
}

// hubCache is where they keep downloaded models: HF_HUB_CACHE, else hub in their home.
func hubCache() hub.Cache {
	if dir := os.Getenv("HF_HUB_CACHE"); dir != "" {
		return hub.Cache{Dir: dir}
	}
	return hub.Cache{Dir: filepath.Join(hubHome(), "hub")}
}

// hubClient is how the hub is asked: HF_ENDPOINT, with the token in HF_TOKEN, the one that the app was given, or the one that Hugging Face's tools
// keep. HF_HUB_OFFLINE forbids it.
func hubClient(tokens *hub.Tokens) (*hub.Client, error) {
	if v := os.Getenv("HF_HUB_OFFLINE"); v != "" && v != "0" {
		return nil, fmt.Errorf("models: pull: %w", hub.ErrOffline)
	}
	token := os.Getenv("HF_TOKEN")
	if token == "" {
		token, _ = tokens.Get() // without it what is public can be had
	}
	if token == "" {
		data, _ := os.ReadFile(filepath.Join(hubHome(), "token"))
		token = string(data)
	}
	return &hub.Client{Endpoint: os.Getenv("HF_ENDPOINT"), Token: strings.TrimSpace(token)}, nil
}

// exports is where files for other programs go: the person's downloads, or the data folder where SIGHTGLASS_HOME keeps all in one place.
func exports() string {
	user, err := os.UserHomeDir()
	if os.Getenv("SIGHTGLASS_HOME") != "" || err != nil {
		return filepath.Join(home(), "exports")
	}
	return filepath.Join(user, "Downloads")
}

// releases is the feed that is asked for a newer version, on request: SIGHTGLASS_RELEASES, else the project's.
func releases() string {
	if feed := os.Getenv("SIGHTGLASS_RELEASES"); feed != "" {
		return feed
	}
	return release.Feed
}
