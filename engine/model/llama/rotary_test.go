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
		"yarn": {`{"rope_scaling": {"type": "yarn", "factor": 4, "original_max_position_embeddings": 32768}, "rope_theta": 1e6}`,
			map[int]float64{0: 1, 1: 0.649381638, 8: 0.0316227786, 10: 0.0133352149, 14: 0.00177853031, 17: 0.000324690831, 20: 4.44569851e-05, 24: 7.90569356e-06,
				31: 3.84981632e-07}},
		"yarn with its own numbers": {`{"rope_parameters": {"rope_type": "yarn", "rope_theta": 1e4, "factor": 8, "original_max_position_embeddings": 4096, "beta_fast": 16,
			"beta_slow": 2, "mscale": 1, "mscale_all_dim": 0.8, "truncate": false}}`,
			map[int]float64{0: 1, 1: 0.749894202, 8: 0.100000001, 10: 0.0562341288, 14: 0.0153716765, 17: 0.00375754735, 20: 0.000435575581, 24: 0.000125000006, 31: 1.66690188e-05}},
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

func TestYarnScalesScores(t *testing.T) {
	for config, want := range map[string]float64{
		`{"rope_scaling": {"type": "yarn", "factor": 4, "original_max_position_embeddings": 32768}}`:                                    1.138629436,
		`{"rope_scaling": {"type": "yarn", "factor": 8, "original_max_position_embeddings": 4096, "mscale": 1, "mscale_all_dim": 0.8}}`: 1.035657085,
		`{"rope_scaling": {"type": "yarn", "factor": 2, "attention_factor": 1.5}}`:                                                      1.5,
		`{"rope_scaling": {"type": "linear", "factor": 2}}`:                                                                             1,
	} {
		if got := float64(read(t, config).Score); math.Abs(got-want*want/8) > 1e-6 {
			t.Errorf("%s: got %g, want %g squared / 8", config, got, want)
		}
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
		"an unknown type":       {`{"rope_scaling": {"rope_type": "longrope", "factor": 4}}`, `found "longrope"`},
		"yarn's betas":          {`{"rope_scaling": {"rope_type": "yarn", "factor": 4, "beta_fast": 1, "beta_slow": 2}}`, "beta_slow"},
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
