package gemma

import (
	"math"
	"reflect"
	"strings"
	"testing"
)

// text_config of google/gemma-3-4b-it, as published.
const published = `{"hidden_size": 2560, "intermediate_size": 10240, "model_type": "gemma3_text", "num_hidden_layers": 34,
	"rope_scaling": {"factor": 8.0, "rope_type": "linear"}, "sliding_window": 1024}`

func TestPublishedConfigurationIsRead(t *testing.T) {
	c, err := ReadText3([]byte(published))
	if err != nil {
		t.Fatal(err)
	}
	info := c.Info()
	if c.Heads != 8 || c.KVHeads != 4 || c.HeadDim != 256 || c.VocabSize != 262208 || info.Context != 131072 || info.Window != 1024 {
		t.Errorf("got %d and %d heads of %d, %d tokens, %d positions, a window of %d", c.Heads, c.KVHeads, c.HeadDim, c.VocabSize, info.Context, info.Window)
	}
	for i, near := range c.Local.Layers {
		if want := i%6 != 5; near != want {
			t.Errorf("layer %d sees a window: got %v, want %v", i, near, want)
		}
	}
	if c.Score != 1.0/16 || c.EmbedScale != float32(math.Sqrt(2560)) {
		t.Errorf("got scores scaled by %g and embeddings by %g, want 0.0625 and 50.6", c.Score, c.EmbedScale)
	}
	// Of layers that see all, the base is a million and waves are eight times as long; of others, neither.
	for table, want := range []float64{math.Pow(1e6, -2.0/256) / 8, math.Pow(1e4, -2.0/256)} {
		if got := float64(info.Rotary[table].Frequencies[1]); math.Abs(got/want-1) > 1e-6 {
			t.Errorf("table %d: got a second frequency of %g, want %g", table, got, want)
		}
	}
}

func TestConfigurationOfTransformers5SaysTheSame(t *testing.T) {
	types := strings.Repeat(`"sliding_attention", "sliding_attention", "sliding_attention", "sliding_attention", "sliding_attention", "full_attention", `, 5) +
		`"sliding_attention", "sliding_attention", "sliding_attention", "sliding_attention"`
	now := `{"hidden_size": 2560, "intermediate_size": 10240, "num_hidden_layers": 34, "sliding_window": 1024, "layer_types": [` + types + `], "rope_parameters":
		{"full_attention": {"factor": 8.0, "rope_theta": 1000000.0, "rope_type": "linear"}, "sliding_attention": {"rope_theta": 10000.0, "rope_type": "default"}}}`
	a, err := ReadText3([]byte(published))
	if err != nil {
		t.Fatal(err)
	}
	b, err := ReadText3([]byte(now))
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(a.Info(), b.Info()) || !reflect.DeepEqual(a.Local.Layers, b.Local.Layers) {
		t.Errorf("got %+v and %v, want %+v and %v", b.Info(), b.Local.Layers, a.Info(), a.Local.Layers)
	}
}

func TestConfigurationsThatAreRefused(t *testing.T) {
	for name, c := range map[string]struct{ config, says string }{
		"Gemma 2":                     {`{"attn_logit_softcapping": 50.0}`, "softcapping"},
		"capped logits":               {`{"final_logit_softcapping": 30.0}`, "softcapping"},
		"EmbeddingGemma":              {`{"use_bidirectional_attention": true}`, "use_bidirectional_attention"},
		"no window":                   {`{"sliding_window": null}`, "sliding_window"},
		"a pattern of none":           {`{"sliding_window_pattern": 0}`, "sliding_window_pattern"},
		"a negative scale":            {`{"query_pre_attn_scalar": -1}`, "query_pre_attn_scalar"},
		"too many layers":             {`{"num_hidden_layers": 1000000000}`, "1024"},
		"types of too few layers":     {`{"layer_types": ["full_attention"]}`, "want 26, found 1"},
		"a layer of an unknown type":  {`{"num_hidden_layers": 1, "layer_types": ["chunked_attention"]}`, "chunked_attention"},
		"rotary numbers of a kind":    {`{"rope_scaling": {"rope_type": "longrope"}}`, "longrope"},
		"local ones of a kind":        {`{"rope_parameters": {"sliding_attention": {"rope_theta": 1, "rope_type": "longrope"}}}`, "longrope"},
		"another activation":          {`{"hidden_activation": "relu"}`, "relu"},
		"heads that make no groups":   {`{"num_key_value_heads": 3}`, "groups"},
		"layers of a negative number": {`{"num_hidden_layers": -1}`, "layers"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := ReadText3([]byte(c.config)); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want an error with %q", err, c.says)
			}
		})
	}
	if _, err := ReadText([]byte(`{"model_type": "gemma2"}`)); err == nil || !strings.Contains(err.Error(), "gemma2") {
		t.Errorf("PaliGemma 2: got %v, want an error with \"gemma2\"", err)
	}
}
