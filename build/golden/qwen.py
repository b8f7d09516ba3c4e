"""Write tiny random checkpoints of Qwen2, Qwen3, Qwen2-VL, Qwen2.5-VL and Qwen3-VL and what transformers computes with them.

usage: TOKENIZERS=DIR qwen.py OUT        (OUT is engine/model; see build/golden/README.md)
"""
import json, os, sys
sys.path.append(os.path.dirname(os.path.abspath(__file__)))
import checkpoint as c
import torch
from safetensors.torch import load_file, save_file
from transformers import (Qwen2_5_VLConfig, Qwen2_5_VLForConditionalGeneration, Qwen2_5_VLProcessor, Qwen2Config, Qwen2ForCausalLM, Qwen2VLConfig,
                          Qwen2VLForConditionalGeneration, Qwen2VLProcessor, Qwen3Config, Qwen3ForCausalLM, Qwen3VLConfig, Qwen3VLForConditionalGeneration,
                          Qwen3VLProcessor)
from transformers import Qwen2VLVideoProcessor
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

CONTROL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>", "<|image_pad|>", "<|video_pad|>"]
# As published with Qwen2-7B-Instruct.
QWEN2 = ("{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}{{ '<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n' }}"
         "{% endif %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}"
         "{{ '<|im_start|>assistant\n' }}{% endif %}")
# As published with Qwen2-VL-2B-Instruct and Qwen2.5-VL-3B-Instruct.
QWEN2VL = ("{% set image_count = namespace(value=0) %}{% set video_count = namespace(value=0) %}{% for message in messages %}{% if loop.first and "
           "message['role'] != 'system' %}<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n{% endif %}<|im_start|>{{ message['role'] }}\n"
           "{% if message['content'] is string %}{{ message['content'] }}<|im_end|>\n{% else %}{% for content in message['content'] %}{% if content['type'] == 'image' "
           "or 'image' in content or 'image_url' in content %}{% set image_count.value = image_count.value + 1 %}{% if add_vision_id %}Picture {{ image_count.value }}: "
           "{% endif %}<|vision_start|><|image_pad|><|vision_end|>{% elif content['type'] == 'video' or 'video' in content %}{% set video_count.value = "
           "video_count.value + 1 %}{% if add_vision_id %}Video {{ video_count.value }}: {% endif %}<|vision_start|><|video_pad|><|vision_end|>{% elif 'text' in content %}"
           "{{ content['text'] }}{% endif %}{% endfor %}<|im_end|>\n{% endif %}{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}")
# Of Qwen3-VL's template what is no tool: no system prompt of its own, and each role's content as a text or a list.
QWEN3VL = """{%- macro render(content) %}{%- if content is string %}{{- content }}{%- else %}{%- for part in content %}{%- if part.type == 'image' or 'image' in part or 'image_url' in part %}<|vision_start|><|image_pad|><|vision_end|>{%- elif part.type == 'video' or 'video' in part %}<|vision_start|><|video_pad|><|vision_end|>{%- elif 'text' in part %}{{- part.text }}{%- endif %}{%- endfor %}{%- endif %}{%- endmacro %}
{%- for message in messages %}
    {{- '<|im_start|>' + message.role + '\n' }}{{- render(message.content) }}{{- '<|im_end|>\n' }}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\n' }}
{%- endif %}
"""
QWEN3 = json.load(open(f"{c.TOKENIZERS}/tokenizer-qwen3/models/tokenizer_config.json"))["chat_template"]
WORDS = dict(hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=2, num_key_value_heads=1, max_position_embeddings=512,
             rms_norm_eps=1e-6)


def tokenizer(template):
    corpus = c.corpus(["system\nYou are a helpful assistant.", "user\n", "assistant\n", "<think>\n\n</think>\n\n"])
    return c.wrapped(c.trimmed("qwen3", CONTROL + ["<think>", "</think>"], corpus), template, eos_token="<|im_end|>", pad_token="<|endoftext|>")


def words(name, config_class, model_class, template, **more):
    tok = tokenizer(template)
    model = c.randomize(model_class(config_class(vocab_size=(len(tok) + 63) // 64 * 64, tie_word_embeddings=False, **WORDS, **more)))
    folder = f"{sys.argv[1]}/qwen/testdata/{name}"
    config = WORDS | dict(vocab_size=model.config.vocab_size, rope_theta=1e6, tie_word_embeddings=False, model_type=model.config.model_type,
                          use_sliding_window=False, sliding_window=128, max_window_layers=1, hidden_act="silu") | {k: v for k, v in more.items() if k == "head_dim"}
    c.save(folder, model, tok, None, lambda k: k, config=config)
    c.golden(folder, model, c.Plain(tok), None, None, c.TURNS)


def seeing(name, config_class, model_class, processor, template, vision, text, prep, config, rename, tied):
    tok = tokenizer(template)
    id = tok.convert_tokens_to_ids
    text = WORDS | dict(vocab_size=(len(tok) + 63) // 64 * 64) | text
    tokens = dict(image_token_id=id("<|image_pad|>"), video_token_id=id("<|video_pad|>"), vision_start_token_id=id("<|vision_start|>"),
                  vision_end_token_id=id("<|vision_end|>"))
    model = c.randomize(model_class(config_class(text_config=dict(text), vision_config=dict(vision), tie_word_embeddings=tied, **tokens)))
    if tied:
        model.tie_weights()
    folder = f"{sys.argv[1]}/qwenvl/testdata/{name}"
    c.save(folder, model, tok, prep, rename, tied, config(text, vision) | tokens | {"tie_word_embeddings": tied})
    proc = processor(Qwen2VLImageProcessorPil(**{k: v for k, v in prep.items() if k != "image_processor_type"}), tok, Qwen2VLVideoProcessor(), chat_template=template)

    def features(inputs):
        o = model.model.get_image_features(pixel_values=inputs["pixel_values"], image_grid_thw=inputs["image_grid_thw"])
        return torch.cat([torch.cat(list(f)) for f in [o.pooler_output] + list(getattr(o, "deepstack_features", None) or [])], -1)

    def states(inputs):
        kept = []
        hooks = [b.register_forward_hook(lambda m, i, o: kept.append(o)) for b in model.model.visual.blocks]
        features(inputs)
        [h.remove() for h in hooks]
        return [h[-int(inputs["image_grid_thw"][-1].prod()):] for h in kept]

    c.golden(folder, model, proc, features, states)
    return folder


def shards(folder):
    """Cut a checkpoint into two files of other types, with an index."""
    state = load_file(f"{folder}/model.safetensors")
    index = {}
    for i, names in enumerate([sorted(state)[::2], sorted(state)[1::2]]):
        file = f"model-0000{i + 1}-of-00002.safetensors"
        part = {k: state[k].to(torch.float16 if (state[k].half().float() == state[k].float()).all() else torch.float32) for k in names}
        save_file(part, f"{folder}/{file}", metadata={"format": "pt"})
        index |= {k: file for k in names}
    os.remove(f"{folder}/model.safetensors")
    json.dump({"metadata": {}, "weight_map": index}, open(f"{folder}/model.safetensors.index.json", "w"), indent=0)


def old(name):
    """The names that transformers 4 gave to Qwen2-VL."""
    return name.replace("model.visual.", "visual.").replace("model.language_model.", "model.")


def flat(text, vision):
    """config.json as published: the decoder's fields at the top, the rotary ones by their older names."""
    rope = text["rope_parameters"]
    top = {k: v for k, v in text.items() if k != "rope_parameters"}
    return top | dict(rope_theta=rope["rope_theta"], rope_scaling={"type": "mrope", "mrope_section": rope["mrope_section"]}, use_sliding_window=False,
                      sliding_window=128, vision_config={k: v for k, v in vision.items() if k != "in_channels"} | {"in_chans": 3})


def nested(text, vision):
    rope = text["rope_parameters"]
    top = {k: v for k, v in text.items() if k != "rope_parameters"}
    return dict(vision_config=vision, text_config=top | dict(rope_theta=rope["rope_theta"], rope_scaling={
        "rope_type": "default", "mrope_interleaved": True, "mrope_section": rope["mrope_section"]}))


if __name__ == "__main__":
    words("qwen2", Qwen2Config, Qwen2ForCausalLM, QWEN2, rope_theta=1e6)
    words("qwen3", Qwen3Config, Qwen3ForCausalLM, QWEN3, rope_theta=1e6, head_dim=24)
    clip = dict(do_convert_rgb=True, do_normalize=True, do_rescale=True, do_resize=True, image_mean=[0.48145466, 0.4578275, 0.40821073],
                image_std=[0.26862954, 0.26130258, 0.27577711], resample=3, rescale_factor=1 / 255, patch_size=4, temporal_patch_size=2, merge_size=2,
                image_processor_type="Qwen2VLImageProcessor")
    half = clip | dict(image_mean=[0.5] * 3, image_std=[0.5] * 3, size={"shortest_edge": 512, "longest_edge": 1536})
    patches = dict(in_channels=3, num_heads=2, patch_size=4, spatial_merge_size=2, temporal_patch_size=2)
    mrope = dict(rope_parameters={"rope_type": "default", "rope_theta": 1e6, "mrope_section": [2, 3, 3]})
    seeing("qwen2-vl", Qwen2VLConfig, Qwen2VLForConditionalGeneration, Qwen2VLProcessor, QWEN2VL, patches | dict(depth=2, embed_dim=24, hidden_size=32, mlp_ratio=2),
           mrope, clip | dict(min_pixels=256, max_pixels=1536), flat, old, True)
    shards(seeing("qwen2.5-vl", Qwen2_5_VLConfig, Qwen2_5_VLForConditionalGeneration, Qwen2_5_VLProcessor, QWEN2VL, patches | dict(
        depth=3, hidden_size=24, intermediate_size=40, out_hidden_size=32, window_size=16, fullatt_block_indexes=[1]),
        mrope, clip | dict(min_pixels=256, max_pixels=1536), flat, old, False))
    interleaved = dict(rope_parameters=mrope["rope_parameters"] | {"mrope_interleaved": True}, head_dim=16, num_hidden_layers=3)
    seeing("qwen3-vl", Qwen3VLConfig, Qwen3VLForConditionalGeneration, Qwen3VLProcessor, QWEN3VL, patches | dict(
        depth=3, hidden_size=24, intermediate_size=40, out_hidden_size=32, num_position_embeddings=25, deepstack_visual_indexes=[0, 2]),
        interleaved, half, nested, lambda k: k, True)
