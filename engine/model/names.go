package model

import "strings"

// RenameLlava maps names of tensors to those that LLaVA, PaliGemma, Gemma 3, InternVL and Mistral 3 were published with, from those that
// transformers 5 and mlx-vlm write.
func RenameLlava(name string) string {
	name = strings.TrimPrefix(name, "model.")
	switch rest, ok := strings.CutPrefix(name, "language_model."); {
	case strings.HasSuffix(name, ".position_ids"):
		return "" // a constant that old checkpoints hold
	case strings.HasPrefix(name, "vision_tower."):
		return strings.Replace(name, "vision_tower.vision_model.", "vision_tower.", 1)
	case strings.HasPrefix(name, "lm_head."):
		return "language_model." + name
	case ok && !strings.HasPrefix(rest, "model.") && !strings.HasPrefix(rest, "lm_head."):
		return "language_model.model." + rest
	}
	return name
}

// RenameLlavaTower is RenameLlava for models whose tower was published as "vision_tower.vision_model".
func RenameLlavaTower(name string) string {
	name = RenameLlava(name)
	if rest, ok := strings.CutPrefix(name, "vision_tower."); ok && !strings.HasPrefix(rest, "vision_model.") {
		return "vision_tower.vision_model." + rest
	}
	return name
}

// Prefixes give names other beginnings: the first that fits counts, a name that none fits stays.
type Prefixes [][2]string

// Rename gives a name its other beginning.
func (p Prefixes) Rename(name string) string {
	for _, c := range p {
		if rest, ok := strings.CutPrefix(name, c[0]); ok {
			return c[1] + rest
		}
	}
	return name
}

// LlavaLayers are the names of transformers' modules for families whose tags begin as LLaVA's. mlx-vlm's are the tags.
var LlavaLayers = Prefixes{{"language_model.lm_head", "lm_head"}, {"language_model.model.", "model.language_model."},
	{"vision_tower.", "model.vision_tower."}, {"multi_modal_projector.", "model.multi_modal_projector."}}
