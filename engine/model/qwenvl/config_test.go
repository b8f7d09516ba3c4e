package qwenvl

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"

	"sightglass/engine/image"
	"sightglass/engine/model"
)

// config is a small config.json with some fields of vision_config changed.
func config(vision map[string]any) []byte {
	v := map[string]any{"depth": 2, "hidden_size": 32, "embed_dim": 32, "intermediate_size": 32, "num_heads": 2, "out_hidden_size": 32,
		"deepstack_visual_indexes": []int{0}, "fullatt_block_indexes": []int{1}}
	maps.Copy(v, vision)
	data, _ := json.Marshal(map[string]any{"vision_config": v, "hidden_size": 32, "intermediate_size": 32, "num_hidden_layers": 1,
		"num_attention_heads": 1, "num_key_value_heads": 1, "head_dim": 32, "vocab_size": 64, "rope_scaling": map[string]any{"type": "mrope", "mrope_section": []int{4, 6, 6}}})
	return data
}

func TestConfigsThatAreRefused(t *testing.T) {
	for _, c := range []struct {
		family model.Family
		field  string
		value  any
	}{
		{Qwen2, "embed_dim", -1}, {Qwen2, "mlp_ratio", 0}, {Qwen2, "num_heads", 3}, {Qwen2, "num_heads", 0}, {Qwen2, "patch_size", 1 << 40},
		{Qwen2, "spatial_merge_size", 0}, {Qwen2, "hidden_size", 48}, {Qwen2, "hidden_act", "step"}, {Qwen2, "depth", 5000}, {Qwen2, "depth", "two"},
		{Qwen25, "window_size", 1}, {Qwen25, "window_size", -112}, {Qwen25, "patch_size", 0}, {Qwen25, "hidden_act", "gelu"}, {Qwen25, "window_size", 1 << 30},
		{Qwen3, "num_position_embeddings", 10}, {Qwen3, "num_position_embeddings", -4}, {Qwen3, "num_position_embeddings", 1 << 40},
		{Qwen3, "deepstack_visual_indexes", []int{2}}, {Qwen3, "deepstack_visual_indexes", []int{1, 0}}, {Qwen3, "deepstack_visual_indexes", []int{-1}},
		{Qwen3, "deepstack_visual_indexes", []int{0, 1}}, // more than the decoder has layers
		{Qwen3, "in_channels", 4}, {Qwen3, "temporal_patch_size", 99},
	} {
		t.Run(fmt.Sprintf("%s with %s %v", c.family.Architecture, c.field, c.value), func(t *testing.T) {
			if _, err := c.family.New(model.Files{Config: config(nil)}); err != nil {
				t.Fatalf("unchanged: %v", err)
			}
			if _, err := c.family.New(model.Files{Config: config(map[string]any{c.field: c.value})}); err == nil {
				t.Error("got no error")
			}
		})
	}
}

func TestPreprocessorOfAnotherTowerIsRefused(t *testing.T) {
	_, err := Qwen2.New(model.Files{Config: config(nil), Preprocessor: []byte(`{"patch_size": 16}`)})
	if err == nil || !strings.Contains(err.Error(), "patches of 14 pixels") {
		t.Errorf("got %v, want an error that names the tower's patches", err)
	}
}

func TestMissingPreprocessorIsThePublishedOne(t *testing.T) {
	for _, c := range []struct {
		family model.Family
		want   image.Size
	}{{Qwen2, image.Size{Width: 4032, Height: 3024}}, {Qwen25, image.Size{Width: 4032, Height: 3024}}, {Qwen3, image.Size{Width: 4032, Height: 3008}}} {
		m, err := c.family.New(model.Files{Config: config(nil)})
		if err != nil {
			t.Fatal(err)
		}
		look, err := m.Vision().Look(image.Size{Width: 4032, Height: 3024})
		if err != nil {
			t.Fatal(err)
		}
		if look.Scaled != c.want {
			t.Errorf("%s: got %v, want %v", c.family.Architecture, look.Scaled, c.want)
		}
	}
}

func TestNamesOfAllLayoutsMeet(t *testing.T) {
	for name, want := range map[string]string{
		"visual.blocks.0.mlp.fc1.weight":                         "visual.blocks.0.mlp.up_proj.weight",
		"model.visual.blocks.0.mlp.linear_fc2.bias":              "visual.blocks.0.mlp.down_proj.bias",
		"vision_tower.blocks.3.mlp.gate_proj.weight":             "visual.blocks.3.mlp.gate_proj.weight",
		"visual.merger.ln_q.weight":                              "visual.merger.ln_q.weight",
		"model.visual.merger.norm.weight":                        "visual.merger.ln_q.weight",
		"model.visual.deepstack_merger_list.1.linear_fc1.weight": "visual.deepstack_merger_list.1.mlp.0.weight",
		"model.layers.1.mlp.up_proj.weight":                      "model.layers.1.mlp.up_proj.weight",
		"model.language_model.layers.1.self_attn.q_norm.weight":  "model.layers.1.self_attn.q_norm.weight",
		"language_model.model.layers.1.self_attn.q_proj.scales":  "model.layers.1.self_attn.q_proj.scales",
		"language_model.lm_head.weight":                          "lm_head.weight",
		"lm_head.weight":                                         "lm_head.weight",
		"model.language_model.norm.weight":                       "model.norm.weight",
		"vision_tower.deepstack_merger_list.0.norm.bias":         "visual.deepstack_merger_list.0.ln_q.bias",
	} {
		if got := rename(name); got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
}
