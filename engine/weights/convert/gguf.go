package convert

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"

	"sightglass/engine/weights"
)

// The types of tokens in a GGUF file that are not text, from llama.cpp.
const (
	tokenControl     = 3
	tokenUserDefined = 4
)

// preTokenizers are the byte-level pre-tokenizers by their names in GGUF files.
var preTokenizers = map[string]any{
	"gpt-2":  byteLevel(true),
	"smollm": map[string]any{"type": "Sequence", "pretokenizers": []any{map[string]any{"type": "Digits", "individual_digits": true}, byteLevel(true)}},
}

func byteLevel(regex bool) map[string]any {
	return map[string]any{"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": regex}
}

// metadata reads the keys of a GGUF file and keeps the first error.
type metadata struct {
	m   weights.Metadata
	err error
}

func read[T any](m *metadata, key string) T {
	v, ok := m.m[key].(T)
	if !ok && m.err == nil {
		m.err = fmt.Errorf("convert: %q: want a %T, file has %v", key, v, m.m[key])
	}
	return v
}

// writeGGUFFiles writes config.json and the tokenizer of a llama in Hugging Face's layout.
func writeGGUFFiles(g *weights.GGUF, dir string) error {
	m := &metadata{m: g.Metadata}
	config, err := llamaConfig(g, m)
	if err != nil {
		return err
	}
	tokenizer, err := tokenizerJSON(m)
	if err != nil {
		return err
	}
	tokens := read[[]string](m, "tokenizer.ggml.tokens")
	settings := map[string]any{"tokenizer_class": "PreTrainedTokenizerFast", "clean_up_tokenization_spaces": false, "model_max_length": config["max_position_embeddings"]}
	for name, key := range map[string]string{"bos_token": "bos", "eos_token": "eos", "pad_token": "padding", "unk_token": "unknown"} {
		if id, ok := g.Metadata["tokenizer.ggml."+key+"_token_id"].(int64); ok && id >= 0 && id < int64(len(tokens)) {
			settings[name] = tokens[id]
		}
	}
	if template, ok := g.Metadata["tokenizer.chat_template"].(string); ok {
		settings["chat_template"] = template
		if err := os.WriteFile(filepath.Join(dir, "chat_template.jinja"), []byte(template), 0o644); err != nil {
			return fmt.Errorf("convert: %w", err)
		}
	}
	generation := map[string]any{"bos_token_id": config["bos_token_id"], "eos_token_id": config["eos_token_id"]}
	for file, v := range map[string]any{"config.json": config, "tokenizer_config.json": settings, "generation_config.json": generation} {
		if err := writeJSON(filepath.Join(dir, file), v); err != nil {
			return err
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "tokenizer.json"), tokenizer, 0o644); err != nil {
		return fmt.Errorf("convert: %w", err)
	}
	return nil
}

func llamaConfig(g *weights.GGUF, m *metadata) (map[string]any, error) {
	hidden, heads := read[int64](m, "llama.embedding_length"), read[int64](m, "llama.attention.head_count")
	kv, ok := g.Metadata["llama.attention.head_count_kv"].(int64)
	if !ok {
		kv = heads
	}
	theta, ok := g.Metadata["llama.rope.freq_base"].(float64)
	if !ok {
		theta = 10000 // llama.cpp's default
	}
	tied := true
	for _, name := range g.Names() {
		tied = tied && name != "lm_head.weight"
	}
	config := map[string]any{
		"architectures": []string{"LlamaForCausalLM"}, "model_type": "llama", "attention_bias": false, "mlp_bias": false, "hidden_act": "silu",
		"hidden_size": hidden, "num_attention_heads": heads, "num_key_value_heads": kv, "intermediate_size": read[int64](m, "llama.feed_forward_length"),
		"num_hidden_layers": read[int64](m, "llama.block_count"), "max_position_embeddings": read[int64](m, "llama.context_length"),
		"rms_norm_eps": short(read[float64](m, "llama.attention.layer_norm_rms_epsilon")), "rope_theta": short(theta), "tie_word_embeddings": tied,
		"bos_token_id": read[int64](m, "tokenizer.ggml.bos_token_id"), "eos_token_id": read[int64](m, "tokenizer.ggml.eos_token_id"),
		"vocab_size": len(read[[]string](m, "tokenizer.ggml.tokens")), "torch_dtype": "float16",
	}
	if m.err == nil && (heads <= 0 || hidden%heads != 0) {
		m.err = fmt.Errorf("convert: %q: want a divisor of %d, file has %d", "llama.attention.head_count", hidden, heads)
	}
	if m.err != nil {
		return nil, m.err
	}
	config["head_dim"] = hidden / heads
	return config, nil
}

// short is the shortest decimal that is the same f32: GGUF holds 1e-05 as 9.99999975e-06. Infinities and NaN, which JSON has not, become 0.
func short(v float64) float64 {
	if math.IsInf(v, 0) || math.IsNaN(v) {
		return 0
	}
	f, _ := strconv.ParseFloat(strconv.FormatFloat(v, 'g', -1, 32), 64)
	return f
}

// tokenizerJSON is the byte-level BPE of a GGUF file as tokenizer.json.
func tokenizerJSON(m *metadata) ([]byte, error) {
	tokens, types, merges := read[[]string](m, "tokenizer.ggml.tokens"), read[[]int64](m, "tokenizer.ggml.token_type"), read[[]string](m, "tokenizer.ggml.merges")
	kind, pre := read[string](m, "tokenizer.ggml.model"), read[string](m, "tokenizer.ggml.pre")
	if m.err != nil {
		return nil, m.err
	}
	split, ok := preTokenizers[pre]
	if kind != "gpt2" || !ok {
		return nil, fmt.Errorf("convert: tokenizer: want gpt2 with pre-tokenizer gpt-2 or smollm, file has %q with %q", kind, pre)
	}
	if len(types) != len(tokens) {
		return nil, fmt.Errorf("convert: tokenizer: want a type for each of %d tokens, file has %d", len(tokens), len(types))
	}
	vocab, added := map[string]int{}, []any{}
	for i, text := range tokens {
		if _, ok := vocab[text]; ok {
			return nil, fmt.Errorf("convert: tokenizer: %q: want it once, file has it twice", text)
		}
		vocab[text] = i
		if types[i] == tokenControl || types[i] == tokenUserDefined {
			added = append(added, map[string]any{"id": i, "content": text, "single_word": false, "lstrip": false, "rstrip": false,
				"normalized": false, "special": types[i] == tokenControl})
		}
	}
	decoder := byteLevel(true)
	decoder["add_prefix_space"] = true
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	err := e.Encode(map[string]any{
		"version": "1.0", "truncation": nil, "padding": nil, "added_tokens": added, "normalizer": nil, "pre_tokenizer": split, "post_processor": nil, "decoder": decoder,
		"model": map[string]any{"type": "BPE", "dropout": nil, "unk_token": nil, "continuing_subword_prefix": nil, "end_of_word_suffix": nil,
			"fuse_unk": false, "byte_fallback": false, "ignore_merges": false, "vocab": vocab, "merges": merges},
	})
	if err != nil {
		return nil, fmt.Errorf("convert: tokenizer: %w", err)
	}
	return out.Bytes(), nil
}
