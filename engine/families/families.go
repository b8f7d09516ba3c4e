// Package families lists the model families that the engine knows. To add one, add its folder to package model and a line here.
package families

import (
	"fmt"
	"strings"

	"sightglass/engine/model"
	"sightglass/engine/model/gemma"
	"sightglass/engine/model/gemma3"
	"sightglass/engine/model/idefics3"
	"sightglass/engine/model/internvl"
	"sightglass/engine/model/llama"
	"sightglass/engine/model/llava"
	"sightglass/engine/model/mistral3"
	"sightglass/engine/model/paligemma"
	"sightglass/engine/model/qwen"
	"sightglass/engine/model/qwenvl"
)

// All is every family, by architecture.
var All = []model.Family{
	gemma.Gemma3,
	gemma3.Family,
	idefics3.Family,
	idefics3.SmolVLM,
	internvl.Family,
	llama.Family,
	llava.Family,
	llava.Next,
	mistral3.Family,
	paligemma.Family,
	qwen.Qwen2,
	qwen.Qwen3,
	qwenvl.Qwen2,
	qwenvl.Qwen25,
	qwenvl.Qwen3,
}

// Find returns the family of an architecture, or model.ErrUnsupported.
func Find(architecture string) (model.Family, error) {
	var known []string
	for _, f := range All {
		if f.Architecture == architecture {
			return f, nil
		}
		known = append(known, f.Architecture)
	}
	return model.Family{}, fmt.Errorf("families: %w: want one of %s, found %q", model.ErrUnsupported, strings.Join(known, ", "), architecture)
}
