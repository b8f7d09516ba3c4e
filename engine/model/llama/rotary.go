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
	// Of the types "linear", "llama3" and "yarn".
	Factor   float64 `json:"factor"`
	LowFreq  float64 `json:"low_freq_factor"`
	HighFreq float64 `json:"high_freq_factor"`
	Original float64 `json:"original_max_position_embeddings"`
	Yarn
	// Sections say how many frequencies follow each of three axes, in Qwen's vision-language models.
	Sections    []int `json:"mrope_section"`
	Interleaved bool  `json:"mrope_interleaved"`
}

// Yarn is what the type "yarn" adds, as transformers' _compute_yarn_parameters reads it; 0 and nil have its defaults.
type Yarn struct {
	Attention float64 `json:"attention_factor"`
	BetaFast  float64 `json:"beta_fast"`
	BetaSlow  float64 `json:"beta_slow"`
	MScale    float64 `json:"mscale"`
	MScaleAll float64 `json:"mscale_all_dim"`
	Truncate  *bool   `json:"truncate"`
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
	if r.Type == "yarn" && r.Original == 0 {
		r.Original = float64(c.MaxPositions)
	}
	return r
}

func (r Rope) check(headDim int) error {
	switch {
	case r.Theta <= 0:
		return fmt.Errorf("llama: config: \"rope_theta\": want a positive number, found %g", r.Theta)
	case r.Type != "default" && r.Type != "linear" && r.Type != "llama3" && r.Type != "yarn":
		return fmt.Errorf("llama: config: \"rope_type\": want \"default\", \"linear\", \"llama3\" or \"yarn\", found %q", r.Type)
	case r.Type != "default" && r.Factor < 1:
		return fmt.Errorf("llama: config: rotary \"factor\": want 1 or more, found %g", r.Factor)
	case r.Type == "llama3" && !(r.LowFreq > 0 && r.HighFreq > r.LowFreq && r.Original > 0):
		return fmt.Errorf("llama: config: want rotary factors of low below those of high frequencies, found %g, %g and %g positions", r.LowFreq, r.HighFreq, r.Original)
	}
	if y := r.yarn(); r.Type == "yarn" && !(r.Theta > 1 && r.Original > 0 && y.BetaSlow > 0 && y.BetaFast >= y.BetaSlow && y.Attention > 0) {
		return fmt.Errorf("llama: config: want a rotary base above 1, and numbers of yarn above 0, beta_slow below beta_fast, found %g, %g positions, %+v", r.Theta, r.Original, y)
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
		table.Frequencies[i] = float32(r.scale(i, float64(f), headDim))
	}
	if len(r.Sections) == 0 {
		return table
	}
	return table.OnAxes(3, r.axis)
}

// scale slows a frequency down: all alike, or those of llama3 whose waves are long beside the positions of the first training, with a smooth
// change between long and short ones (transformers' _compute_llama3_parameters), or those of yarn, from the frequency that turns BetaFast times in
// those positions to the one that turns BetaSlow times, and all slower ones. i is the frequency's number.
func (r Rope) scale(i int, f float64, headDim int) float64 {
	switch r.Type {
	case "linear":
		return f / r.Factor
	case "llama3":
		turns := r.Original * f / (2 * math.Pi)
		smooth := min(max((turns-r.LowFreq)/(r.HighFreq-r.LowFreq), 0), 1)
		return (1-smooth)*f/r.Factor + smooth*f
	case "yarn":
		y := r.yarn()
		number := func(turns float64) float64 { // of the frequency with so many
			return float64(headDim) * math.Log(r.Original/(turns*2*math.Pi)) / (2 * math.Log(r.Theta))
		}
		low, high := number(y.BetaFast), number(y.BetaSlow)
		if y.Truncate == nil || *y.Truncate {
			low, high = math.Floor(low), math.Ceil(high)
		}
		low, high = max(low, 0), min(high, float64(headDim-1))
		if low == high {
			high += 0.001
		}
		slow := min(max((float64(i)-low)/(high-low), 0), 1)
		return slow*f/r.Factor + (1-slow)*f
	}
	return f
}

// yarn is r.Yarn with its defaults. Attention is what queries and keys are multiplied by.
func (r Rope) yarn() Yarn {
	y := r.Yarn
	if y.BetaFast == 0 {
		y.BetaFast = 32
	}
	if y.BetaSlow == 0 {
		y.BetaSlow = 1
	}
	if y.Attention == 0 {
		grown := func(by float64) float64 { return 0.1*by*math.Log(max(r.Factor, 1)) + 1 }
		if y.Attention = grown(1); y.MScale != 0 && y.MScaleAll != 0 {
			y.Attention = grown(y.MScale) / grown(y.MScaleAll)
		}
	}
	return y
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
