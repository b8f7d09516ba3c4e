#!/usr/bin/env python3
"""Writes models of published shapes with random weights: as published (bf16, in shards), and for llama.cpp (Q4_0, and the tower in f16).

usage: shapes.py NAME TOKENIZER_FOLDER VOCABULARY.gguf OUT      (NAME: qwen2-vl-2b or llava-1.5-7b)

Speed does not depend on the weights' values. OUT gets the folder hf, text.gguf, mmproj.gguf, and small.gguf: one layer of the decoder with
the vocabulary of another model, for a command that wants one beside the tower. Tensors are written one at a time.
"""

import json
import math
import shutil
import sys
from pathlib import Path

import gguf
import numpy as np
import torch
from PIL import Image
from transformers import CLIPVisionConfig, LlamaConfig, LlavaConfig, LlavaForConditionalGeneration, Qwen2VLConfig, Qwen2VLForConditionalGeneration

SHARD = 5 << 30
PIXELS = dict(image_mean=[0.48145466, 0.4578275, 0.40821073], image_std=[0.26862954, 0.26130258, 0.27577711])
rng = np.random.default_rng(0)
floats = (rng.standard_normal(1 << 24, dtype=np.float32) * 0.02).view(np.uint32)


def repeated(block, n):
    return np.resize(block, n)


class Qwen:
    """config.json of Qwen/Qwen2-VL-2B-Instruct."""

    architecture, arch, projector, picture = Qwen2VLForConditionalGeneration, "qwen2vl", "qwen2vl_merger", 448
    text = dict(vocab_size=151936, hidden_size=1536, intermediate_size=8960, num_hidden_layers=28, num_attention_heads=12, num_key_value_heads=2,
                max_position_embeddings=32768, rms_norm_eps=1e-6, rope_theta=1e6, tie_word_embeddings=True)
    vision = dict(depth=32, embed_dim=1280, num_heads=16, mlp_ratio=4, patch_size=14, spatial_merge_size=2, temporal_patch_size=2, hidden_size=1536)
    sections = [16, 24, 24]
    tower = dict(width=1280, mlp=5120, layers=32, heads=16, image=560, patch=14, eps=1e-6)

    def config(self):
        return Qwen2VLConfig(text_config=self.text | {"rope_scaling": {"type": "mrope", "mrope_section": self.sections}}, vision_config=self.vision,
                             tie_word_embeddings=True)

    def published(self):
        return {"architectures": ["Qwen2VLForConditionalGeneration"], "model_type": "qwen2_vl", "image_token_id": 151655, "vision_start_token_id": 151652,
                "vision_end_token_id": 151653, "video_token_id": 151656, "hidden_act": "silu", "vision_config": self.vision | {"model_type": "qwen2_vl", "in_chans": 3},
                "rope_scaling": {"type": "mrope", "mrope_section": self.sections}} | self.text

    def rename(self, name):
        return name.replace("model.visual.", "visual.").replace("model.language_model.", "model.")

    preprocessor = PIXELS | dict(image_processor_type="Qwen2VLImageProcessor", min_pixels=3136, max_pixels=12845056, patch_size=14, temporal_patch_size=2, merge_size=2)

    def mmproj(self):
        w = self.tower["width"]
        yield from [("v.patch_embd.weight", (w, 3, 14, 14)), ("v.patch_embd.weight.1", (w, 3, 14, 14)), ("v.post_ln.weight", (w,)), ("v.post_ln.bias", (w,)),
                    ("mm.0.weight", (4 * w, 4 * w)), ("mm.0.bias", (4 * w,)), ("mm.2.weight", (1536, 4 * w)), ("mm.2.bias", (1536,))]


class Llava:
    """config.json of llava-hf/llava-1.5-7b-hf."""

    architecture, arch, projector, picture = LlavaForConditionalGeneration, "llama", "mlp", 336
    text = dict(vocab_size=32064, hidden_size=4096, intermediate_size=11008, num_hidden_layers=32, num_attention_heads=32, num_key_value_heads=32,
                max_position_embeddings=4096, rms_norm_eps=1e-5, rope_theta=1e4, tie_word_embeddings=False)
    vision = dict(hidden_size=1024, intermediate_size=4096, num_hidden_layers=24, num_attention_heads=16, image_size=336, patch_size=14, projection_dim=768)
    sections = None
    tower = dict(width=1024, mlp=4096, layers=23, heads=16, image=336, patch=14, eps=1e-5)  # the last layer's features are not used

    def config(self):
        return LlavaConfig(text_config=LlamaConfig(**self.text), vision_config=CLIPVisionConfig(**self.vision), image_token_index=32000)

    def published(self):
        return {"architectures": ["LlavaForConditionalGeneration"], "model_type": "llava", "image_token_index": 32000, "image_seq_length": 576,
                "projector_hidden_act": "gelu", "vision_feature_layer": -2, "vision_feature_select_strategy": "default",
                "text_config": self.text | {"model_type": "llama"}, "vision_config": self.vision | {"model_type": "clip_vision_model"}}

    def rename(self, name):
        name = name.replace("model.language_model.", "language_model.model.").replace("model.", "", 1) if name.startswith("model.") else "language_model." + name
        name = name.replace("language_model.layers", "language_model.model.layers").replace("language_model.norm", "language_model.model.norm")
        name = name.replace("language_model.embed_tokens", "language_model.model.embed_tokens")
        return name.replace("vision_tower.", "vision_tower.vision_model.", 1)

    preprocessor = PIXELS | dict(image_processor_type="CLIPImageProcessor", crop_size={"height": 336, "width": 336}, size={"shortest_edge": 336}, do_center_crop=True,
                                 do_convert_rgb=True, do_normalize=True, do_rescale=True, do_resize=True, resample=3, rescale_factor=1 / 255)

    def mmproj(self):
        w = self.tower["width"]
        yield from [("v.patch_embd.weight", (w, 3, 14, 14)), ("v.class_embd", (w,)), ("v.position_embd.weight", (577, w)), ("v.pre_ln.weight", (w,)), ("v.pre_ln.bias", (w,)),
                    ("mm.0.weight", (4096, w)), ("mm.0.bias", (4096,)), ("mm.2.weight", (4096, 4096)), ("mm.2.bias", (4096,))]


def write_published(shape, tokenizer, out):
    out.mkdir(parents=True)
    with torch.device("meta"):
        state = shape.architecture(shape.config()).state_dict()
    tensors = {shape.rename(k): tuple(v.shape) for k, v in state.items() if not (shape.text["tie_word_embeddings"] and "lm_head" in k) and "position_ids" not in k}
    shards, size = [{}], 0
    for name, dims in tensors.items():
        if size + 2 * math.prod(dims) > SHARD:
            shards, size = shards + [{}], 0
        shards[-1][name], size = dims, size + 2 * math.prod(dims)
    half = (floats >> 16).astype(np.uint16)
    index = {}
    for i, shard in enumerate(shards):
        file = f"model-{i + 1:05d}-of-{len(shards):05d}.safetensors"
        header, at = {}, 0
        for name, dims in shard.items():
            end = at + 2 * math.prod(dims)
            header[name], at, index[name] = {"dtype": "BF16", "shape": dims, "data_offsets": [at, end]}, end, file
        text = json.dumps(header).encode()
        text += b" " * (-len(text) % 8)
        with open(out / file, "wb") as f:
            f.write(len(text).to_bytes(8, "little") + text)
            for name, dims in shard.items():
                ones = "norm" in name and name.endswith("weight") and len(dims) == 1
                f.write((np.full(dims, 0x3F80, np.uint16) if ones else repeated(half, math.prod(dims))).tobytes())
    json.dump({"metadata": {}, "weight_map": index}, open(out / "model.safetensors.index.json", "w"))
    json.dump(shape.published(), open(out / "config.json", "w"), indent=1)
    json.dump(shape.preprocessor, open(out / "preprocessor_config.json", "w"), indent=1)
    for name in ["tokenizer.json", "tokenizer_config.json"]:
        shutil.copy(tokenizer / name, out / name)
    (out / "chat_template.jinja").write_text("{% for message in messages %}{{ message['content'] }}{% endfor %}")


def write_gguf(path, arch, keys, tensors, vocabulary=None):
    """keys are functions of the writer; tensors are (name, shape, quantized)."""
    w = gguf.GGUFWriter(path, arch)
    keys(w)
    if vocabulary:
        for name, field in gguf.GGUFReader(vocabulary).fields.items():
            if name.startswith("tokenizer."):
                w.add_key_value(name, field.contents(), field.types[0], sub_type=field.types[-1] if len(field.types) > 1 else None)
    block = rng.integers(0, 256, (1 << 19, 18), dtype=np.uint8)
    block[:, :2] = np.array([0.005], np.float16).view(np.uint8)
    half, wide = floats.view(np.float32).astype(np.float16), floats.view(np.float32)
    data = []
    for name, dims, quantized in tensors:
        n = math.prod(dims)
        if quantized:
            w.add_tensor_info(name, dims[:-1] + (dims[-1] // 32 * 18,), np.dtype(np.uint8), n // 32 * 18, gguf.GGMLQuantizationType.Q4_0)
            data.append(lambda n=n, d=dims: repeated(block, n // 32 * 18))
        elif len(dims) == 1 or "position_embd" in name:
            w.add_tensor_info(name, dims, np.dtype(np.float32), 4 * n)
            data.append(lambda n=n, one="norm" in name or "ln" in name: np.ones(n, np.float32) if one else repeated(wide, n))
        else:
            w.add_tensor_info(name, dims, np.dtype(np.float16), 2 * n)
            data.append(lambda n=n: repeated(half, n))
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_ti_data_to_file()
    for d in data:
        w.write_tensor_data(d())
    w.close()


def text_keys(shape, layers, vocabulary):
    def keys(w):
        t = shape.text
        w.add_context_length(t["max_position_embeddings"])
        w.add_embedding_length(t["hidden_size"])
        w.add_block_count(layers)
        w.add_feed_forward_length(t["intermediate_size"])
        w.add_head_count(t["num_attention_heads"])
        w.add_head_count_kv(t["num_key_value_heads"])
        w.add_layer_norm_rms_eps(t["rms_norm_eps"])
        w.add_rope_freq_base(t["rope_theta"])
        if shape.sections:
            w.add_rope_dimension_sections(shape.sections + [0])
        if vocabulary is None:
            w.add_vocab_size(t["vocab_size"])
            w.add_tokenizer_model("no_vocab")
    return keys


def text_tensors(shape, layers, vocab):
    t = shape.text
    d, m, head = t["hidden_size"], t["intermediate_size"], t["hidden_size"] // t["num_attention_heads"]
    kv = head * t["num_key_value_heads"]
    yield "token_embd.weight", (vocab, d), True
    for i in range(layers):
        for name, out, into in [("attn_q", d, d), ("attn_k", kv, d), ("attn_v", kv, d), ("attn_output", d, d), ("ffn_gate", m, d), ("ffn_up", m, d), ("ffn_down", d, m)]:
            yield f"blk.{i}.{name}.weight", (out, into), True
            if shape.sections and name in ("attn_q", "attn_k", "attn_v"):
                yield f"blk.{i}.{name}.bias", (out,), False
        yield f"blk.{i}.attn_norm.weight", (d,), False
        yield f"blk.{i}.ffn_norm.weight", (d,), False
    yield "output_norm.weight", (d,), False
    if not t["tie_word_embeddings"]:
        yield "output.weight", (vocab, d), True


def tower_keys(shape):
    def keys(w):
        t = shape.tower
        w.add_clip_has_vision_encoder(True)
        w.add_clip_projector_type(shape.projector)
        w.add_vision_projection_dim(shape.text["hidden_size"])
        w.add_vision_image_size(t["image"])
        w.add_vision_patch_size(t["patch"])
        w.add_vision_embedding_length(t["width"])
        w.add_vision_feed_forward_length(t["mlp"])
        w.add_vision_block_count(t["layers"])
        w.add_vision_head_count(t["heads"])
        w.add_vision_attention_layernorm_eps(t["eps"])
        w.add_vision_image_mean(PIXELS["image_mean"])
        w.add_vision_image_std(PIXELS["image_std"])
    return keys


def tower_tensors(shape):
    t = shape.tower
    w, m = t["width"], t["mlp"]
    for name, dims in shape.mmproj():
        yield name, dims, False
    for i in range(t["layers"]):
        for name, out, into in [("attn_q", w, w), ("attn_k", w, w), ("attn_v", w, w), ("attn_out", w, w), ("ffn_up", m, w), ("ffn_down", w, m)]:
            yield f"v.blk.{i}.{name}.weight", (out, into), False
            yield f"v.blk.{i}.{name}.bias", (out,), False
        for name in ["ln1", "ln2"]:
            yield f"v.blk.{i}.{name}.weight", (w,), False
            yield f"v.blk.{i}.{name}.bias", (w,), False


def main():
    shape = {"qwen2-vl-2b": Qwen, "llava-1.5-7b": Llava}[sys.argv[1]]()
    tokenizer, vocabulary, out = Path(sys.argv[2]), Path(sys.argv[3]), Path(sys.argv[4])
    write_published(shape, tokenizer, out / "hf")
    layers, vocab = shape.text["num_hidden_layers"], shape.text["vocab_size"]
    write_gguf(out / "text.gguf", shape.arch, text_keys(shape, layers, None), list(text_tensors(shape, layers, vocab)))
    tokens = len(gguf.GGUFReader(vocabulary).fields["tokenizer.ggml.tokens"].contents())
    write_gguf(out / "small.gguf", shape.arch, text_keys(shape, 1, vocabulary), list(text_tensors(shape, 1, tokens)), vocabulary)
    write_gguf(out / "mmproj.gguf", "clip", tower_keys(shape), list(tower_tensors(shape)))
    pixels = rng.integers(0, 256, (shape.picture, shape.picture, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(out / "picture.png")


if __name__ == "__main__":
    main()
