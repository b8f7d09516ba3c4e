"""Write tiny random checkpoints of Mistral 3 and Pixtral and what transformers computes with them.

usage: TOKENIZERS=DIR mistral3.py OUT        (OUT is engine/model)
"""
import os, sys
sys.path.append(os.path.dirname(os.path.abspath(__file__)))
import checkpoint as c
import torch
from transformers import (LlavaConfig, LlavaForConditionalGeneration, Mistral3Config, Mistral3ForConditionalGeneration, MistralConfig, PixtralProcessor,
                          PixtralVisionConfig)
from transformers.models.pixtral.image_processing_pil_pixtral import PixtralImageProcessorPil

# In the manner of Mistral Small 3.1's, without its system prompt, which has the day's date, and of Pixtral's.
TEMPLATE = ("{{- bos_token }}{%- for message in messages %}{%- if message['role'] == 'user' %}{{- '[INST]' }}{%- for block in message['content'] %}"
            "{%- if block['type'] == 'text' %}{{- block['text'] }}{%- elif block['type'] in ['image', 'image_url'] %}{{- '[IMG]' }}{%- endif %}{%- endfor %}"
            "{{- '[/INST]' }}{%- elif message['role'] == 'assistant' %}{{- message['content'][0]['text'] + eos_token }}{%- endif %}{%- endfor %}")
SPECIAL = ["[INST]", "[/INST]", "[IMG]", "[IMG_BREAK]", "[IMG_END]"]
tok = c.wrapped(c.trimmed("llama2", SPECIAL, c.corpus(["\n"])), TEMPLATE, bos_token="<s>", eos_token="</s>", unk_token="<unk>", pad_token="<unk>")
WORDS = dict(vocab_size=(len(tok) + 63) // 64 * 64, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4,
             num_key_value_heads=2, head_dim=12, max_position_embeddings=512, rms_norm_eps=1e-5, rope_theta=1e6, sliding_window=None)


def write(folder, config_class, model_class, patch, merge, act, **more):
    vision = PixtralVisionConfig(hidden_size=24, intermediate_size=40, num_hidden_layers=2, num_attention_heads=2, image_size=48, patch_size=patch,
                                 hidden_act=act, head_dim=12, rope_theta=10000.0)
    config = config_class(vision_config=vision, text_config=MistralConfig(**WORDS), image_token_index=tok.convert_tokens_to_ids("[IMG]"),
                          tie_word_embeddings=False, **more)
    model = c.randomize(model_class(config))
    prep = dict(do_convert_rgb=True, do_normalize=True, do_rescale=True, do_resize=True, image_mean=[0.48145466, 0.4578275, 0.40821073],
                image_std=[0.26862954, 0.26130258, 0.27577711], resample=3, rescale_factor=1 / 255, size={"longest_edge": 48}, patch_size=patch)
    folder = f"{sys.argv[1]}/{folder}"
    full = model.config.to_dict()
    c.save(folder, model, tok, prep | {"image_processor_type": "PixtralImageProcessor"}, c.published,
           config=model.config.to_diff_dict() | {"vision_config": full["vision_config"], "text_config": full["text_config"]})
    proc = PixtralProcessor(PixtralImageProcessorPil(**prep | {"patch_size": {"height": patch, "width": patch}}), tok, patch_size=patch, spatial_merge_size=merge,
                            chat_template=TEMPLATE)

    def features(inputs):
        return torch.cat(list(model.model.get_image_features(pixel_values=inputs["pixel_values"], image_sizes=inputs["image_sizes"]).pooler_output))

    def states(inputs):
        px, size = inputs["pixel_values"][-1:], inputs["image_sizes"][-1:]
        px = px[:, :, :int(size[0][0]), :int(size[0][1])]
        return [h[0] for h in model.model.vision_tower(px, image_sizes=size, output_hidden_states=True).hidden_states[1:]]

    c.golden(folder, model, proc, features, states)


write("mistral3/testdata/mistral3", Mistral3Config, Mistral3ForConditionalGeneration, 4, 2, "silu")
write("llava/testdata/pixtral", LlavaConfig, LlavaForConditionalGeneration, 8, 1, "silu", vision_feature_layer=-1, vision_feature_select_strategy="full")
