package qwenvl

import (
	"encoding/json"
	"fmt"
	"math"

	"sightglass/engine/image"
	"sightglass/engine/model"
	"sightglass/engine/model/llama"
	"sightglass/engine/model/qwen"
	"sightglass/engine/nn"
)

// visionConfig is vision_config of config.json. Its hidden_size is the decoder's in Qwen2-VL, and the tower's later.
type visionConfig struct {
	Depth        int    `json:"depth"`
	HiddenSize   int    `json:"hidden_size"`
	EmbedDim     int    `json:"embed_dim"` // of Qwen2-VL
	MLPRatio     int    `json:"mlp_ratio"` // of Qwen2-VL
	Intermediate int    `json:"intermediate_size"`
	Heads        int    `json:"num_heads"`
	Channels     int    `json:"in_channels"`
	PatchSize    int    `json:"patch_size"` // pixels
	Merge        int    `json:"spatial_merge_size"`
	Frames       int    `json:"temporal_patch_size"`
	Out          int    `json:"out_hidden_size"`
	HiddenAct    string `json:"hidden_act"`
	Window       int    `json:"window_size"` // pixels; of Qwen2.5-VL
	Whole        []int  `json:"fullatt_block_indexes"`
	Positions    int    `json:"num_position_embeddings"` // of Qwen3-VL
	Deep         []int  `json:"deepstack_visual_indexes"`
}

// read fills both from config.json and returns what the families have in common of the tower.
func read(data []byte, v *visionConfig, text *llama.Config) (c qwen.TowerConfig, err error) {
	config := struct {
		Vision *visionConfig `json:"vision_config"`
	}{v}
	if err := json.Unmarshal(data, &config); err != nil {
		return c, fmt.Errorf("qwenvl: config.json: %w", err)
	}
	if err := qwen.ReadText(data, text); err != nil {
		return c, err
	}
	act, err := nn.Activation(v.HiddenAct)
	if err != nil {
		return c, fmt.Errorf("qwenvl: vision_config of %w", err)
	}
	return qwen.TowerConfig{Width: v.HiddenSize, Inner: v.Intermediate, Depth: v.Depth, Heads: v.Heads, Out: v.Out, Channels: v.Channels,
		Frames: v.Frames, PatchSize: v.PatchSize, Merge: v.Merge, Act: act}, nil
}

// pixels is the published preprocessing of Qwen2-VL and Qwen2.5-VL.
func pixels() image.Qwen {
	return image.Qwen{Processor: image.DefaultProcessor(image.Bicubic, image.CLIPMean, image.CLIPStd), MinPixels: 56 * 56, MaxPixels: 28 * 28 * 16384}
}

// text is the decoder of Qwen2-VL and Qwen2.5-VL with the defaults of transformers' Qwen2VLTextConfig.
func text() llama.Config {
	c := qwen.DefaultQwen2()
	c.HiddenSize, c.IntermediateSize, c.NumLayers, c.Heads, c.KVHeads, c.VocabSize = 8192, 29568, 80, 64, 8, 152064
	c.RMSNormEps, c.RopeTheta = 1e-5, 1e6
	c.RopeParameters.Sections = []int{16, 24, 24}
	return c
}

func newQwen2(f model.Files) (model.Model, error) {
	v, t := visionConfig{Depth: 32, EmbedDim: 1280, HiddenSize: 3584, HiddenAct: "quick_gelu", MLPRatio: 4, Heads: 16, Channels: 3, PatchSize: 14,
		Merge: 2, Frames: 2}, text()
	c, err := read(f.Config, &v, &t)
	if err != nil {
		return nil, err
	}
	if v.MLPRatio < 1 || v.MLPRatio > 64 || v.EmbedDim < 1 || v.EmbedDim > 1<<16 {
		return nil, fmt.Errorf("qwenvl: vision_config: want an mlp_ratio to 64 and an embed_dim to 65536, found %d and %d", v.MLPRatio, v.EmbedDim)
	}
	c.Width, c.Inner, c.Out = v.EmbedDim, v.EmbedDim*v.MLPRatio, v.HiddenSize
	return build(f, t, c, pixels())
}

func newQwen25(f model.Files) (model.Model, error) {
	v, t := visionConfig{Depth: 32, HiddenSize: 3584, HiddenAct: "silu", Intermediate: 3420, Heads: 16, Channels: 3, PatchSize: 14, Merge: 2,
		Frames: 2, Window: 112, Out: 3584, Whole: []int{7, 15, 23, 31}}, text()
	c, err := read(f.Config, &v, &t)
	if err != nil {
		return nil, err
	}
	if v.HiddenAct != "silu" || v.PatchSize < 1 || v.Merge < 1 || v.Window/v.Merge/v.PatchSize < 1 {
		return nil, fmt.Errorf("qwenvl: vision_config: want silu and windows of whole squares of patches, found %q and %d pixels", v.HiddenAct, v.Window)
	}
	c.RMS, c.Gated, c.Whole = true, true, v.Whole
	c.Window = v.Window / v.Merge / v.PatchSize * v.Merge
	return build(f, t, c, pixels())
}

func newQwen3(f model.Files) (model.Model, error) {
	v := visionConfig{Depth: 27, HiddenSize: 1152, HiddenAct: "gelu_pytorch_tanh", Intermediate: 4304, Heads: 16, Channels: 3, PatchSize: 16, Merge: 2,
		Frames: 2, Out: 3584, Positions: 2304, Deep: []int{8, 16, 24}}
	t := qwen.DefaultQwen3()
	t.KVHeads, t.MaxPositions, t.RopeTheta, t.RopeParameters.Sections = 32, 128000, 5e5, []int{24, 20, 20}
	c, err := read(f.Config, &v, &t)
	if err != nil {
		return nil, err
	}
	t.RopeParameters.Interleaved = true // whatever config.json says, as in transformers
	c.PatchBias, c.Deep, c.Side = true, v.Deep, int(math.Sqrt(float64(max(v.Positions, 0))))
	if c.Side < 1 || c.Side*c.Side != v.Positions {
		return nil, fmt.Errorf("qwenvl: vision_config: \"num_position_embeddings\": want a square, found %d", v.Positions)
	}
	return build(f, t, c, image.Qwen{Processor: image.DefaultProcessor(image.Bicubic, image.Half, image.Half), MinPixels: 256 * 256, MaxPixels: 4096 * 4096})
}
