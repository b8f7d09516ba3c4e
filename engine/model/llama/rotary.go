package llama

import (
	"fmt"
	"math"

	"sightglass/engine/nn"
)

// Rope are the rotary numbers of config.json: "rope_scaling", and in transformers 5 "rope_parameters".
type Rope struct {
	Theta float64 `json:"rope_theta"`
	Type  string  `json:"rope_type"`
	Kind  string  `json:"type"` // the older name
	// Of the types "linear" and "llama3".
	Factor   float64 `json:"factor"`
	LowFreq  float64 `json:"low_freq_factor"`
	HighFreq float64 `json:"high_freq_factor"`
	Original float64 `json:"original_max_position_embeddings"`
	// Sections say how many frequencies follow each of three axes, in Qwen's vision-language models.
	Sections    []int `json:"mrope_section"`
	Interleaved bool  `json:"mrope_interleaved"`
}

// rope is what config.json says in one place or the other.
func (c *Config) rope() Rope {
	r := c.RopeParameters
	if c.RopeScaling != nil {
		r = *c.RopeScaling
		if r.Sections == nil {
			r.Sections = c.RopeParameters.Sections
		}
		r.Interleaved = r.Interleaved || c.RopeParameters.Interleaved
	}
	if r.Type == "" {
		r.Type = r.Kind
	}
	if r.Type == "" || r.Type == "mrope" {
		r.Type = "default"
	}
	if r.Theta == 0 {
		r.Theta = c.RopeTheta
	}
	return r
}

func (r Rope) check(headDim int) error {
	switch {
	case r.Theta <= 0:
		return fmt.Errorf("llama: config: \"rope_theta\": want a positive number, found %g", r.Theta)
	case r.Type != "default" && r.Type != "linear" && r.Type != "llama3":
		return fmt.Errorf("llama: config: \"rope_type\": want \"default\", \"linear\" or \"llama3\", found %q", r.Type)
	case r.Type != "default" && r.Factor < 1:
		return fmt.Errorf("llama: config: rotary \"factor\": want 1 or more, found %g", r.Factor)
	case r.Type == "llama3" && !(r.LowFreq > 0 && r.HighFreq > r.LowFreq && r.Original > 0):
		return fmt.Errorf("llama: config: want rotary factors of low below those of high frequencies, found %g, %g and %g positions", r.LowFreq, r.HighFreq, r.Original)
	}
	sum := 0
	for _, n := range r.Sections {
		if n < 0 || n > headDim {
			return fmt.Errorf("llama: config: \"mrope_section\": want numbers from 0 to %d, found %v", headDim, r.Sections)
		}
		sum += n
	}
	if len(r.Sections) != 0 && (len(r.Sections) != 3 || sum != headDim/2) {
		return fmt.Errorf("llama: config: \"mrope_section\": want three numbers whose sum is %d, found %v", headDim/2, r.Sections)
	}
	return nil
}

// ropes are the rotary numbers of the layers, then those of local ones.
func (c *Config) ropes() []Rope {
	if c.Local == nil {
		return []Rope{c.rope()}
	}
	return []Rope{c.rope(), c.Local.Rope}
}

// table is that of rotary frequencies.
func (r Rope) table(headDim int) nn.Rotary {
	table := nn.NewRotary(r.Theta, headDim)
	for i, f := range table.Frequencies {
		table.Frequencies[i] = float32(r.scale(float64(f)))
	}
	if len(r.Sections) == 0 {
		return table
	}
	return table.OnAxes(3, r.axis)
}

// scale slows a frequency down: all alike, or those of llama3 whose waves are long beside the positions of the first training, with a smooth
// change between long and short ones (transformers' _compute_llama3_parameters).
func (r Rope) scale(f float64) float64 {
	switch r.Type {
	case "linear":
		return f / r.Factor
	case "llama3":
		turns := r.Original * f / (2 * math.Pi)
		smooth := min(max((turns-r.LowFreq)/(r.HighFreq-r.LowFreq), 0), 1)
		return (1-smooth)*f/r.Factor + smooth*f
	}
	return f
}

// axis is the axis that frequency i follows: time, height and width take turns as long as they have some left, or one section each.
func (r Rope) axis(i int) int {
	if r.Interleaved {
		if a := i % 3; i < 3*r.Sections[a] {
			return a
		}
		return 0
	}
	a := 0
	for i >= r.Sections[a] {
		i -= r.Sections[a]
		a++
	}
	return a
}
