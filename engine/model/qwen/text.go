// Package qwen holds what the models of Qwen share: the decoder's configuration, which is Llama's with biases or norms of its own, the
// text-only families, and the vision tower.
package qwen

import (
	"encoding/json"
	"fmt"

	"sightglass/engine/model"
	"sightglass/engine/model/llama"
)

// Qwen2 is the text-only Qwen2 and Qwen2.5.
var Qwen2 = model.Family{Architecture: "Qwen2ForCausalLM", New: newQwen2}

// Qwen3 is the text-only Qwen3.
var Qwen3 = model.Family{Architecture: "Qwen3ForCausalLM", New: newQwen3}

// DefaultQwen2 is what transformers' Qwen2Config takes for a field that config.json leaves out.
func DefaultQwen2() llama.Config {
	c := llama.Default()
	c.IntermediateSize, c.KVHeads, c.VocabSize, c.MaxPositions, c.QKVBias = 22016, 32, 151936, 32768, true
	return c
}

// DefaultQwen3 is what transformers' Qwen3Config takes for a field that config.json leaves out.
func DefaultQwen3() llama.Config {
	c := DefaultQwen2()
	c.HeadDim, c.QKVBias, c.QKNorm = 128, false, true
	return c
}

func newQwen2(f model.Files) (model.Model, error) { return newText(f, DefaultQwen2()) }

func newQwen3(f model.Files) (model.Model, error) { return newText(f, DefaultQwen3()) }

func newText(f model.Files, c llama.Config) (model.Model, error) {
	if err := ReadText(f.Config, &c); err != nil {
		return nil, err
	}
	return llama.NewModel(c), nil
}

// ReadText fills c from config.json: published ones have the decoder's fields at the top, those of transformers 5 in text_config.
func ReadText(data []byte, c *llama.Config) error {
	var nested struct {
		Text    json.RawMessage `json:"text_config"`
		Sliding bool            `json:"use_sliding_window"`
	}
	err := json.Unmarshal(data, &nested)
	if err == nil {
		err = json.Unmarshal(data, c)
	}
	if err == nil && nested.Text != nil {
		if err = json.Unmarshal(nested.Text, c); err == nil {
			err = json.Unmarshal(nested.Text, &nested)
		}
	}
	if err != nil {
		return fmt.Errorf("qwen: config.json: %w", err)
	}
	if !nested.Sliding {
		c.SlidingWindow = nil // named all the same
	}
	return c.Fill()
}
