package model

import "testing"

func TestNamesOfLlavaAsOthersWriteThem(t *testing.T) {
	for name, want := range map[string][2]string{
		"model.language_model.layers.0.mlp.up_proj.weight":  {"language_model.model.layers.0.mlp.up_proj.weight", "language_model.model.layers.0.mlp.up_proj.weight"},
		"language_model.model.norm.weight":                  {"language_model.model.norm.weight", "language_model.model.norm.weight"},
		"lm_head.weight":                                    {"language_model.lm_head.weight", "language_model.lm_head.weight"},
		"model.vision_tower.patch_conv.weight":              {"vision_tower.patch_conv.weight", "vision_tower.vision_model.patch_conv.weight"},
		"vision_tower.vision_model.patch_conv.weight":       {"vision_tower.patch_conv.weight", "vision_tower.vision_model.patch_conv.weight"},
		"vision_tower.vision_model.embeddings.position_ids": {"", ""},
		"model.multi_modal_projector.linear_1.weight":       {"multi_modal_projector.linear_1.weight", "multi_modal_projector.linear_1.weight"},
	} {
		if got := [2]string{RenameLlava(name), RenameLlavaTower(name)}; got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}
