package engine

import (
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"sightglass/engine/cpu"
	"sightglass/engine/device"
)

// readied is a device that remembers which kernels it was told of before they were asked for.
type readied struct {
	device.Device
	mu          sync.Mutex
	told, asked map[string]bool
}

func (d *readied) remember(to map[string]bool, steps []device.Step) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, s := range steps {
		if !strings.HasPrefix(s.Variant, "mv4") { // of few rows, as no picture has but those of tests
			to[fmt.Sprint(s.Kernel, " ", s.Variant)] = true
		}
	}
}

func (d *readied) Ready(steps []device.Step) { d.remember(d.told, steps) }

func (d *readied) Compile(steps []device.Step) (device.Program, error) {
	d.remember(d.asked, steps)
	return d.Device.Compile(steps)
}

// Opening a model tells the device of all kernels that a question will take, about a picture if it sees, and compiles none itself.
func TestKernelsAreMadeReadyAtLoad(t *testing.T) {
	for _, dir := range checkpoints {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			dev, err := cpu.Open(cpu.Options{Threads: 2})
			if err != nil {
				t.Fatal(err)
			}
			defer dev.Close()
			d := &readied{Device: dev, told: map[string]bool{}, asked: map[string]bool{}}
			s, err := Open(t.Context(), d, dir, Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			if len(d.told) == 0 || len(d.asked) != 0 {
				t.Fatalf("when it is open: told of %d kernels and asked for %d, want some and none", len(d.told), len(d.asked))
			}
			cases := goldenCases(t, dir)
			r := cases[min(1, len(cases)-1)].request(t, dir) // about one picture
			r.MaxTokens = 2
			if _, err := s.Generate(t.Context(), r, nil); err != nil {
				t.Fatal(err)
			}
			for k := range d.asked {
				if !d.told[k] {
					t.Errorf("%q: asked for, and not told of before", k)
				}
			}
		})
	}
}
