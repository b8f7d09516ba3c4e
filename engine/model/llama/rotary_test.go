package llama

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"sightglass/engine/model"
)

// The frequencies are those of transformers' ROPE_INIT_FUNCTIONS for heads of 64.
func TestScaledFrequenciesAreThoseOfTransformers(t *testing.T) {
	for name, c := range map[string]struct {
		config string
		want   map[int]float64
	}{
		"llama3": {`{"rope_theta": 500000, "rope_scaling": {"rope_type": "llama3", "factor": 8, "low_freq_factor": 1, "high_freq_factor": 4,
			"original_max_position_embeddings": 8192}}`,
			map[int]float64{0: 1, 1: 0.663601279, 13: 0.00483942125, 14: 0.00321144611, 15: 0.00137189368, 16: 0.000524846022, 17: 0.000178507791,
				18: 7.78465546e-05, 24: 6.64786967e-06, 31: 3.7673226e-07}},
		"linear": {`{"rope_parameters": {"rope_theta": 10000, "rope_type": "linear", "factor": 4}}`, map[int]float64{0: 0.25, 1: 0.18747355, 31: 3.33380376e-05}},
	} {
		t.Run(name, func(t *testing.T) {
			f := read(t, c.config).Info().Rotary[0].Frequencies
			for i, want := range c.want {
				if got := float64(f[i]); math.Abs(got/want-1) > 1e-6 {
					t.Errorf("frequency %d: got %g, want %g", i, got, want)
				}
			}
		})
	}
}

func TestSectionsSpreadFrequenciesOverAxes(t *testing.T) {
	for name, c := range map[string]struct{ config, want string }{
		"one after the other": {`{"rope_scaling": {"type": "mrope", "mrope_section": [8, 12, 12]}}`, "TTTTTTTTHHHHHHHHHHHHWWWWWWWWWWWW"},
		"taking turns":        {`{"rope_scaling": {"mrope_interleaved": true, "mrope_section": [12, 10, 10]}}`, "THWTHWTHWTHWTHWTHWTHWTHWTHWTHWTT"},
	} {
		t.Run(name, func(t *testing.T) {
			r := read(t, c.config).Info().Rotary[0]
			half := len(r.Frequencies) / 3
			got := make([]byte, half)
			for i := range half {
				for a := range 3 {
					if r.Frequencies[a*half+i] != 0 {
						got[i] = "THW"[a]
					}
				}
			}
			if r.Axes != 3 || string(got) != c.want {
				t.Errorf("got %d axes, %s, want 3, %s", r.Axes, got, c.want)
			}
		})
	}
}

func TestRotaryNumbersThatAreRefused(t *testing.T) {
	for name, c := range map[string]struct{ config, says string }{
		"an unknown type":       {`{"rope_scaling": {"rope_type": "yarn", "factor": 4}}`, `found "yarn"`},
		"no base":               {`{"rope_theta": -1}`, "rope_theta"},
		"a factor below one":    {`{"rope_scaling": {"rope_type": "linear"}}`, "factor"},
		"bounds in disorder":    {`{"rope_scaling": {"rope_type": "llama3", "factor": 8, "low_freq_factor": 4, "high_freq_factor": 1}}`, "factors"},
		"two sections":          {`{"rope_scaling": {"mrope_section": [16, 16]}}`, "mrope_section"},
		"sections that overrun": {`{"rope_scaling": {"mrope_section": [16, 16, 16]}}`, "mrope_section"},
		"a negative section":    {`{"rope_scaling": {"mrope_section": [-16, 24, 24]}}`, "mrope_section"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := newModel(files(c.config)); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want an error with %q", err, c.says)
			}
		})
	}
}

// files is a small Llama with heads of 64, changed by config.
func files(config string) model.Files {
	return model.Files{Config: []byte(strings.Replace(config, "{", `{"hidden_size": 128, "num_attention_heads": 2, "num_hidden_layers": 1, `, 1))}
}

func read(t *testing.T, config string) *Config {
	t.Helper()
	c := Default()
	if err := json.Unmarshal(files(config).Config, &c); err != nil {
		t.Fatal(err)
	}
	if err := c.Fill(); err != nil {
		t.Fatal(err)
	}
	return &c
}
