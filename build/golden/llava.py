"""Write tiny random LLaVA-1.5 and LLaVA-NeXT checkpoints and what transformers computes with them.

usage: TOKENIZERS=DIR llava.py OUT        (OUT is engine/testdata; see build/golden/README.md)
"""
import os, sys
sys.path.append(os.path.dirname(os.path.abspath(__file__)))
import checkpoint as c
import torch
from transformers import CLIPVisionConfig, LlamaConfig, LlavaConfig, LlavaForConditionalGeneration, LlavaNextConfig
from transformers import LlavaNextForConditionalGeneration, LlavaNextProcessor, LlavaProcessor, MistralConfig, Qwen2Config, SiglipVisionConfig
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
from transformers.models.siglip.image_processing_pil_siglip import SiglipImageProcessorPil
from transformers.models.llava_next.image_processing_pil_llava_next import LlavaNextImageProcessorPil

# As published with llava-hf/llava-1.5-7b-hf and llava-v1.6-mistral-7b-hf.
VICUNA = ("{% for message in messages %}{% if message['role'] != 'system' %}{{ message['role'].upper() + ': '}}{% endif %}{# Render all images first #}"
          "{% for content in message['content'] | selectattr('type', 'equalto', 'image') %}{{ '<image>\n' }}{% endfor %}{# Render all text next #}"
          "{% if message['role'] != 'assistant' %}{% for content in message['content'] | selectattr('type', 'equalto', 'text') %}{{ content['text'] + ' '}}"
          "{% endfor %}{% else %}{% for content in message['content'] | selectattr('type', 'equalto', 'text') %}{% generation %}{{ content['text'] + ' '}}"
          "{% endgeneration %}{% endfor %}{% endif %}{% endfor %}{% if add_generation_prompt %}{{ 'ASSISTANT:' }}{% endif %}")
MISTRAL = ("{% for message in messages %}{% if message['role'] == 'system' %}{{ '<<SYS>>\n' + message['content'][0]['text'] + '\n<</SYS>>\n\n' }}"
           "{% elif message['role'] == 'user' %}{{ '[INST] ' }}{# Render all images first #}{% for content in message['content'] | selectattr('type', 'equalto', 'image') %}"
           "{{ '<image>\n' }}{% endfor %}{# Render all text next #}{% for content in message['content'] | selectattr('type', 'equalto', 'text') %}{{ content['text'] }}"
           "{% endfor %}{{' [/INST]' }}{% elif message['role'] == 'assistant' %}{{ ' ' + message['content'][0]['text'] + '</s> ' }}{% else %}"
           "{{ raise_exception('Only user and assistant roles are supported!') }}{% endif %}{% endfor %}")
# In the manner of llava-interleave-qwen-0.5b-hf.
QWEN = ("{% for message in messages %}{{'<|im_start|>' + message['role'] + ' '}}{# Render all images first #}"
        "{% for content in message['content'] | selectattr('type', 'equalto', 'image') %}{{ '<image>' }}{% endfor %}{# Render all text next #}"
        "{% for content in message['content'] | selectattr('type', 'equalto', 'text') %}{{ '\n' + content['text'] }}{% endfor %}{{'<|im_end|>'}}{% endfor %}"
        "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}")
PREP = dict(do_center_crop=True, do_convert_rgb=True, do_normalize=True, do_rescale=True, do_resize=True, crop_size={"height": 32, "width": 32},
            image_mean=[0.48145466, 0.4578275, 0.40821073], image_std=[0.26862954, 0.26130258, 0.27577711], resample=3,
            rescale_factor=1 / 255, size={"shortest_edge": 32})
VISION = dict(hidden_size=24, intermediate_size=40, num_hidden_layers=3, num_attention_heads=2, image_size=32, patch_size=8, projection_dim=24)


def words(tok):
    return dict(vocab_size=(len(tok) + 63) // 64 * 64, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4,
                num_key_value_heads=2, head_dim=8, max_position_embeddings=512, rms_norm_eps=1e-5)


def build(out, name, template, words_of, next):
    corpus = c.corpus(["USER: ", "ASSISTANT:", " USER", "[INST] ", " [/INST]", "\n"])
    tok = c.wrapped(c.trimmed("llama2", ["<image>", "<pad>"], corpus), template, bos_token="<s>", eos_token="</s>", unk_token="<unk>", pad_token="<pad>")
    config_class, model_class = (LlavaNextConfig, LlavaNextForConditionalGeneration) if next else (LlavaConfig, LlavaForConditionalGeneration)
    extra = dict(image_grid_pinpoints=[[32, 64], [64, 32], [64, 64], [96, 32], [32, 96]]) if next else {}
    config = config_class(vision_config=CLIPVisionConfig(**VISION), text_config=words_of(tok), image_token_index=tok.convert_tokens_to_ids("<image>"),
                          image_seq_length=16, tie_word_embeddings=False, **extra)
    model = c.randomize(model_class(config))
    folder = f"{out}/{name}"
    prep = PREP | extra | {"image_processor_type": "LlavaNextImageProcessor" if next else "CLIPImageProcessor"}
    c.save(folder, model, tok, prep, c.tower)
    args = dict(patch_size=8, vision_feature_select_strategy="default", chat_template=template, num_additional_image_tokens=1)
    if next:
        proc = LlavaNextProcessor(LlavaNextImageProcessorPil(**PREP, **extra), tok, **args)
    else:
        proc = LlavaProcessor(CLIPImageProcessorPil(**PREP), tok, **args)

    def features(inputs):
        sizes = {"image_sizes": inputs["image_sizes"]} if next else {}
        return torch.cat(list(model.model.get_image_features(pixel_values=inputs["pixel_values"], **sizes).pooler_output))

    def vision(inputs):
        px = inputs["pixel_values"][-1]
        if next:  # the last tile of the last picture; shorter lists of tiles are padded with zeros
            px = [t for t in px if t.abs().sum() > 0][-1]
        return [h[0] for h in model.model.vision_tower(px[None], output_hidden_states=True).hidden_states[1:-1]]

    c.golden(folder, model, proc, features, vision)


def siglip(folder):
    """LLaVA with SigLIP's tower, all of its features after the last layer, and Qwen's decoder, whose head is its embedding."""
    corpus = c.corpus(["user \n", "assistant \n", "assistant\n", "<|im_start|><|im_end|><|endoftext|>", " \n"])
    tok = c.wrapped(c.trimmed("qwen3", ["<image>"], corpus), QWEN, eos_token="<|im_end|>", pad_token="<|endoftext|>")
    text = Qwen2Config(vocab_size=(len(tok) + 63) // 64 * 64, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4,
                       num_key_value_heads=2, max_position_embeddings=512, rope_theta=1e6, tie_word_embeddings=True)
    vision = SiglipVisionConfig(**{k: v for k, v in VISION.items() if k != "projection_dim"}, vision_use_head=False)
    config = LlavaConfig(vision_config=vision, text_config=text, image_token_index=tok.convert_tokens_to_ids("<image>"), image_seq_length=16,
                         vision_feature_layer=-1, vision_feature_select_strategy="full", tie_word_embeddings=True)
    model = c.randomize(LlavaForConditionalGeneration(config), words=0.3)
    prep = dict(do_convert_rgb=True, do_normalize=True, do_rescale=True, do_resize=True, image_mean=[0.5, 0.5, 0.5], image_std=[0.5, 0.5, 0.5], resample=3,
                rescale_factor=1 / 255, size={"height": 32, "width": 32})
    c.save(folder, model, tok, prep | {"image_processor_type": "SiglipImageProcessor"}, c.tower, True)
    proc = LlavaProcessor(SiglipImageProcessorPil(**prep), tok, patch_size=8, vision_feature_select_strategy="full", chat_template=QWEN)
    c.golden(folder, model, proc, lambda i: torch.cat(list(model.model.get_image_features(pixel_values=i["pixel_values"]).pooler_output)),
             lambda i: [h[0] for h in model.model.vision_tower(i["pixel_values"][-1:], output_hidden_states=True).hidden_states[1:]])


if __name__ == "__main__":
    siglip(f"{sys.argv[1]}/../model/llava/testdata/llava-siglip")
    build(sys.argv[1], "llava-1.5", VICUNA, lambda t: LlamaConfig(**words(t)), False)
    build(sys.argv[1], "llava-next-vicuna", VICUNA, lambda t: LlamaConfig(**words(t)), True)
    build(sys.argv[1], "llava-next-mistral", MISTRAL, lambda t: MistralConfig(**words(t), sliding_window=None, rope_theta=1e6), True)
