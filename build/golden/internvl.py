"""Write a tiny random InternVL3 checkpoint and what transformers computes with it.

usage: TOKENIZERS=DIR internvl.py OUT        (OUT is engine/model/internvl/testdata)
"""
import os, sys
sys.path.append(os.path.dirname(os.path.abspath(__file__)))
import checkpoint as c
from transformers import InternVLConfig, InternVLForConditionalGeneration, InternVLProcessor, InternVLVisionConfig, Qwen2Config
from transformers import InternVLVideoProcessor
from transformers.models.got_ocr2.image_processing_pil_got_ocr2 import GotOcr2ImageProcessorPil

# As published with OpenGVLab/InternVL3-1B-hf.
TEMPLATE = ("{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n'}}{% if message['content'] is string %}{{ message['content'] }}"
            "{% else %}{% for content in message['content'] %}{% if content['type'] == 'image' %}{{ '<IMG_CONTEXT>\n' }}{% elif content['type'] == 'video' %}"
            "{{ '<video>\n' }}{% elif content['type'] == 'text' %}{{ content['text'] }}{% endif %}{% endfor %}{% endif %}{{'<|im_end|>\n'}}{% endfor %}"
            "{% if add_generation_prompt %}{{'<|im_start|>assistant\n' }}{% endif %}")
SPECIAL = ["<img>", "</img>", "<IMG_CONTEXT>", "<video>"]
out = sys.argv[1]
corpus = c.corpus(["user\n", "assistant\n", "<|im_start|><|im_end|><|endoftext|>", "\n"])
tok = c.wrapped(c.trimmed("qwen3", SPECIAL, corpus), TEMPLATE, eos_token="<|im_end|>", pad_token="<|endoftext|>")
tok.start_image_token, tok.end_image_token, tok.context_image_token, tok.video_token = SPECIAL
tok.context_image_token_id = tok.convert_tokens_to_ids("<IMG_CONTEXT>")
tok.start_image_token_id, tok.end_image_token_id = (tok.convert_tokens_to_ids(t) for t in SPECIAL[:2])
vision = InternVLVisionConfig(hidden_size=24, intermediate_size=40, num_hidden_layers=2, num_attention_heads=2, image_size=[32, 32], patch_size=[8, 8],
                              attention_bias=True)
words = Qwen2Config(vocab_size=(len(tok) + 63) // 64 * 64, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4,
                    num_key_value_heads=2, max_position_embeddings=512, rope_theta=1e6, tie_word_embeddings=True)
config = InternVLConfig(vision_config=vision, text_config=words, image_token_id=tok.context_image_token_id, image_seq_length=4)
model = c.randomize(InternVLForConditionalGeneration(config))
prep = dict(do_convert_rgb=True, do_normalize=True, do_rescale=True, do_resize=True, crop_to_patches=False, min_patches=1, max_patches=6,
            image_mean=[0.485, 0.456, 0.406], image_std=[0.229, 0.224, 0.225], resample=3, rescale_factor=1 / 255, size={"height": 32, "width": 32})
folder = f"{out}/internvl3"
c.save(folder, model, tok, prep | {"image_processor_type": "GotOcr2ImageProcessor"}, c.published, tied=True)
proc = InternVLProcessor(GotOcr2ImageProcessorPil(**prep | {"crop_to_patches": True}), tok, video_processor=InternVLVideoProcessor(),
                         chat_template=TEMPLATE, image_seq_length=4)


def features(inputs):
    return model.model.get_image_features(pixel_values=inputs["pixel_values"]).pooler_output.reshape(-1, 32)


def states(inputs):
    kept, hooks = [], []
    for layer in model.model.vision_tower.encoder.layer:
        hooks.append(layer.register_forward_hook(lambda _, __, h: kept.append(h[0] if h.dim() == 3 else h)))
    model.model.vision_tower(inputs["pixel_values"][-1:])
    for h in hooks:
        h.remove()
    return kept


c.golden(folder, model, proc, features, states)
