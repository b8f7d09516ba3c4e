package engine

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sightglass/engine/cpu"
)

// copyFolder copies a checkpoint to where a test may damage it.
func copyFolder(t *testing.T, from string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	return dir
}

// openErr opens a folder that may be wrong.
func openErr(t *testing.T, dir string) (*Session, error) {
	t.Helper()
	dev, err := cpu.Open(cpu.Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	s, err := Open(t.Context(), dev, dir, Options{})
	t.Cleanup(func() {
		if s != nil {
			s.Close()
		}
		dev.Close()
	})
	return s, err
}

func TestFoldersThatCannotBeOpenedSayWhatIsWrong(t *testing.T) {
	for _, c := range []struct{ name, file, old, new, want string }{
		{"no config.json", "config.json", "", "", "want a model folder with config.json"},
		{"config.json that is no JSON", "config.json", "{", "", "config.json"},
		{"an unknown architecture", "config.json", "Idefics3ForConditionalGeneration", "WizardForVision", `found "WizardForVision"`},
		{"a list of no architectures", "config.json", `"Idefics3ForConditionalGeneration"`, "", "want the name of an architecture"},
		{"heads that do not divide", "config.json", `"num_key_value_heads": 2`, `"num_key_value_heads": 3`, "want heads that divide"},
		{"an absurd size", "config.json", `"vocab_size": 285`, `"vocab_size": 999999999999`, "vocab_size"},
		{"a hidden size that the weights have not", "config.json", `"intermediate_size": 48`, `"intermediate_size": 64`, "mlp.down_proj.weight"},
		{"tiles of another size than the tower's", "preprocessor_config.json", `"longest_edge": 32`, `"longest_edge": 48`, "max_image_size"},
		{"no tokenizer", "tokenizer.json", "", "", "tokenizer.json"},
		{"a template that loops for ever", "tokenizer_config.json", `"chat_template": "`, `"chat_template": "{% for i in range(1000000000) %}{{ i }}{% endfor %}`, "template"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := copyFolder(t, splitCheckpoint)
			path := filepath.Join(dir, c.file)
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if c.old == "" {
				os.Remove(path)
			} else {
				if !strings.Contains(string(data), c.old) {
					t.Fatalf("%s has no %q to change", c.file, c.old)
				}
				os.WriteFile(path, []byte(strings.Replace(string(data), c.old, c.new, 1)), 0o600)
			}
			s, err := openErr(t, dir)
			if err == nil {
				_, err = s.Generate(t.Context(), ask("x"), nil)
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want an error with %q", err, c.want)
			}
		})
	}
}

func TestTruncatedWeightsAreRefused(t *testing.T) {
	dir := copyFolder(t, splitCheckpoint)
	path := filepath.Join(dir, "model.safetensors")
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range []int64{0, 7, 100, info.Size() / 2, info.Size() - 1} {
		if err := os.Truncate(path, size); err != nil {
			t.Fatal(err)
		}
		if _, err := openErr(t, dir); err == nil {
			t.Errorf("weights cut to %d bytes were opened", size)
		}
		os.Remove(path)
		data, _ := os.ReadFile(filepath.Join(splitCheckpoint, "model.safetensors"))
		os.WriteFile(path, data, 0o600)
	}
}
