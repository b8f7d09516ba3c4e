// Package builtin finds the model that Sightglass comes with: SmolLM2's language weights, a vision tower, and an adapter that is applied at
// run time. How they were made is told in build/model/README.md.
package builtin

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// Name is what the built-in model is called in commands and settings.
const Name = "builtin"

// Folder is where the built-in model lies.
type Folder struct{ path string }

// places are where the folder may be, seen from the folder of the executable: beside it, in a macOS bundle, in an installed tree, and in
// the source tree for what make build, go build and go test leave.
var places = []string{"builtin", "../Resources/builtin", "../share/sightglass/builtin", "../../engine/builtin", "engine/builtin"}

// Find looks for the folder near the executable.
func Find() (Folder, error) {
	exe, err := os.Executable()
	if err == nil {
		exe, err = filepath.EvalSymlinks(exe)
	}
	if err != nil {
		return Folder{}, fmt.Errorf("builtin: %w", err)
	}
	for _, p := range places {
		if f := In(filepath.Join(filepath.Dir(exe), p)); f.exists() {
			return f, nil
		}
	}
	return Folder{}, fmt.Errorf("builtin: want the built-in model near %q, found none", filepath.Dir(exe))
}

// In is the built-in model in a folder that is known.
func In(path string) Folder { return Folder{path} }

func (f Folder) exists() bool {
	_, err := os.Stat(filepath.Join(f.Model(), "config.json"))
	return err == nil
}

// Model is the model folder.
func (f Folder) Model() string { return filepath.Join(f.path, "model") }

// Adapter is the folder of the adapter that goes with it.
func (f Folder) Adapter() string { return filepath.Join(f.path, "adapter") }

// Sample is a screenshot that the model can answer questions about.
func (f Folder) Sample() string { return filepath.Join(f.path, "sample.png") }

// Questions are what the model is asked about the sample, and answers right.
func (f Folder) Questions() ([]string, error) {
	data, err := os.ReadFile(filepath.Join(f.path, "sample.json"))
	if err != nil {
		return nil, fmt.Errorf("builtin: %w", err)
	}
	var list []struct{ Question string }
	if err := json.Unmarshal(data, &list); err != nil {
		return nil, fmt.Errorf("builtin: sample.json: %w", err)
	}
	var questions []string
	for _, q := range list {
		questions = append(questions, q.Question)
	}
	return questions, nil
}
