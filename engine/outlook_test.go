package engine

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"sightglass/engine/cpu"
	"sightglass/engine/model"
)

// An outlook says of every family what a description of the whole folder says.
func TestOutlookIsTheDescription(t *testing.T) {
	dev, err := cpu.Open(cpu.Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer dev.Close()
	read := func(dir, name string) []byte {
		data, _ := os.ReadFile(filepath.Join(dir, name))
		return data
	}
	for _, dir := range checkpoints {
		d, err := Describe(dev, dir)
		if err != nil {
			t.Fatal(err)
		}
		o, err := Outlook(model.Files{Config: read(dir, "config.json"), Preprocessor: read(dir, "preprocessor_config.json"), Processor: read(dir, "processor_config.json")}, d.Bytes)
		if err != nil {
			t.Errorf("%s: %v", dir, err)
			continue
		}
		if o.Architecture != d.Architecture || o.Vision != d.Vision || o.Context != d.Context || o.Vocab != d.Vocab || o.CacheBytes != d.CacheBytes ||
			o.Budget.Weights != d.Budget.Weights || o.Budget.Cache != d.Budget.Cache {
			t.Errorf("%s: got %+v, want %+v", dir, o, d)
		}
	}
	for _, config := range []string{"", "[]", "{}", `{"architectures": ["Bert"]}`} {
		if _, err := Outlook(model.Files{Config: []byte(config)}, 1); !errors.Is(err, model.ErrUnsupported) {
			t.Errorf("%q: got %v, want %v", config, err, model.ErrUnsupported)
		}
	}
}
